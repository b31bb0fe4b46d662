from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from starlette import testclient

from core.errors import ConfigError
from pipeline.services.workbench import Workbench
from store import workbench as tables
from workbench import accounts, session
from workbench.app import create_app
from workbench.roles import Role
from workbench.session import Brake


@pytest.fixture
def account(site):
    return "wang.analyst", accounts.create(site, "wang.analyst", Role.ANALYST)


def sign_in(client, account, **more):
    return client.post("/sign-in", data={"name": account[0], "password": account[1]}, follow_redirects=False, **more)


def later(app, by: timedelta):
    """The same application, some time on."""
    out = create_app(app.state.workbench.site)
    clock = app.state.workbench.clock
    out.state.workbench = replace(app.state.workbench, clock=lambda: clock() + by)
    return out


def test_a_session_of_before_signing_in_is_not_the_one_after(app, account):
    client = TestClient(app)
    client.cookies.set(session.COOKIE, "chosen-by-somebody-else")
    sign_in(client, account)
    assert client.cookies.get(session.COOKIE, domain="testserver.local") != "chosen-by-somebody-else"
    stranger = TestClient(app, follow_redirects=False, cookies={session.COOKIE: "chosen-by-somebody-else"})
    assert stranger.get("/queue").status_code == 303


def test_signing_in_again_ends_the_session_before(app, account):
    client = TestClient(app)
    sign_in(client, account)
    first = client.cookies[session.COOKIE]
    sign_in(client, account)
    old = TestClient(app, follow_redirects=False, cookies={session.COOKIE: first})
    assert old.get("/queue").status_code == 303


def test_the_cookie_is_kept_from_scripts_and_other_sites(app, account):
    said = sign_in(TestClient(app), account).headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    https = TestClient(app, base_url="https://testserver")
    assert "secure" in sign_in(https, account).headers["set-cookie"].lower()


def test_signing_out_ends_the_session_on_the_server(app, people, account):
    client = TestClient(app)
    sign_in(client, account)
    token = client.cookies[session.COOKIE]
    csrf = app.state.workbench.store.session(session.digest(token))["csrf"]
    assert client.post("/sign-out", data={"csrf": csrf}, follow_redirects=False).status_code == 303
    again = TestClient(app, follow_redirects=False, cookies={session.COOKIE: token})
    assert again.get("/queue").status_code == 303


@pytest.mark.parametrize("by", [session.IDLE + timedelta(minutes=1), session.LONGEST + timedelta(minutes=1)])
def test_a_session_ends_by_itself(app, account, by):
    client = TestClient(app)
    sign_in(client, account)
    on = TestClient(later(app, by), follow_redirects=False, cookies={session.COOKIE: client.cookies[session.COOKIE]})
    assert on.get("/queue").status_code == 303


def test_a_new_password_ends_the_sessions(app, site, account):
    client = TestClient(app, follow_redirects=False)
    sign_in(client, account)
    accounts.create(site, account[0], Role.ANALYST)
    assert client.get("/queue").status_code == 303


def test_guessing_locks_the_account_even_for_the_right_password_and_time_opens_it(app, account):
    client = TestClient(app)
    for _ in range(accounts.FREE_FAILURES):
        assert sign_in(client, (account[0], "wrong wrong wrong")).status_code == 401
    assert sign_in(client, account).status_code == 401
    assert sign_in(TestClient(later(app, timedelta(minutes=1))), account).status_code == 303


def test_the_answer_does_not_tell_whether_the_account_exists(app, account):
    client = TestClient(app)
    wrong = sign_in(client, (account[0], "wrong wrong wrong"))
    nobody = sign_in(client, ("nobody.here", "wrong wrong wrong"))
    assert (wrong.status_code, wrong.text) == (nobody.status_code, nobody.text)


def test_one_address_may_not_try_for_ever():
    brake = Brake(tries=3, seconds=10)
    assert [brake.allows("a", t) for t in (0, 1, 2, 3)] == [True, True, True, False]
    assert brake.allows("b", 3)
    assert brake.allows("a", 20)


def test_the_store_has_no_password_and_no_token(app, site, account):
    client = TestClient(app)
    sign_in(client, account)
    with Workbench(site).store._reading() as connection:
        rows = [*connection.execute(sa.select(tables.accounts)), *connection.execute(sa.select(tables.sessions))]
        kept = repr(rows) + repr(connection.execute(sa.text("select facts from audit")).all())
    assert account[1] not in kept
    assert client.cookies[session.COOKIE] not in kept
    assert "$argon2id$" in kept


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [("A", "analyst", None), ("<b>", "analyst", None), ("li", "boss", None), ("li", "analyst", "short")],
)
def test_an_account_that_will_not_do_is_refused(site, name, role, password):
    with pytest.raises(ConfigError):
        accounts.create(site, name, role, password)


def test_a_defect_is_answered_in_words_and_nothing_secret_is_logged(app, site, account, caplog, monkeypatch):
    client = TestClient(app)
    with caplog.at_level("DEBUG"):
        sign_in(client, (account[0], "wrong wrong wrong"))
        sign_in(client, account)
        token = client.cookies[session.COOKIE]

        def broken(*_):
            raise RuntimeError("13900000001")

        monkeypatch.setattr(type(app.state.workbench), "queue", broken)
        answer = client.get("/queue?search=13900000001")
    assert answer.status_code == 500
    assert "our fault" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    ours = [r for r in caplog.records if not r.name.startswith(("httpx", "httpcore", "asyncio"))]
    said = "".join(r.getMessage() + str(r.exc_info) for r in ours) + answer.text
    assert "GET /queue: RuntimeError" in said
    csrf = app.state.workbench.store.session(session.digest(token))["csrf"]
    assert not [s for s in ("13900000001", token, csrf, account[1], "wrong wrong") if s in said]


@pytest.mark.parametrize("headers", [{"content-length": str(1 << 19)}, {"transfer-encoding": "chunked"}])
def test_a_form_that_is_too_long_or_does_not_say_how_long_it_is_is_not_read(app, headers):
    request = TestClient(app).build_request("POST", "/sign-in", headers=headers)
    request.stream = testclient.httpx.ByteStream(b"name=a")  # httpx, or httpx2 where that is installed
    answer = TestClient(app).send(request)
    assert answer.status_code == 413
