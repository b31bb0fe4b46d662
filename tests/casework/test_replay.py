"""The state machine over random histories. SKIPTRACE_HISTORIES makes the count what benchmarks/advance_cases.py takes: 100,000."""

from __future__ import annotations

import os

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import casework
from casework.state import table_of
from casework.vocabulary import GATES, MOVES, Action, EventKind
from tests.casework.histories import DAY, DECLARED, START, TERMS, asked, attempt, case, histories, lost, prefixes
from tests.casework.reference import Case

HISTORIES = int(os.environ.get("SKIPTRACE_HISTORIES", "3000"))


@pytest.fixture(scope="module")
def events():
    return histories(HISTORIES, seed=20261126)


@pytest.fixture(scope="module")
def replayed(events):
    return casework.replay(events, TERMS)


@pytest.fixture(scope="module")
def stepwise(events):
    """What each case was after each of its events: case, step, life, and the last event's kind, code and answer.

    Ten thousand histories at a time: a history of n events is n cases here, and memory must not grow with how many are asked for.
    """
    place = pc.cast(pc.utf8_slice_codeunits(events["case_id"], 1), pa.int64())
    parts = [
        _after_each_event(events.filter(pc.and_(pc.greater_equal(place, n), pc.less(place, n + 10_000))))
        for n in range(0, HISTORIES, 10_000)
    ]
    return pa.concat_tables(parts)


def _after_each_event(events):
    cut = prefixes(events)
    done = casework.replay(cut, TERMS)
    table = table_of(done.state, done.case_ids)
    case_ids = cut["case_id"].combine_chunks()
    last = np.flatnonzero(np.r_[(pc.not_equal(case_ids[1:], case_ids[:-1])).to_numpy(zero_copy_only=False), True])
    table = table.append_column("kind", cut["kind"].take(last)).append_column("code", cut["code"].take(last))
    return table.append_column("answer", done.refusals.take(last))


def is_one_of(column, *words):
    return pc.is_in(column, value_set=pa.array(words)).to_numpy()


def test_the_histories_reach_every_life_by_every_move_and_bring_every_action_to_every_end(stepwise, events):
    """Properties of what never happens are no properties: this holds the histories to happening."""
    assert set(events["kind"].to_pylist()) == {str(k) for k in EventKind}
    assert moves(stepwise, "life") == {(str(a), str(b)) for a, b in MOVES}
    for action in Action:
        reached = {after for _, after in moves(stepwise, f"action_{action}")}
        assert reached >= {"requested", "approved", "declined", "void"}, action
        assert ("done" in reached) == (action is not Action.HIGH_RISK), action


def moves(stepwise, column):
    """Every change of this column from one event of a case to its next."""
    case = pc.list_element(pc.split_pattern(stepwise["case_id"].combine_chunks(), "#"), 0)
    said = stepwise[column].combine_chunks()
    is_next = pc.and_(pc.equal(case[1:], case[:-1]), pc.not_equal(said[1:], said[:-1]))
    return set(zip(said[:-1].filter(is_next).to_pylist(), said[1:].filter(is_next).to_pylist(), strict=True))


@pytest.mark.guide("R19")
@pytest.mark.guide("R22")
@pytest.mark.guide("R66")
def test_states_never_skip(stepwise):
    assert moves(stepwise, "life") <= {(str(a), str(b)) for a, b in MOVES}


@pytest.mark.guide("R54")
def test_closing_always_freezes(stepwise):
    pending = np.zeros(stepwise.num_rows, dtype=bool)
    for action in Action:
        pending |= is_one_of(stepwise[f"action_{action}"], "requested", "approved")
    closed = is_one_of(stepwise["life"], "closed", "archived")
    assert closed.any()
    assert not (closed & pending).any()
    assert not (closed & np.array(stepwise["trace_open"].to_pylist())).any()
    assert {after for before, after in moves(stepwise, "life") if before in {"closed", "archived"}} == {"archived"}


