"""What people decide in the workbench is what the feed tells from then on."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow.compute as pc
import pytest

from pipeline import contact_check, serve
from pipeline.services.cases import Action, Cases
from pipeline.services.debtors import Wanted
from pipeline.services.verdicts import Verdict
from pipeline.services.workbench import Workbench
from store import CANDIDATE_ROWS

REASON = {Verdict.ACCEPT: "recent", Verdict.REJECT: "outdated", Verdict.UNDONE: "mistake", Verdict.UNSURE: "too_little"}


@pytest.fixture
def workbench(site):
    return Workbench(site)


@pytest.fixture
def case(workbench):
    """Candidates of one case of several, none of them decided."""
    for row in workbench.queue(Wanted(limit=200))[0]:
        shown = workbench.case(row["case_id"], "user:test").candidates
        if len(shown) >= 3 and not any(c["decision"] for c in shown):
            return shown
    raise AssertionError("no case with three undecided candidates")


def decide(workbench, candidate, verdict):
    now = workbench.case(candidate["case_id"], "user:test").candidates
    version = next(c["version"] for c in now if c["candidate_id"] == candidate["candidate_id"])
    workbench.decide(
        candidate["candidate_id"],
        verdict,
        REASON[verdict],
        case_id=candidate["case_id"],
        version=version,
        actor="user:x",
    )


def told(caller, case_id):
    return caller.get(f"/v1/cases/{case_id}/candidates").json()["candidates"]


def held(caller, after=0, state=None):
    """What a consumer holds who applied every delta after a number."""
    out = dict(state or {})
    for line in caller.http.get(
        f"/v1/deltas?after={after}&limit=100000", headers={"Accept": "application/x-ndjson"}
    ).text.splitlines():
        delta = json.loads(line)
        if delta["op"] == "DEL":
            out.pop(delta["candidate_id"], None)
        else:
            out[delta["candidate_id"]] = delta["candidate"]
    return out


def snapshot(caller):
    rows = [json.loads(line) for line in caller.get("/v1/snapshot").text.splitlines()]
    return {r.pop("candidate_id"): {k: v for k, v in r.items() if k not in {"case_id", "seq"}} for r in rows}


def head(caller):
    return caller.get("/v1/deltas?limit=1").json()["head"]


def test_an_accepted_candidate_comes_first_and_consumers_hear_it(caller, workbench, case):
    last, before, seq = case[-1], held(caller), head(caller)
    decide(workbench, last, Verdict.ACCEPT)
    now = told(caller, last["case_id"])
    assert (now[0]["candidate_id"], now[0]["rank"], now[0]["review"]) == (last["candidate_id"], 1, "accepted")
    assert [c["rank"] for c in now] == list(range(1, len(case) + 1))
    assert [c["candidate_id"] for c in now[1:]] == [c["candidate_id"] for c in case[:-1]]
    assert held(caller, seq, before) == held(caller) == snapshot(caller)


def test_a_rejected_candidate_is_gone_everywhere_but_in_the_workbench(caller, site, workbench, case):
    first, before, seq = case[0], held(caller), head(caller)
    decide(workbench, first, Verdict.REJECT)
    key = first["candidate_id"]
    assert key not in {c["candidate_id"] for c in told(caller, first["case_id"])}
    assert caller.get(f"/v1/explain/{key}").status_code == 404
    assert key not in serve.candidates(site, actor="user:test")["candidate_id"].to_pylist()
    assert key not in snapshot(caller)
    assert held(caller, seq, before) == held(caller) == snapshot(caller)
    shown = workbench.case(first["case_id"], "user:test").candidates
    assert shown[-1]["candidate_id"] == key


def test_an_undone_decision_leaves_everything_as_it_was(caller, workbench, case):
    was, before = told(caller, case[0]["case_id"]), snapshot(caller)
    for verdict in (Verdict.REJECT, Verdict.UNDONE, Verdict.ACCEPT, Verdict.REJECT, Verdict.UNSURE, Verdict.UNDONE):
        decide(workbench, case[0], verdict)
        assert held(caller) == snapshot(caller)
    assert told(caller, case[0]["case_id"]) == was
    assert snapshot(caller) == before


def test_unsure_changes_nothing_that_is_told(caller, workbench, case):
    seq = head(caller)
    decide(workbench, case[1], Verdict.UNSURE)
    assert head(caller) == seq


def test_a_later_run_keeps_to_what_was_decided(caller, site, workbench, case):
    last, first = case[-1], case[0]
    decide(workbench, last, Verdict.ACCEPT)
    decide(workbench, first, Verdict.REJECT)
    rows = site.store.snapshot().rows.select(CANDIDATE_ROWS.names)
    by_model = {c["candidate_id"]: c["rank"] for c in case}
    ranks = [
        by_model.get(i, r) for i, r in zip(rows["candidate_id"].to_pylist(), rows["rank"].to_pylist(), strict=True)
    ]
    moved = pc.min_element_wise(pc.add(rows["probability"], 0.02), 1.0)
    for name, values in (("rank", pc.cast(ranks, "int32")), ("probability", moved)):
        rows = rows.set_column(rows.schema.get_field_index(name), name, values)
    site.store.publish(rows, run_key="later", at=datetime.now(UTC))
    now = told(caller, last["case_id"])
    assert now[0]["candidate_id"] == last["candidate_id"]
    assert first["candidate_id"] not in {c["candidate_id"] for c in now}
    assert held(caller) == snapshot(caller)


def test_a_consumer_who_never_heard_of_it_hears_nothing_of_what_was_rejected(caller, workbench, case):
    decide(workbench, case[0], Verdict.REJECT)
    lines = caller.http.get("/v1/deltas?limit=100000", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    deltas = [json.loads(line) for line in lines]
    assert [d["seq"] for d in deltas] == list(range(1, len(deltas) + 1))
    own = [d for d in deltas if d["candidate_id"] == case[0]["candidate_id"]]
    assert own
    assert {d["op"] for d in own} == {"DEL"}


def test_what_was_rejected_is_not_contacted_and_a_letter_waits_for_a_second_person(site, caller, workbench, case):
    day = datetime(2026, 11, 24, 6, tzinfo=UTC)
    decide(workbench, case[0], Verdict.REJECT)
    answer = contact_check.check(site, case[0]["candidate_id"], "voice", at=day, said=contact_check.FAVOURABLE)
    assert answer.decision.rule_ids == ("REVIEW-REJECTED",)
    assert answer.next_permitted_at is None
    address = next(
        c for r in workbench.queue(Wanted(limit=200))[0] for c in workbench.case(r["case_id"], "user:t").candidates
        if c["kind"] == "address" and not c["decision"]
    )  # fmt: skip
    key = address["candidate_id"]

    def letter():
        return contact_check.check(site, key, "letter", at=day, said=contact_check.FAVOURABLE).decision

    assert letter().rule_ids == ("REVIEW-SECOND-PERSON",)
    workbench.propose(address["case_id"], key, "letter", "no_other_way", "user:one")
    assert not letter().allowed
    Cases(site).approve(address["case_id"], Action.LETTER, "user:two")
    assert letter().allowed
