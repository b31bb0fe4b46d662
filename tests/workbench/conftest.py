from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipeline.site import open_site
from tests.support import copy_of
from tests.workbench import browser as wd
from workbench import accounts
from workbench.app import create_app
from workbench.roles import Role


@pytest.fixture(scope="session")
def wb_folder(ran, tmp_path_factory) -> Path:
    """A copy of the portfolio after its run, for the workbench alone."""
    return copy_of(ran[0].folder, tmp_path_factory.mktemp("workbench"))


@pytest.fixture(scope="session")
def site(wb_folder):
    return open_site(wb_folder)


@pytest.fixture(scope="session")
def app(site):
    return create_app(site)


@pytest.fixture(scope="session")
def passwords(site) -> dict[Role, tuple[str, str]]:
    return accounts.create_demo(site)


@pytest.fixture(scope="module")
def address(own_site):
    """Where the workbench of a module's own site is served."""
    with wd.served(create_app(own_site)) as url:
        yield url


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    """A browser, where there is one."""
    out = wd.Browser(tmp_path_factory.mktemp("profile"))
    yield out
    out.close()


class Person:
    """A signed-in client that posts as its own pages do."""

    def __init__(self, app, name: str, password: str) -> None:
        self.client = TestClient(app, follow_redirects=False)
        self.name = name
        answer = self.client.post("/sign-in", data={"name": name, "password": password})
        assert answer.status_code == 303
        self.csrf = re.search(r'name="csrf" value="([^"]+)"', self.client.get("/policy").text)[1]

    def get(self, path: str, **kwargs):
        return self.client.get(path, **kwargs)

    def post(self, path: str, **data):
        return self.client.post(path, data={"csrf": self.csrf, **data})


@pytest.fixture(scope="session")
def people(app, passwords) -> dict[Role, Person]:
    app.state.brake.tries = 10_000
    return {role: Person(app, *passwords[role]) for role in Role}


@pytest.fixture
def analyst(people) -> Person:
    return people[Role.ANALYST]


@pytest.fixture
def workbench(app):
    return app.state.workbench
