"""One small portfolio, run once a session, for every test that only looks at what a run leaves behind."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.servers.fixtures import postgres
from tests.support import canary_texts, copy_of, run_of

__all__ = ["postgres"]  # one server for all who do not stop it


@pytest.fixture(scope="session")
def portfolio(tmp_path_factory):
    """A fictional portfolio of 300 debtors with its deployment, untouched by any run."""
    import sample

    folder = tmp_path_factory.mktemp("portfolio")
    sample.write(sample.WORLDS["demo"], folder, debtors=300, seed=7)
    return folder


@pytest.fixture(scope="session", autouse=True)
def one_process():
    """A run begins a second process where the one before took long, so on a busy machine any would; tests of that ask for it.

    Tests copy folders whose store is open in this very process: SQLite's locks do not outlast that, and the other process
    would take itself for alone.
    """
    from pipeline import ahead

    ahead.LEAST_SECONDS = math.inf


@pytest.fixture(scope="session")
def as_run(portfolio, tmp_path_factory):
    """A copy of it after one run, which nobody writes to: the folder and the run's report."""
    from pipeline.site import open_site
    from pipeline.walk import walk

    site = open_site(copy_of(portfolio, tmp_path_factory.mktemp("as_run")))
    return site.folder, walk(run_of(site))


@pytest.fixture(scope="session")
def ran(as_run, tmp_path_factory):
    """A copy of that, which tests share and may add to: the site and the run's report."""
    from pipeline.site import open_site

    folder, report = as_run
    return open_site(copy_of(folder, tmp_path_factory.mktemp("ran"))), report


@pytest.fixture(scope="session")
def ran_on_postgres(ran, postgres):
    """A function that makes a copy of that site, in a folder, with its store on PostgreSQL."""
    from tests import on_postgres

    on_postgres.prepare(ran[0], postgres)
    return lambda into: on_postgres.copied(ran[0], postgres, into)


@pytest.fixture
def fresh(portfolio, tmp_path) -> Path:
    """A copy that a test may break."""
    return copy_of(portfolio, tmp_path)


@pytest.fixture(scope="session")
def canaries(portfolio) -> list[str]:
    """Values planted in the sources that must never be seen outside them."""
    return canary_texts(json.loads((portfolio / "truth" / "planted.json").read_text(encoding="utf-8")))