def test_a_refused_event_changes_nothing(events, replayed):
    """A history without what was refused leads to the same state."""
    kept = events.filter(pc.is_null(replayed.refusals))
    again = casework.replay(kept, TERMS, case_ids=replayed.case_ids)
    assert again.refusals.null_count == len(again.refusals)
    ours, theirs = table_of(replayed.state, replayed.case_ids), table_of(again.state, again.case_ids)
    assert ours.drop_columns(["last_at"]).equals(theirs.drop_columns(["last_at"]))


def test_replay_gives_the_same_state_in_any_order_of_rows_and_in_any_company(events, replayed):
    rng = np.random.default_rng(1)
    shuffled = events.take(pa.array(rng.permutation(events.num_rows)))
    again = casework.replay(shuffled, TERMS, case_ids=replayed.case_ids)
    assert table_of(again.state, again.case_ids).equals(table_of(replayed.state, replayed.case_ids))
    half = pa.array([c for c in replayed.case_ids.to_pylist() if int(c[1:]) % 2])
    alone = casework.replay(events.filter(pc.is_in(events["case_id"], value_set=half)), TERMS, case_ids=half)
    whole = table_of(replayed.state, replayed.case_ids)
    assert table_of(alone.state, half).equals(whole.filter(pc.is_in(whole["case_id"], value_set=half)))


def test_the_arrays_say_what_a_reader_of_the_guide_would_say(events, replayed):
    """Against an independent machine in plain Python, one event at a time."""
    order = events.sort_by([("case_id", "ascending"), ("at", "ascending"), ("seq", "ascending")])
    cases: dict[str, Case] = {}
    for e in order.select(
        ["case_id", "kind", "code", "at", "point_id", "party", "actor", "ref", "until", "amount"]
    ).to_pylist():
        cases.setdefault(e["case_id"], Case()).apply(e)
    told = table_of(replayed.state, replayed.case_ids).to_pylist()
    wrong = [t["case_id"] for t in told if cases[t["case_id"]].life != t["life"].replace("archived", "closed")]
    assert wrong == []
    points = {(p["case_id"], p["point_id"]): p for p in replayed.points().to_pylist()}
    for case_id, one in cases.items():
        for point_id, p in one.points.items():
            found = points[(case_id, point_id)]
            assert (found["state"], found["failures"]) == (p.state, p.fails)
            assert (found["is_declared"], found["is_volunteered"]) == (p.declared, p.volunteered)


def test_no_action_is_approved_or_done_outside_its_gate(events):
    """With every gate shut nothing gated is ever asked for, approved or done, whatever is told."""
    shut = casework.replay(events, casework.Terms(relay=True))
    table = table_of(shut.state, shut.case_ids)
    for action in GATES:
        assert set(table[f"action_{action}"].to_pylist()) <= {"none", "void"}


def test_nothing_is_done_that_two_people_did_not_ask_for_and_approve(stepwise, events, replayed):
    """Along every history: done follows approved, approved follows requested, by another."""
    for action in Action:
        seen = moves(stepwise, f"action_{action}")
        assert {before for before, after in seen if after == "approved"} == {"requested"}
        assert {before for before, after in seen if after == "done"} <= {"approved"}
    accepted = events.filter(pc.is_null(replayed.refusals)).sort_by([("at", "ascending"), ("seq", "ascending")])
    settled = accepted.filter(is_one_of(accepted["kind"], "requested", "approved"))
    asked, approved = {}, 0
    for e in settled.select(["case_id", "kind", "code", "actor"]).to_pylist():
        if e["kind"] == "requested":
            asked[e["case_id"], e["code"]] = e["actor"]
        else:
            approved += 1
            assert asked[e["case_id"], e["code"]] != e["actor"]
    assert approved


def test_events_of_unknown_kind_or_code_are_refused_and_harm_nobody():
    done = casework.replay(case({"kind": "teleported"}, {"kind": "attempt", "code": "telepathy"}, DECLARED), TERMS)
    assert done.refusals.to_pylist() == ["CW-CODE-01", "CW-CODE-01", None]


def test_no_events_at_all_is_a_state_too():
    done = casework.replay(casework.EVENTS.empty_table(), TERMS, case_ids=pa.array(["C1"]))
    assert table_of(done.state, done.case_ids)["life"].to_pylist() == ["contacting"]


