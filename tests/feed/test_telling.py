"""Outcomes, withdrawals, closures: row by row, once for each key, visible in the very next read."""

from __future__ import annotations

import pytest

from tests.feed.test_reading import all_deltas, applied, state_of


@pytest.fixture
def spare(cases):
    """Cases of this module that no other test has used."""
    return cases


def close(caller, case, key):
    return caller.post("/v1/cases:close", {"rows": [{"case_id": case, "reason": "paid"}]}, key)


def test_a_withdrawal_is_seen_by_the_next_read(caller, spare):
    case = spare[0][0]
    assert caller.get(f"/v1/cases/{case}/candidates").json()["candidates"]
    head = caller.get("/v1/deltas?limit=1").json()["head"]
    assert caller.post("/v1/withdrawals", {"rows": [{"case_id": case}]}, "withdraw-01").json()["accepted"] == 1
    assert caller.get(f"/v1/cases/{case}/candidates").json()["candidates"] == []
    assert {d["op"] for d in caller.get(f"/v1/deltas?after={head}").json()["deltas"]} == {"DEL"}
    told = [d for d in all_deltas(caller) if d["case_id"] == case]
    assert {d["op"] for d in told} == {"DEL"}
    assert caller.get(f"/v1/explain/{spare[0][2]}").status_code == 404
    assert applied(all_deltas(caller)) == state_of(caller.get("/v1/snapshot"))


def test_a_closed_case_is_seen_no_more(caller, spare):
    case = spare[1][0]
    assert close(caller, case, "close-0001").json()["accepted"] == 1
    assert caller.get(f"/v1/cases/{case}/candidates").json()["candidates"] == []
    assert case not in caller.get("/v1/snapshot").text


def test_the_same_key_gives_the_same_answer_and_does_it_once(site, caller, spare):
    first = close(caller, spare[2][0], "close-0002")
    events = site.store.verify_audit().head.seq
    again = close(caller, spare[2][0], "close-0002")
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert site.store.verify_audit().head.seq == events


def test_a_key_used_for_something_else_is_refused(caller, spare):
    close(caller, spare[3][0], "close-0003")
    assert close(caller, spare[4][0], "close-0003").status_code == 409


def test_a_write_without_a_key_is_refused(caller, spare):
    assert caller.post("/v1/cases:close", {"rows": [{"case_id": spare[5][0], "reason": "paid"}]}).status_code == 422


def test_rows_succeed_and_fail_alone(caller, spare):
    rows = [{"case_id": "NO-SUCH-CASE", "reason": "paid"}, {"case_id": spare[6][0], "reason": "legal"}]
    answer = caller.post("/v1/cases:close", {"rows": rows}, "close-0004").json()
    assert [r["status"] for r in answer["results"]] == ["rejected", "accepted"]


def test_a_customer_nobody_traces_may_withdraw_too(caller):
    answer = caller.post("/v1/withdrawals", {"rows": [{"customer_no": "TEST-NOBODY"}]}, "withdraw-02")
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] == 1


def test_a_withdrawal_of_a_scope_nobody_knows_is_told_and_holds_up_no_other(caller, spare):
    rows = [{"case_id": spare[9][0], "scopes": ["delivery_adress"]}, {"customer_no": "TEST-NOBODY"}]
    answer = caller.post("/v1/withdrawals", {"rows": rows}, "withdraw-05").json()
    assert [(r["status"], r["code"]) for r in answer["results"]] == [("rejected", "unknown_scope"), ("accepted", "")]


def test_a_withdrawal_names_one_person(caller):
    rows = [{"case_id": "A", "customer_no": "B"}]
    assert caller.post("/v1/withdrawals", {"rows": rows}, "withdraw-03").status_code == 422
    assert caller.post("/v1/withdrawals", {"rows": [{}]}, "withdraw-04").status_code == 422


def test_outcomes_are_kept_sealed_and_once(site, caller, spare):
    from store import FeedStore

    candidate = spare[7][2]
    row = {"candidate_id": candidate, "disposition": "wrong_party", "at": "2026-11-20T02:00:00Z"}
    for key in ("outcome-0001", "outcome-0002"):
        assert caller.post("/v1/outcomes", {"rows": [row]}, key).json()["accepted"] == 1
    kept = FeedStore.of(site.store).outcomes().to_pylist()
    assert [(k["candidate_id"], k["disposition"]) for k in kept] == [(candidate, "wrong_party")]


def test_an_outcome_of_the_future_or_of_nobody_is_rejected(caller, spare):
    rows = [
        {"candidate_id": spare[7][2], "disposition": "no_answer", "at": "2999-01-01T00:00:00Z"},
        {"candidate_id": "0" * 32, "disposition": "no_answer", "at": "2026-11-01T00:00:00Z"},
    ]
    answer = caller.post("/v1/outcomes", {"rows": rows}, "outcome-0003").json()
    assert [r["code"] for r in answer["results"]] == ["in_the_future", "unknown_candidate"]


@pytest.mark.parametrize("at", [1793674800, "1793674800", "2026-11-03", "2026-11-03T02:00:00", True])
def test_a_time_is_told_as_a_time_or_not_taken(caller, spare, at):
    row = {"candidate_id": spare[7][2], "disposition": "no_answer", "at": at}
    assert caller.post("/v1/outcomes", {"rows": [row]}, "outcome-0004").status_code == 422


@pytest.mark.parametrize("value", ["yes", 1, "true"])
def test_a_fact_is_true_or_false_and_nothing_like_it(caller, spare, value):
    body = {"case_id": spare[8][0], "candidate_id": spare[8][2], "channel": "voice", "facts": {"is_opted_out": value}}
    assert caller.post("/v1/contact-check", body).status_code == 422
