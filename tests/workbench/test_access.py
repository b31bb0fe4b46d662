"""Every route of the workbench, without a sign-in and with every role: the table in docs/reference/access.md is what was observed."""

from __future__ import annotations

from fastapi.testclient import TestClient
from starlette.routing import Route

from tests import access_page
from tests.workbench.test_routes import FIELDS, OPEN, ROUTES, url
from workbench.roles import Role

HEAD = ("route", "not signed in", "no token", "elsewhere", *(r.value.replace("_", " ") for r in Role))


def test_every_route_of_the_application_is_asked(app):
    served = {(m, r.path) for r in app.routes if isinstance(r, Route) for m in r.methods or () if m != "HEAD"}
    assert served == {*ROUTES, ("GET", "/static/{name}")}


def test_who_is_answered_and_how(app, people):
    rows = [_row(app, people, method, path) for method, path in ROUTES]
    access_page.kept("workbench", HEAD, rows)


def _row(app, people, method, path):
    data = FIELDS if method == "POST" else None
    stranger = TestClient(app, follow_redirects=False).request(method, url(path), data=data)
    shown = f"`{method} {path.replace(':path', '')}`"
    if (method, path) in OPEN:
        return [shown, "open", "–", _elsewhere(people, method, path), *["open"] * len(Role)]
    no_token = (
        "–"
        if method == "GET"
        else str(people[Role.SUPERVISOR].client.request(method, url(path), data=data).status_code)
    )
    answers = ["yes" if path == "/sign-out" else _answer(p, method, path) for p in people.values()]
    return [shown, str(stranger.status_code), no_token, _elsewhere(people, method, path), *answers]


def _answer(person, method, path):
    data = {**FIELDS, "csrf": person.csrf} if method == "POST" else None
    status = person.client.request(method, url(path), data=data).status_code
    return "403" if status == 403 else "yes"


def _elsewhere(people, method, path):
    if method == "GET":
        return "–"
    person = people[Role.SUPERVISOR]
    headers = {"sec-fetch-site": "cross-site"}
    return str(
        person.client.request(method, url(path), data={**FIELDS, "csrf": person.csrf}, headers=headers).status_code
    )
