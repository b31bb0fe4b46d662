from __future__ import annotations

import json
import re

import pyarrow.compute as pc
import pytest
import sqlalchemy as sa

from core.errors import Fatal
from pipeline.services.debtors import Wanted
from pipeline.services.deciding import Stale
from pipeline.services.verdicts import Verdict
from tests.support import NOON
from workbench.roles import Role


def pick(workbench, n: int = 0, kind: str = "phone"):
    """The n-th undecided candidate of a kind, in order of the queue."""
    rows, _ = workbench.queue(Wanted(limit=200))
    for row in rows:
        for c in workbench.case(row["case_id"], "user:test").candidates:
            if c["kind"] == kind and not c["decision"]:
                if n == 0:
                    return c
                n -= 1
    raise AssertionError("too few candidates in the portfolio")


def again(workbench, c):
    shown = workbench.case(c["case_id"], "user:test").candidates
    return next(x for x in shown if x["candidate_id"] == c["candidate_id"])


def told(c, decision="accept:recent", **more):
    return {"candidate_id": c["candidate_id"], "decision": decision, "version": c["version"], **more}


def test_a_decision_is_kept_shown_and_taken_back(analyst, workbench):
    c = pick(workbench)
    path = f"/cases/{c['case_id']}"
    assert analyst.post(path + "/decide", **told(c)).status_code == 303
    now = again(workbench, c)
    assert (now["decision"]["verdict"], now["decision"]["actor"]) == ("accept", f"user:{analyst.name}")
    assert analyst.post(path + "/decide", **told(now, "undone:mistake")).status_code == 303
    assert again(workbench, c)["decision"] is None
    kept = [d["verdict"] for d in workbench.store.decisions_of(case_id=c["case_id"])]
    assert kept[:2] == ["undone", "accept"]


def test_a_stale_page_changes_nothing_and_says_so(analyst, people, workbench):
    c = pick(workbench)
    path = f"/cases/{c['case_id']}/decide"
    assert people[Role.SUPERVISOR].post(path, **told(c, "reject:outdated")).status_code == 303
    answer = analyst.post(path, **told(c))
    assert answer.status_code == 409
    assert "Nothing was saved" in answer.text
    assert again(workbench, c)["decision"]["verdict"] == "reject"


def test_a_version_of_the_future_is_as_stale_as_one_of_the_past(workbench):
    c = pick(workbench)
    with pytest.raises(Stale):
        workbench.decide(c["candidate_id"], Verdict.ACCEPT, "recent", case_id=c["case_id"], version=7, actor="user:x")


def test_two_at_the_same_moment_cannot_both_be_heard(workbench, monkeypatch):
    c = pick(workbench)
    monkeypatch.setattr(type(workbench), "_require_unseen", lambda *_: None)
    keys = {"case_id": c["case_id"], "version": c["version"], "actor": "user:x"}
    workbench.decide(c["candidate_id"], Verdict.ACCEPT, "recent", **keys)
    with pytest.raises(Stale):
        workbench.decide(c["candidate_id"], Verdict.REJECT, "outdated", **keys)


def test_the_database_refuses_to_change_or_remove_a_decision(workbench):
    c = pick(workbench)
    workbench.decide(
        c["candidate_id"], Verdict.UNSURE, "too_little", case_id=c["case_id"], version=c["version"], actor="user:x"
    )
    for statement in ("update workbench_decisions set verdict = 'accept'", "delete from workbench_decisions"):
        with (
            pytest.raises(Fatal, match=r"append-only|RaiseException|InsufficientPrivilege"),
            workbench.store._writing() as connection,
        ):
            connection.execute(sa.text(statement))


def test_a_run_leaves_every_decision_as_it_was(workbench, site):
    c = pick(workbench)
    workbench.decide(
        c["candidate_id"], Verdict.ACCEPT, "recent", case_id=c["case_id"], version=c["version"], actor="user:x"
    )
    before = workbench.store.decisions_of(case_id=c["case_id"])
    rows = site.store.snapshot().rows
    moved = pc.multiply(rows["probability"], 0.9)
    rows = rows.set_column(rows.schema.get_field_index("probability"), "probability", moved)
    result = site.store.publish(rows, run_key="later", at=NOON)
    assert result.modified > rows.num_rows / 2
    assert workbench.store.decisions_of(case_id=c["case_id"]) == before
    assert again(workbench, c)["decision"]["verdict"] == "accept"


@pytest.mark.parametrize("decision", ["accept:because", "approve:recent", "", "undone:mistake", "accept"])
def test_only_decisions_and_reasons_of_the_list_are_taken(analyst, workbench, decision):
    c = pick(workbench)
    answer = analyst.post(f"/cases/{c['case_id']}/decide", **(told(c, decision) | {"version": 0}))
    assert answer.status_code == 422


