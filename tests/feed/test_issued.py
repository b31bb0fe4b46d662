"""Clients of the feed that come with a token of the institution's issuer."""

from __future__ import annotations

import pytest

from core.deployment import IssuerSpec
from feed.app import create_app
from pipeline.issuers import Issuer
from tests.feed.conftest import Caller
from tests.issuer import URL, FakeIssuer

SCOPE = "deltas:read candidates:read something:else"


@pytest.fixture(scope="module")
def fake():
    return FakeIssuer("feed")


@pytest.fixture(scope="module")
def issued_app(site, fake):
    out = create_app(site)
    out.state.door.issuer = Issuer(IssuerSpec(issuer=URL, audience="feed", rate_per_minute=10**6), fake.client)
    return out


def status(app, token, path="/v1/deltas"):
    return Caller(app, token).get(path).status_code


def test_a_token_reads_what_its_scope_names_and_no_more(issued_app, fake):
    token = fake.token(scope=SCOPE, portfolios="*", client_id="cases")
    assert status(issued_app, token) == 200
    assert status(issued_app, token, "/metrics") == 403


def test_a_token_sees_its_portfolios_and_without_a_claim_none(issued_app, fake, cases):
    case, portfolio, _ = cases[0]
    path = f"/v1/cases/{case}/candidates"
    assert status(issued_app, fake.token(scope=SCOPE, portfolios=[portfolio]), path) == 200
    for claim in ({"portfolios": ["elsewhere"]}, {"portfolios": []}, {}, {"portfolios": portfolio}):
        assert status(issued_app, fake.token(scope=SCOPE, **claim), path) == 403
    assert Caller(issued_app, fake.token(scope=SCOPE)).get("/v1/deltas?limit=5").json()["deltas"] == []


@pytest.mark.parametrize(
    "wrong", [{"aud": "other"}, {"iss": "https://evil.example"}, {"exp": 1}, {"exp": None}, {"kid": "k9"}]
)
def test_a_token_that_is_not_for_us_opens_nothing(issued_app, fake, wrong):
    assert status(issued_app, fake.token(scope=SCOPE, portfolios="*", **wrong)) == 401


def test_a_token_signed_by_another_or_with_a_shared_secret_or_not_at_all_opens_nothing(issued_app, fake):
    said = {"scope": SCOPE, "portfolios": "*"}
    assert status(issued_app, fake.token(key=fake.other, **said)) == 401
    assert status(issued_app, fake.token(key="s" * 32, algorithm="HS256", **said)) == 401
    assert status(issued_app, fake.token(key="", algorithm="none", **said)) == 401


def test_whoever_makes_up_key_ids_does_not_make_us_ask_the_issuer_each_time(issued_app, fake):
    status(issued_app, fake.token(scope=SCOPE, portfolios="*"))
    before = len(fake.asked)
    for i in range(20):
        assert status(issued_app, fake.token(scope=SCOPE, kid=f"made-up-{i}")) == 401
    assert len(fake.asked) <= before + 1


def test_without_an_issuer_a_token_is_no_key(app, fake):
    assert status(app, fake.token(scope=SCOPE, portfolios="*")) == 401
