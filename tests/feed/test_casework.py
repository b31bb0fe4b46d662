"""Casework over the feed: where a case stands, and what case systems tell of it; approvals are persons' only."""

from __future__ import annotations

import pytest

from feed import clients
from tests.feed.conftest import Caller


@pytest.fixture
def case(site):
    return site.store.casework.states(life="contacting")["case_id"][5].as_py()


def told(caller, key, *rows):
    answer = caller.post("/v1/case-events", {"rows": list(rows)}, key=f"casework-{key}")
    assert answer.status_code == 200, answer.text
    return [(r["status"], r["code"]) for r in answer.json()["results"]]


@pytest.mark.guide("R23")
def test_a_case_is_told_with_its_points_step_segment_actions_and_clocks(caller, site, case):
    state = caller.get(f"/v1/cases/{case}/state").json()
    assert state["life"] == "contacting"
    assert {p["point_id"] for p in state["points"]} >= {
        e["point_id"] for e in site.store.casework.events([case]).to_pylist() if e["kind"] == "declared"
    }
    assert state["step"]["rung"] or state["step"]["hold"]
    assert {a["action"]: a["rule_id"] for a in state["actions"]}["visit"] == "CW-GATE-01"
    assert site.store.subjects.audit_events(case)[-1]["actor"] == "client:everything"


@pytest.mark.guide("R18")
@pytest.mark.guide("R07")
def test_a_case_system_tells_of_promises_payments_and_hardship(caller, case):
    rows = [
        {"case_id": case, "kind": "hardship", "code": "illness"},
        {"case_id": case, "kind": "promise", "until": "2099-01-01T00:00:00Z"},
    ]
    assert told(caller, "tells", *rows) == [("accepted", "")] * 2
    state = caller.get(f"/v1/cases/{case}/state").json()
    assert state["step"]["hold"] == "promised"
    assert state["segment"]["offers"] == ["deferral", "instalments", "reduction"]


@pytest.mark.guide("R11")
def test_a_row_that_a_rule_forbids_is_rejected_with_its_id_and_a_client_approves_nothing(caller, case):
    rows = [
        {"case_id": case, "kind": "requested", "code": "visit"},
        {"case_id": case, "kind": "approved", "code": "trace"},
        {"case_id": case, "kind": "hardship", "code": "diagnosis"},
        {"case_id": "NO-SUCH", "kind": "missed"},
    ]
    assert told(caller, "forbidden", *rows) == [
        ("rejected", "CW-GATE-01"), ("rejected", "persons_only"), ("rejected", "code:not_in_vocabulary"), ("rejected", "unknown_case"),
    ]  # fmt: skip


def test_told_twice_under_one_key_it_happened_once(caller, site, case):
    row = {"case_id": case, "kind": "missed"}
    before = site.store.casework.events([case]).num_rows
    assert told(caller, "once", row) == told(caller, "once", row)
    assert site.store.casework.events([case]).num_rows == before + 1


def test_what_comes_in_the_wrong_order_is_put_in_order(caller, case):
    point = next(p for p in caller.get(f"/v1/cases/{case}/state").json()["points"] if p["is_declared"])["point_id"]
    attempt = {"case_id": case, "kind": "attempt", "point_id": point, "channel": "voice"}
    newest = {**attempt, "code": "right_party", "at": "2026-11-20T03:00:00Z"}
    older = [{**attempt, "code": "no_answer", "at": f"2026-11-1{day}T03:00:00Z"} for day in (9, 7, 8)]
    assert told(caller, "newest-first", newest, *older) == [("accepted", "")] * 4
    found = next(p for p in caller.get(f"/v1/cases/{case}/state").json()["points"] if p["point_id"] == point)
    assert (found["state"], found["failures"], found["tried_at"][:10]) == ("reachable", 0, "2026-11-20")


def test_without_the_scope_nothing_is_read_or_told(site, app, case):
    other = Caller(
        app, clients.create(site, "deltas-only", scopes=["deltas:read"], rate_per_minute=10**6, actor="test")
    )
    assert other.get(f"/v1/cases/{case}/state").status_code == 403
    assert (
        other.post("/v1/case-events", {"rows": [{"case_id": case, "kind": "missed"}]}, key="no-scope-1").status_code
        == 403
    )
