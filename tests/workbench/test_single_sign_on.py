"""Signing in by the institution's issuer, against a double of one."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from core.deployment import IssuerSpec
from pipeline.issuers import Issuer
from tests.issuer import URL, FakeIssuer
from workbench.app import create_app

ROLES = {"case-leads": "supervisor", "auditing": "auditor"}


@pytest.fixture
def fake():
    return FakeIssuer("workbench")


@pytest.fixture
def app(site, fake):
    out = create_app(site)
    spec = IssuerSpec(issuer=URL, audience="workbench", roles=ROLES)
    out.state.issuer = Issuer(spec, fake.client)
    return out


@pytest.fixture
def browser(app):
    return TestClient(app, follow_redirects=False, base_url="http://localhost")


def back(browser, fake, **changed):
    state = fake.authorise(browser.get("/sso").headers["location"])
    return browser.get("/sso/back", params={"code": "a-code", "state": state} | changed)


def test_a_person_goes_away_comes_back_and_is_in_with_the_role_of_their_group(browser, fake, app):
    answer = back(browser, fake)
    assert answer.status_code == 200
    assert 'http-equiv="refresh"' in answer.text
    page = browser.get("/queue").text
    assert "sso:wang.fang" in page
    assert "supervisor" in page
    assert browser.get("/requests").status_code == 200
    assert app.state.workbench.store.account("sso:wang.fang")["role"] == "supervisor"


def test_a_role_that_changed_there_is_changed_here_and_one_that_ended_is_refused(browser, fake):
    back(browser, fake)
    fake.person["roles"] = "auditing"
    assert back(browser, fake).status_code == 200
    assert browser.get("/queue").status_code == 403
    fake.person["roles"] = ["kitchen"]
    refused = back(browser, fake)
    assert refused.status_code == 403
    assert "did not vouch" in refused.text


@pytest.mark.parametrize("changed", [{"state": "x"}, {"state": ""}, {"code": "other"}, {"code": ""}])
def test_a_forged_way_back_is_refused(browser, fake, changed):
    assert back(browser, fake, **changed).status_code == 403
    assert browser.get("/queue").status_code == 303


def test_nobody_comes_back_who_was_not_sent_from_this_browser(app, fake):
    state = fake.authorise(TestClient(app, follow_redirects=False).get("/sso").headers["location"])
    other = TestClient(app, follow_redirects=False)
    assert other.get("/sso/back", params={"code": "a-code", "state": state}).status_code == 403


def test_a_cookie_that_was_made_up_is_refused(browser, fake):
    state = fake.authorise(browser.get("/sso").headers["location"])
    said = browser.cookies["wb_sign_in"].strip('"').rpartition(".")[0]
    browser.cookies.set("wb_sign_in", f"{said}.t1_{'0' * 32}", domain="localhost.local", path="/")
    browser.cookies.set("wb_sign_in", f"{said}.t1_{'0' * 32}")
    assert browser.get("/sso/back", params={"code": "a-code", "state": state}).status_code == 403


def test_a_code_is_good_once(browser, fake):
    state = fake.authorise(browser.get("/sso").headers["location"])
    cookie = browser.cookies["wb_sign_in"]
    assert browser.get("/sso/back", params={"code": "a-code", "state": state}).status_code == 200
    browser.cookies.set("wb_sign_in", cookie)
    assert browser.get("/sso/back", params={"code": "a-code", "state": state}).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"aud": "other"}, {"iss": "https://evil.example"}, {"exp": 1}, {"nonce": "x"}, {"nonce": None}, {"sub": None}],
)
def test_a_token_for_another_or_of_another_or_of_another_time_is_refused(browser, fake, wrong, monkeypatch):
    real = fake.token
    monkeypatch.setattr(fake, "token", lambda **claims: real(**claims | wrong))
    assert back(browser, fake).status_code == 403


def test_an_issuer_that_is_down_lets_nobody_in_and_breaks_nothing(browser, fake):
    fake.is_down = True
    assert browser.get("/sso").status_code == 403
    fake.is_down = False
    assert back(browser, fake).status_code == 200


def test_an_account_that_was_disabled_here_stays_out(browser, fake, app, monkeypatch):
    back(browser, fake)
    store = app.state.workbench.store
    real = store.account
    monkeypatch.setattr(store, "account", lambda n: real(n) | {"disabled_at": app.state.workbench.clock()})
    assert back(browser, fake).status_code == 403


def test_nobody_signs_in_with_a_password_to_an_account_of_the_issuer(browser, fake):
    back(browser, fake)
    for password in ("!", "", "sso"):
        answer = browser.post("/sign-in", data={"name": "sso:wang.fang", "password": password})
        assert answer.status_code in {401, 422}


def test_without_an_issuer_there_is_no_such_way(site):
    client = TestClient(create_app(site), follow_redirects=False)
    assert client.get("/sso").status_code == 403
    assert not re.search(r'href="[^"]*/sso"', client.get("/sign-in").text)