def test_a_candidate_of_another_case_is_not_found(analyst, workbench):
    c, other = pick(workbench), pick(workbench, 5)
    assert analyst.post(f"/cases/{other['case_id']}/decide", **told(c)).status_code == 404


def test_a_case_leaves_the_queue_when_all_is_decided_and_comes_back_when_one_is_undone(workbench):
    rows, total = workbench.queue(Wanted(limit=200))
    case_id = min(rows, key=lambda r: r["candidates"])["case_id"]
    shown = workbench.case(case_id, "user:test").candidates
    workbench.decide_all(
        [(case_id, c["candidate_id"], Verdict.REJECT, "outdated", c["version"]) for c in shown if not c["decision"]],
        "user:x",
    )
    assert workbench.queue(Wanted())[1] == total - 1
    done = again(workbench, shown[0])
    workbench.decide(
        done["candidate_id"], Verdict.UNDONE, "mistake", case_id=case_id, version=done["version"], actor="user:x"
    )
    assert workbench.queue(Wanted())[1] == total


def test_a_batch_is_taken_whole_and_orders_by_doubt(analyst, workbench):
    page = analyst.get("/batch").text
    names = re.findall(r'<select name="([^"|]+\|[^"|]+\|\d+)"', page)
    shown = workbench.doubtful("user:test")
    doubts = [abs(c["probability"] - 0.5) for c in shown]
    assert doubts == sorted(doubts)
    answer = analyst.post("/batch", **{names[0]: "accept:recent", names[1]: "reject:outdated", names[2]: ""})
    assert answer.headers["location"] == "/batch?saved=2"
    left = {c["candidate_id"] for c in workbench.doubtful("user:test", 50)}
    assert not {n.split("|")[1] for n in names[:2]} & left


def test_a_letter_needs_somebody_else(people, workbench):
    c = pick(workbench, kind="address")
    analyst, supervisor = people[Role.ANALYST], people[Role.SUPERVISOR]
    ask = {"candidate_id": c["candidate_id"], "action": "letter", "reason": "no_other_way"}
    assert again(workbench, c)["actions"]["letter"] == "needs_approval"
    assert analyst.post(f"/cases/{c['case_id']}/propose", **ask).status_code == 303
    twice = analyst.post(f"/cases/{c['case_id']}/propose", **ask)
    assert twice.status_code == 422
    assert "CW-APPROVAL-01" in twice.text
    assert again(workbench, c)["actions"]["letter"] == "open"
    page = supervisor.get("/proposals").text
    assert c["case_id"] in page
    assert "no other way known" in page
    settle = {"action": "letter", "status": "approved"}
    assert analyst.post(f"/casework/{c['case_id']}/settle", **settle).status_code == 403
    assert supervisor.post(f"/casework/{c['case_id']}/settle", **settle).status_code == 303
    assert again(workbench, c)["actions"]["letter"] == "approved"
    others = [
        x
        for x in workbench.case(c["case_id"], "user:test").candidates
        if x["kind"] == "address" and x["rank"] != c["rank"]
    ]
    assert {x["actions"]["letter"] for x in others} <= {"needs_approval"}


def test_a_visit_is_off_until_the_deployment_names_it(analyst, workbench):
    c = pick(workbench, kind="address")
    ask = {"candidate_id": c["candidate_id"], "action": "visit", "reason": "no_other_way"}
    refused = analyst.post(f"/cases/{c['case_id']}/propose", **ask)
    assert refused.status_code == 422
    assert "CW-GATE-01" in refused.text


def test_a_visit_to_a_telephone_is_not_a_thing(analyst, workbench):
    c = pick(workbench)
    ask = {"candidate_id": c["candidate_id"], "action": "visit", "reason": "no_other_way"}
    assert analyst.post(f"/cases/{c['case_id']}/propose", **ask).status_code == 422


def test_who_decided_what_is_in_the_audit_chain_by_id(analyst, workbench):
    c = pick(workbench)
    analyst.post(f"/cases/{c['case_id']}/decide", **told(c))
    row = workbench.store.audit_page(event="decision.recorded", limit=1)[0]
    assert json.loads(row["facts"])["candidate_id"] == c["candidate_id"]
    assert row["actor"] == f"user:{analyst.name}"
    assert workbench.chain()["is_intact"]


def test_next_goes_down_the_whole_queue_and_then_begins_again(workbench):
    rows, _ = workbench.queue(Wanted(limit=10_000))
    order = [r["case_id"] for r in rows]
    walked = [workbench.next_case()]
    while len(walked) <= len(order):
        walked.append(workbench.next_case(walked[-1]))
    assert walked == [*order, order[0]]