@pytest.mark.guide("R19")
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_number_counts_its_failures_and_is_exhausted_at_the_third(n):
    done = casework.replay(case(DECLARED, *[attempt("no_answer")] * n), TERMS)
    assert done.points().to_pylist()[0]["failures"] == n
    assert table_of(done.state, done.case_ids)["life"][0].as_py() == ("lost" if n >= 3 else "contacting")


@pytest.mark.guide("R19")
@pytest.mark.guide("R22")
def test_a_debtor_is_lost_only_when_every_declared_point_is_exhausted():
    both = [DECLARED, DECLARED | {"point_id": "p1"}, attempt("disconnected")]
    assert life(*both) == "contacting"
    assert life(*both, attempt("wrong_party", "p1")) == "lost"
    assert life(*both, attempt("wrong_party", "p1"), attempt("right_party", "p2")) == "contacting"
    assert life(attempt("disconnected")) == "contacting"  # nothing declared: nobody can say they are lost


def life(*rows):
    done = casework.replay(case(*rows), TERMS)
    return table_of(done.state, done.case_ids)["life"][0].as_py()


def answers(*rows, terms=TERMS):
    return casework.replay(case(*rows), terms).refusals.to_pylist()


@pytest.mark.guide("R22")
def test_opening_a_trace_needs_a_reason_an_assessment_and_a_second_person():
    ask, approve = asked("trace")
    assert life(*lost(), ask, approve) == "tracing"
    assert answers(*lost(), ask | {"ref": None})[-1] == "CW-PIA-01"
    assert answers(*lost(), ask, approve | {"actor": "user:a"})[-1] == "CW-APPROVAL-02"
    assert answers(*lost(), approve)[-1] == "CW-APPROVAL-01"
    assert answers(DECLARED, ask)[-1] == "CW-LOST-01"


@pytest.mark.guide("R66")
@pytest.mark.parametrize("disposition", ["right_party", "refused"])
def test_a_reachable_customer_is_never_traced(disposition):
    ask, approve = asked("trace")
    assert answers(*lost(), attempt(disposition), ask)[-1] == "CW-LOST-01"
    assert life(*lost(), ask, approve, attempt(disposition)) == "contacting"  # and a trace that runs ends
    assert answers(*lost(), ask, attempt(disposition), approve)[-1] == "CW-LOST-01"


@pytest.mark.guide("R18")
def test_promises_are_kept_or_broken():
    due = {"until": pa.scalar(START + 3 * DAY, pa.timestamp("us", tz="UTC")).as_py()}
    paid = {"kind": "payment", "code": "part", "amount": 5.0}
    kept = casework.replay(case({"kind": "promise"} | due, paid), TERMS).state
    late = casework.replay(case({"kind": "promise"} | due, paid | {"at": START + 4 * DAY}), TERMS).state
    assert (kept.promises_kept[0], kept.promises_broken[0]) == (1, 0)
    assert (late.promises_kept[0], late.promises_broken[0]) == (0, 1)


@pytest.mark.guide("R54")
def test_a_case_closes_on_what_its_history_proves():
    full, part = (
        {"kind": "payment", "code": "full", "amount": 9.0},
        {"kind": "payment", "code": "instalment", "amount": 1.0},
    )
    close = {"kind": "closed"}
    assert answers(close | {"code": "paid"}) == ["CW-CLOSE-01"]
    assert life(full, close | {"code": "paid"}) == "closed"
    assert life({"kind": "agreement"}, close | {"code": "agreement"}) == "contacting"
    assert life({"kind": "agreement"}, part, close | {"code": "agreement"}) == "closed"
    assert life({"kind": "legal"}, close | {"code": "legal"}) == "closed"
    assert answers(full, close | {"code": "paid"}, {"kind": "promise"})[-1] == "CW-CLOSED-01"


@pytest.mark.guide("R61")
def test_while_a_complaint_is_open_nothing_is_asked_for():
    ask, _ = asked("trace")
    assert answers(*lost(), {"kind": "complaint", "code": "wording"}, ask)[-1] == "CW-COMPLAINT-01"
    assert answers(*lost(), {"kind": "complaint", "code": "wording"}, {"kind": "answered"}, ask)[-1] is None
