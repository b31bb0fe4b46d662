"""Every route of the feed, asked by everybody who should not be answered: the table in docs/reference/access.md is what was observed."""

from __future__ import annotations

import json

from fastapi.routing import APIRoute
from starlette.routing import Route

from feed import clients
from pipeline import rights
from tests import access_page
from tests.feed.conftest import Caller
from tests.feed.test_rights import BODIES, PUBLIC, ROUTES, ask, named

OPEN = {("GET", "/v1/openapi.json")}
HEAD = ("route", "no key", "no scope", "no purpose", "other purpose", "other portfolio", "answered")


def test_every_route_of_the_application_is_asked(app):
    served = {(m, r.path) for r in app.routes if isinstance(r, Route | APIRoute) for m in r.methods if m != "HEAD"}
    assert served - OPEN == {(m, r.path) for r in ROUTES for m in r.methods}
    assert {r.path for r in ROUTES if "POST" in r.methods} == set(BODIES)


def test_the_contract_on_the_wire_holds_no_data(app, cases):
    text = Caller(app, None, purpose=None).get("/v1/openapi.json").text
    assert not [c for c in cases if c[0] in text or c[2] in text]


def test_who_is_answered_and_how(site, app, caller, metrics_only, scoped, cases, portfolio_names):
    no_metrics = Caller(
        app, clients.create(site, "deltas-only", scopes=["deltas:read"], rate_per_minute=10**6, actor="test")
    )
    others = iter([c for c in cases if c[1] != portfolio_names[0]])
    rows = []
    for route in sorted(ROUTES, key=lambda r: (r.path, *r.methods)):
        case, _, candidate = next(others)  # of its own: some answers take the case away
        more = (
            {"request": rights.receive(site, "access", case, actor="test")["id"]}
            if "{request_id}" in route.path
            else {}
        )
        lacking = no_metrics if route.path == "/metrics" else metrics_only
        asked = [
            ask(Caller(app, None), route, case, candidate),
            ask(lacking, route, case, candidate),
            ask(Caller(app, caller.key, purpose=None), route, case, candidate),
            ask(Caller(app, caller.key, purpose="marketing"), route, case, candidate),
        ]
        foreign = ask(scoped, route, case, candidate, key=f"foreign-{len(rows):04d}", **more)
        answered = ask(caller, route, case, candidate, key=f"answered-{len(rows):04d}", **more)
        rows.append([f"`{named(route)}`", *(str(a.status_code) for a in asked), _foreign(route, foreign, case),
                     str(answered.status_code)])  # fmt: skip
    assert {row[-1] for row in rows} == {"200"}
    for row in rows:
        is_public = row[0].split()[1].strip("`") in PUBLIC
        assert row[1:5] == (["200"] * 4 if is_public else ["401", "403", "400", "403"]), row
    access_page.kept("feed", HEAD, rows)


def _foreign(route, answer, case):
    """What somebody of another portfolio got: refused, every row rejected, or nothing of that case."""
    if answer.status_code != 200:
        return str(answer.status_code)
    if "results" in answer.text[:200] or '"accepted"' in answer.text[:200]:
        told = json.loads(answer.text)
        assert (told["accepted"], told["rejected"]) == (0, len(told["results"])), route.path
        return "rows rejected"
    assert case not in answer.text, route.path
    return "left out"
