"""A site that ran once, copied for each module, with clients of several rights."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from feed import clients
from feed.app import create_app
from pipeline.site import open_site
from tests.support import copied

PURPOSE = "post_loan_contact"


class Caller:
    """Asks the application as one client."""

    def __init__(self, app, key: str | None, purpose: str | None = PURPOSE) -> None:
        self.key = key
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        headers |= {} if purpose is None else {"X-Purpose": purpose}
        self.http = TestClient(app, headers=headers, raise_server_exceptions=False)

    def get(self, path: str, **arguments):
        return self.http.get(path, **arguments)

    def post(self, path: str, body, key: str | None = None):
        return self.http.post(path, json=body, headers={} if key is None else {"Idempotency-Key": key})


@pytest.fixture(scope="module")
def site(ran, tmp_path_factory):
    return open_site(copied(ran[0].folder, tmp_path_factory.mktemp("feed") / "site"))


@pytest.fixture(scope="module")
def app(site):
    return create_app(site)


@pytest.fixture(scope="module")
def caller(site, app):
    """A caller with every scope and every portfolio."""
    return Caller(
        app, clients.create(site, "everything", scopes=list(clients.Scope), rate_per_minute=10**6, actor="test")
    )


@pytest.fixture(scope="module")
def portfolio_names(site):
    return sorted(set(site.store.cases()["portfolio"].to_pylist()))


@pytest.fixture(scope="module")
def scoped(site, app, portfolio_names):
    """A caller with every scope of one portfolio."""
    key = clients.create(
        site,
        "one-portfolio",
        scopes=list(clients.Scope),
        portfolios=portfolio_names[:1],
        rate_per_minute=10**6,
        actor="test",
    )
    return Caller(app, key)


@pytest.fixture(scope="module")
def metrics_only(site, app):
    return Caller(
        app, clients.create(site, "metrics-only", scopes=["metrics:read"], rate_per_minute=10**6, actor="test")
    )


@pytest.fixture(scope="module")
def cases(site):
    """(case id, portfolio, candidate id) of every published candidate's case, one each."""
    rows = site.store.snapshot().rows.to_pylist()
    portfolio = {c["case_id"]: c["portfolio"] for c in site.store.cases().to_pylist()}
    first = {}
    for row in rows:
        first.setdefault(row["case_id"], row["candidate_id"])
    return [(case, portfolio[case], candidate) for case, candidate in first.items()]
