"""The same tests with the store on PostgreSQL; skipped where no server is installed."""

from __future__ import annotations

import pytest

from feed.app import create_app
from store.roles import Role
from tests.on_postgres import under


@pytest.fixture(scope="module")
def site(ran_on_postgres, tmp_path_factory):
    out = ran_on_postgres(tmp_path_factory.mktemp("feed-postgres"))
    yield out
    out.store.close()


@pytest.fixture(scope="module")
def app(site, postgres):
    """The feed as a login of its own that has its two roles only; what tests do to the store they do as its owner."""
    return create_app(under(site, postgres, Role.FEED, Role.RIGHTS))
