"""The ladder: no step outside its gate, window or cap, asked of the policy's own contact check; and the guide's order."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import casework
import policy
from casework import clock, facts, improve, ladder
from casework.vocabulary import GATES
from policy.contact import Contact, ContactRequest
from tests.casework.histories import DAY, DECLARED, START, TERMS, asked, attempt, bursts, case, histories, lost

NIGHT = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)  # 02:00 in Beijing
ASKED = int(os.environ.get("SKIPTRACE_STEPS", "1200"))
KNOWN = {"days_past_due": 60, "balance": 60_000.0, "lost_since": date(2025, 1, 1), "has_address": True, "has_emergency": True,
         "candidate_phone": "c-phone", "candidate_address": "c-address", "origins": 2, "is_closed": False}  # fmt: skip


def step(*rows, terms=TERMS, at=NIGHT, **known):
    done = casework.replay(case(*rows), terms, case_ids=pa.array(["C1"]))
    table = pa.Table.from_pylist([{"case_id": "C1"} | KNOWN | known], facts.FACTS)
    return ladder.steps(done, facts.arrange(table, done.case_ids), clock.micros(at), terms).to_pylist()[0]


@pytest.fixture(scope="module")
def night():
    """Many cases on one night, dense with contacts of the last days, every gate on."""
    at = START + 9 * DAY + 7 * 3_600_000_000
    events = pa.concat_tables([histories(ASKED, seed=7, mean=20, days=12), bursts(ASKED, seed=8, at=at)])
    events = events.filter(pc.less(events["at"].cast(pa.int64()), at))
    done = casework.replay(events, TERMS)
    rows = [{"case_id": c} | KNOWN for c in done.case_ids.to_pylist()]
    known = facts.arrange(pa.Table.from_pylist(rows, facts.FACTS), done.case_ids)
    return (
        done,
        events,
        ladder.steps(done, known, at, TERMS),
        datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at),
    )


def request(row, events, at):
    channel = {
        "relay": "voice",
        "voice_bot": "voice",
        "visit": "visit",
        "lawyer_letter": "lawyer_letter",
        "messaging": "messaging",
        "letter": "letter",
    }
    own = [e for e in events if e["kind"] == "attempt" or (e["kind"] == "done" and e["code"] in channel)]
    made = [
        Contact(
            e["at"],
            e["channel"] if e["kind"] == "attempt" else channel[e["code"]],
            e["code"],
            e["point_id"],
            e["party"] if e["kind"] == "attempt" and e["party"] == "third_party" else "debtor",
        )
        for e in own
    ]
    is_relay = row["point"] == "emergency"
    return ContactRequest(
        at=at, channel=row["channel"], party="third_party" if is_relay else "debtor", point_id=row["point_id"] or row["point"], contacts=made,
        has_consent=True, is_opted_out=False, has_complaint=False, has_attorney=False, has_ceased=False, has_express_consent=True, is_disputed=False,
        is_vulnerable=False, is_approved=True, is_number_invalid=True, zones=("Asia/Shanghai",), origins=2, lost_since=date(2025, 1, 1), balance=60_000.0,
    )  # fmt: skip


@pytest.mark.guide("R01")
@pytest.mark.guide("R15")
@pytest.mark.guide("R16")
def test_no_step_outside_its_window_or_cap_and_none_later_than_need_be(night):
    _done, events, steps, at = night
    by_case = {}
    for e in events.select(["case_id", "kind", "code", "at", "point_id", "channel", "party"]).to_pylist():
        by_case.setdefault(e["case_id"], []).append(e)
    pack = policy.load("cn")
    asked_of = waiting = wrong = late = 0
    for row in steps.to_pylist():
        if row["channel"] is None or row["hold"] is not None:
            continue
        asked_of += 1
        own = by_case[row["case_id"]]
        for moment in (row["not_before"], row["not_after"] - timedelta(microseconds=1)):
            wrong += not policy.contact_check(request(row, own, moment), pack).decision.allowed
        if row["not_before"] > at:
            waiting += 1
            late += policy.contact_check(request(row, own, at), pack).decision.allowed
    assert asked_of > len(steps) / 10
    assert waiting > asked_of / 50  # caps and cool-downs do hold somebody back
    assert (wrong, late) == (0, 0)


def test_no_step_of_a_gate_that_is_shut_and_none_while_something_holds(night):
    done, _, steps, at = night
    held = {
        "closed": done.state.is_closed,
        "complaint": done.state.complaints_open > 0,
        "forborne": done.state.forborne_until > clock.micros(at),
    }
    for name, mask in held.items():
        assert {r for r, m in zip(steps["rung"].to_pylist(), mask, strict=True) if m} <= {None}, name
    for row in steps.to_pylist():
        assert (row["rung"] is None) == (row["hold"] is not None)
    rows = [{"case_id": c} | KNOWN for c in done.case_ids.to_pylist()]
    shut = replace(TERMS, gates=frozenset())
    again = ladder.steps(
        done, facts.arrange(pa.Table.from_pylist(rows, facts.FACTS), done.case_ids), clock.micros(at), shut
    )
    gated = {str(g) for g in GATES}
    asked_for = [r for r in again.to_pylist() if r["action"] in gated]
    assert asked_for == []


@pytest.mark.guide("R12")
@pytest.mark.guide("R03")
def test_the_lightest_step_comes_first():
    shut = replace(TERMS, gates=frozenset())
    assert step(DECLARED)["rung"] == "routine_call"
    texts = [attempt("no_answer", channel="voice", at=START + (55 + i) * DAY) for i in range(2)]
    assert step(DECLARED, *texts, attempt("right_party", at=START + 58 * DAY))["rung"] == "routine_sms"
    assert step(DECLARED, days_past_due=0)["hold"] == "nothing_left"
    assert step(*lost(), days_past_due=20)["rung"] == "candidate_sms"  # no letter before the thirty-first day
    assert step(*lost())["rung"] == "notice_letter"
    assert (
        step(*lost(), has_address=False, candidate_phone=None, candidate_address=None, terms=shut)["rung"]
        == "open_trace"
    )


@pytest.mark.guide("R40")
@pytest.mark.guide("R46")
def test_a_region_is_where_to_look_and_never_a_step():
    assert not {r.point for r in ladder.rungs()} & {"region"}
    assert not any("region" in n for r in ladder.rungs() for n in r.needs)


@pytest.mark.guide("R18")
@pytest.mark.parametrize(
    ("days", "rung"),
    [(1, "promise_sms"), (3, "promise_sms"), (4, "promise_call"), (7, "promise_call"), (8, "promise_notice")],
)
def test_a_broken_promise_is_followed_up_by_its_age(days, rung):
    due = NIGHT - timedelta(days=days - 1, hours=1)
    assert step(DECLARED, {"kind": "promise", "until": due})["rung"] == rung


@pytest.mark.guide("R18")
def test_nobody_is_chased_while_a_promise_runs():
    assert step(DECLARED, {"kind": "promise", "until": NIGHT + timedelta(days=2)})["hold"] == "promised"


@pytest.mark.guide("R61")
def test_a_complaint_suspends_and_a_closed_case_is_over():
    assert step(DECLARED, {"kind": "complaint", "code": "other"})["hold"] == "complaint"
    assert step(DECLARED, is_closed=True)["hold"] == "closed"


@pytest.mark.guide("R24", "approved")
@pytest.mark.guide("R37", "approved")
def test_the_relay_is_proposed_for_the_lost_with_an_emergency_contact():
    tried = [
        attempt("no_answer", channel=c, at=START + (50 + i) * DAY, point="p9")
        for i, c in enumerate(["sms", "sms", "letter"])
    ]
    rows = [*lost(), *[t | {"at": START + (58 + i % 2) * DAY} for i, t in enumerate(tried)], *asked("trace")]
    nothing = {"candidate_phone": None, "candidate_address": None, "has_address": False}
    assert step(*rows, **nothing)["rung"] == "relay"
    assert step(*rows, **nothing)["script"] == "relay_request"
    assert step(*rows, **nothing, has_emergency=False)["rung"] != "relay"


@pytest.mark.guide("R65", "approved")
def test_a_contact_that_somebody_gave_is_never_the_next_step():
    rows = [*asked("volunteered"), {"kind": "volunteered", "point_id": "p9"}]
    assert step(*rows, candidate_phone=None)["point_id"] != "p9"


@pytest.mark.guide("R36")
@pytest.mark.guide("R42", "approved")
def test_every_script_of_the_ladder_exists_and_is_neutral_where_the_point_may_be_reissued():
    from casework.wording import scripts

    for rung in ladder.rungs():
        if rung.script is not None:
            assert rung.script in scripts()
        if rung.point in {"candidate", "emergency"} or rung.channel == "sms":
            assert rung.script is None or scripts()[rung.script].audience in {"unverified", "third_party"}


@pytest.mark.guide("R63")
def test_frequent_complaints_ask_for_tighter_caps_with_the_effect_they_would_have_had():
    busy = [attempt("no_answer", at=START + h * 3_600_000_000) for h in (2, 3, 4, 26, 27)]
    contacts = ladder.contacts_of(casework.replay(case(DECLARED, *busy), TERMS))
    found = {
        s.code: s for s in improve.suggest(["too_often"] * 3 + ["wrong_hours"] * 3 + ["wording"] * 2, contacts, TERMS)
    }
    assert set(found) == {"too_often", "wrong_hours"}
    assert (found["too_often"].change.before, found["too_often"].change.after) == ("3", "2")
    assert found["too_often"].would_stop == 1  # the third of the first day
    assert found["wrong_hours"].change.after == "09:00-20:00"
    tighter = improve.apply(TERMS, found["too_often"].change)
    assert min(c.most for c in tighter.caps if c.counts == "contact_events_per_customer") == 2
    assert improve.suggest(["too_often"] * 2, contacts, TERMS) == []
