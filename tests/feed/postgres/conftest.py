"""The same tests with the store on PostgreSQL; skipped where no server is installed."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def site(ran_on_postgres, tmp_path_factory):
    out = ran_on_postgres(tmp_path_factory.mktemp("feed-postgres"))
    yield out
    out.store.close()
