"""The same tests with the store on PostgreSQL; skipped where no server is installed."""

from __future__ import annotations

import pytest

from store.roles import Role
from tests.on_postgres import under
from workbench.app import create_app


@pytest.fixture(scope="session")
def site(ran_on_postgres, tmp_path_factory):
    out = ran_on_postgres(tmp_path_factory.mktemp("workbench-postgres"))
    yield out
    out.store.close()


@pytest.fixture(scope="session")
def wb_folder(site):
    return site.folder


@pytest.fixture(scope="session")
def app(site, postgres):
    """The workbench as a login of its own that has its role only."""
    return create_app(under(site, postgres, Role.WORKBENCH))


@pytest.fixture(scope="session")
def passwords(site):
    from workbench import accounts

    return accounts.create_demo(site)


@pytest.fixture(scope="session")
def people(app, passwords):
    from tests.workbench.conftest import Person
    from workbench.roles import Role

    app.state.brake.tries = 10_000
    return {role: Person(app, *passwords[role]) for role in Role}
