"""Every route there is, without a sign-in and with every role: the whole table, from what is discovered."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from workbench import actions, case_pages, pages, single_sign_on
from workbench.roles import Role

OPEN = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/preferences"),
    ("GET", "/static/{name}"),
    ("GET", "/sso"),
    ("GET", "/sso/back"),
}
EVERYBODY = set(Role)
DEBTORS = {Role.ANALYST, Role.SUPERVISOR, Role.PRIVACY_OFFICER}
DECIDERS = {Role.ANALYST, Role.SUPERVISOR}
WHO = {
    ("GET", "/"): EVERYBODY,
    ("GET", "/queue"): DEBTORS,
    ("GET", "/next"): DEBTORS,
    ("GET", "/cases/{case_id:path}"): DEBTORS,
    ("GET", "/compare/{candidate_id}"): DEBTORS,
    ("GET", "/batch"): DECIDERS,
    ("GET", "/proposals"): DEBTORS,
    ("GET", "/casework"): DEBTORS,
    ("GET", "/casework/{case_id:path}"): DEBTORS,
    ("POST", "/casework/{case_id:path}/request"): DECIDERS,
    ("POST", "/casework/{case_id:path}/settle"): {Role.SUPERVISOR},
    ("GET", "/runs"): EVERYBODY,
    ("GET", "/runs/{run_key}"): EVERYBODY,
    ("GET", "/quality"): EVERYBODY,
    ("GET", "/model"): EVERYBODY,
    ("GET", "/policy"): EVERYBODY,
    ("GET", "/requests"): {Role.SUPERVISOR, Role.PRIVACY_OFFICER},
    ("GET", "/audit"): {Role.PRIVACY_OFFICER, Role.AUDITOR},
    ("POST", "/model"): {Role.SUPERVISOR},
    ("POST", "/sign-out"): EVERYBODY,
    ("POST", "/cases/{case_id:path}/reveal"): DECIDERS,
    ("POST", "/cases/{case_id:path}/decide"): DECIDERS,
    ("POST", "/cases/{case_id:path}/propose"): DECIDERS,
    ("POST", "/batch"): DECIDERS,
}
FIELDS = {
    "candidate_id": "none", "reason": "because it must be", "decision": "accept:recent", "version": "0",
    "action": "letter", "status": "approved", "seen": "none",
}  # fmt: skip
ROUTES = sorted(
    (method, route.path)
    for router in (pages.router, actions.router, single_sign_on.router, case_pages.router)
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods
)


def url(path: str) -> str:
    return path.replace(":path", "").format(case_id="no-such-case", run_key="none", name="x", candidate_id="none")


def test_the_table_names_every_route_and_no_other():
    assert set(ROUTES) == {*WHO, *OPEN} - {("GET", "/static/{name}")}


def test_the_application_has_no_route_beside_the_table(app):
    assert app.openapi_url is None
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert TestClient(app).get(path).status_code == 404


@pytest.mark.parametrize(("method", "path"), [r for r in ROUTES if r not in OPEN])
def test_without_a_sign_in_nothing_is_shown_or_done(app, method, path):
    answer = TestClient(app, follow_redirects=False).request(method, url(path), data=FIELDS)
    expected = 303 if method == "GET" else 401
    assert answer.status_code == expected
    assert method == "POST" or answer.headers["location"] == "/sign-in"


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "path"), [r for r in WHO if r != ("POST", "/sign-out")])
def test_a_role_may_do_what_the_table_says_and_nothing_else(people, method, path, role):
    person = people[role]
    data = {**FIELDS, "csrf": person.csrf} if method == "POST" else None
    answer = person.client.request(method, url(path), data=data)
    assert (answer.status_code != 403) == (role in WHO[method, path])


@pytest.mark.parametrize(("method", "path"), [r for r in WHO if r[0] == "POST"])
def test_no_post_is_done_without_the_token_of_the_session(people, method, path):
    person = people[Role.SUPERVISOR]
    for token in (None, "", "x" * 32, people[Role.ANALYST].csrf):
        data = FIELDS if token is None else {**FIELDS, "csrf": token}
        assert person.client.request(method, url(path), data=data).status_code == 403


@pytest.mark.parametrize("path", ["/sign-in", "/queue", "/nothing", "/static/workbench.css"])
def test_every_answer_has_strict_headers(app, people, path):
    headers = people[Role.ANALYST].get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert ("no-store" in headers["cache-control"]) == (not path.startswith("/static"))


def test_another_host_name_is_refused(app):
    assert TestClient(app, base_url="http://evil.example").get("/sign-in").status_code == 400


def test_a_form_of_another_site_is_refused(app):
    client = TestClient(app)
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "http://evil.example"}):
        assert client.post("/sign-in", data={"name": "a", "password": "b"}, headers=headers).status_code == 403


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil.example", "http://evil.example"])
def test_nobody_is_sent_to_another_site(app, back):
    answer = TestClient(app, follow_redirects=False).post("/preferences", data={"lang": "zh", "back": back})
    assert answer.headers["location"] == "/"
