"""Who may: every route that is discovered, asked without a key, without the scope, for another portfolio, without a purpose."""

from __future__ import annotations

import json

import pytest
from fastapi.routing import APIRoute

from feed import case_routes, clients, routes
from tests.feed.conftest import PURPOSE, Caller

PUBLIC = {"/healthz", "/readyz"}
ROUTES = [r for r in (*routes.router.routes, *case_routes.router.routes) if isinstance(r, APIRoute)]
GUARDED = [r for r in ROUTES if r.path not in PUBLIC]
BODIES = {
    "/v1/outcomes": {"rows": [{"candidate_id": "CANDIDATE", "disposition": "no_answer", "at": "2026-11-02T00:00:00Z"}]},
    "/v1/withdrawals": {"rows": [{"case_id": "CASE"}]},
    "/v1/cases:close": {"rows": [{"case_id": "CASE", "reason": "paid"}]},
    "/v1/case-events": {"rows": [{"case_id": "CASE", "kind": "promise", "until": "2026-12-30T15:59:59Z"}]},
    "/v1/contact-check": {"case_id": "CASE", "candidate_id": "CANDIDATE", "channel": "voice"},
    "/v1/match": {"source": "crm", "fields": {"observed_at": "2026-10-01T00:00:00Z", "name": "测试"}},
    "/v1/requests": {"case_id": "CASE", "kind": "access"},
    "/v1/requests/{request_id}/answer": {"status": "answered"},
    "/v1/cases/{case_id}/rights:export": {},
    "/v1/cases/{case_id}/rights:explain": {},
    "/v1/cases/{case_id}/rights:delete": {},
    "/v1/cases/{case_id}/rights:object": {},
    "/v1/cases/{case_id}/rights:correct": {"candidate_id": "CANDIDATE"},
    "/v1/cases/{case_id}/candidates:reveal": {"reason": "agreed with the customer"},
}


def ask(caller, route, case, candidate, key="test-key-0001", request="R0123456789ab"):
    path = route.path.replace("{case_id}", case).replace("{candidate_id}", candidate).replace("{request_id}", request)
    if "GET" in route.methods:
        return caller.get(path)
    body = json.loads(json.dumps(BODIES[route.path]).replace("CASE", case).replace("CANDIDATE", candidate))
    return caller.post(path, body, key)


def named(route):
    return f"{next(iter(route.methods))} {route.path}"


@pytest.fixture
def foreign(cases, portfolio_names):
    """A case and a candidate of a portfolio that `scoped` has no part in."""
    return next((case, candidate) for case, portfolio, candidate in cases if portfolio != portfolio_names[0])


@pytest.mark.parametrize("route", GUARDED, ids=named)
@pytest.mark.parametrize("key", [None, "", "skt.everything.x", "skt.everything." + "A" * 43, "skt.nobody." + "A" * 43])
def test_without_a_valid_key_every_route_answers_401(app, route, key, foreign):
    answer = ask(Caller(app, key), route, *foreign)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("route", [r for r in GUARDED if r.path != "/metrics"], ids=named)
def test_without_the_scope_every_route_answers_403(metrics_only, route, foreign):
    answer = ask(metrics_only, route, *foreign)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:skiptrace:problem:scope")


def test_metrics_need_their_own_scope(site, app):
    caller = Caller(app, clients.create(site, "no-metrics", scopes=["deltas:read"], actor="test"))
    assert caller.get("/metrics").status_code == 403


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_without_a_purpose_every_route_answers_400_and_with_another_403(app, caller, route, foreign):
    assert ask(Caller(app, caller.key, purpose=None), route, *foreign).status_code == 400
    assert ask(Caller(app, caller.key, purpose="marketing"), route, *foreign).status_code == 403


WITH_PORTFOLIO = [
    r for r in GUARDED if "{" in r.path or (r.path in {"/v1/contact-check", "/v1/requests"} and "POST" in r.methods)
]


@pytest.mark.parametrize("route", WITH_PORTFOLIO, ids=named)
def test_another_portfolios_case_answers_403_as_an_unknown_one_does(scoped, route, foreign):
    assert ask(scoped, route, *foreign).status_code == 403
    assert ask(scoped, route, "NO-SUCH-CASE", "0" * 32).status_code == 403


@pytest.mark.parametrize("path", ["/v1/outcomes", "/v1/withdrawals", "/v1/cases:close", "/v1/case-events"])
def test_another_portfolios_rows_are_rejected_and_change_nothing(site, scoped, path, foreign):
    before = site.store.snapshot()
    route = next(r for r in ROUTES if r.path == path)
    answer = ask(scoped, route, *foreign, key=f"foreign-{path.rsplit('/', 1)[-1]}").json()
    assert (answer["accepted"], answer["rejected"]) == (0, 1)
    assert answer["results"][0]["code"].startswith("unknown_")
    assert site.store.snapshot().rows.equals(before.rows)


def test_a_client_of_one_portfolio_reads_its_cases_only(scoped, cases, portfolio_names):
    own = {case for case, portfolio, _ in cases if portfolio == portfolio_names[0]}
    page = scoped.get("/v1/deltas?limit=10000").json()
    assert {d["case_id"] for d in page["deltas"]} == own
    assert page["through"] == page["head"]
    lines = scoped.get("/v1/snapshot").text.splitlines()
    assert {json.loads(line)["case_id"] for line in lines} == own


def test_a_revoked_key_is_refused(site, app):
    caller = Caller(app, clients.create(site, "leaver", scopes=["deltas:read"], actor="test"))
    assert clients.revoke(site, "leaver", actor="test")
    assert caller.get("/v1/deltas").status_code == 401


def test_who_asks_too_often_waits(site, app):
    caller = Caller(app, clients.create(site, "eager", scopes=["metrics:read"], rate_per_minute=8, actor="test"))
    answers = [caller.get("/metrics") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_every_write_and_read_of_rows_is_an_audit_event(site, caller, cases):
    before = site.store.verify_audit().head.seq
    assert caller.get(f"/v1/cases/{cases[0][0]}/candidates").status_code == 200
    assert site.store.verify_audit().head.seq == before + 1


def test_no_answer_may_be_cached_framed_or_sniffed(app, caller):
    for answer in (caller.get("/v1/deltas"), Caller(app, None).get("/v1/deltas"), caller.get("/nowhere")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_problem_repeats_nothing_that_was_sent(caller):
    secret = "13900000001"
    body = {"source": "crm", "fields": {"observed_at": secret, secret: secret, "contact_phone": secret}}
    answers = [
        caller.post("/v1/match", body),
        caller.get(f"/v1/explain/{secret}"),
        caller.get(f"/v1/deltas?after=x{secret}"),
    ]
    answers.append(caller.post("/v1/outcomes", {"rows": [{"candidate_id": secret}]}, "some-key-1"))
    for answer in answers:
        assert answer.status_code == 422
        assert secret not in answer.text


def test_a_body_over_a_mebibyte_is_refused(caller):
    answer = caller.http.post("/v1/match", content=b" " * ((1 << 20) + 1))
    assert answer.status_code == 413


def test_the_purpose_is_the_deployments(site):
    assert site.deployment.purpose == PURPOSE
