"""What each kind of event does to the state: guard, then change. Each handler answers ACCEPTED or the rule that stands against it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa

from casework import guards
from casework.batch import ABSENT, ALL_CODES, NEVER, Batch, Bools, Ints
from casework.guards import ACCEPTED, refused
from casework.state import ACTION, LIFE, POINT, STATUS, State
from casework.terms import Terms
from casework.vocabulary import Action, Artefact, EventKind, Life, PointState, Status

ARTEFACTS = tuple(Artefact)


def end_trace(s: State, case: Ints, status: Status) -> None:
    s.status[case, ACTION[Action.TRACE]] = np.where(
        s.trace_open[case], STATUS[status], s.status[case, ACTION[Action.TRACE]]
    )
    s.trace_open[case] = False


def _void_pending(s: State, case: Ints) -> None:
    """Nothing that was asked for or approved holds any more."""
    pending = (s.status[case] == STATUS[Status.REQUESTED]) | (s.status[case] == STATUS[Status.APPROVED])
    s.status[case] = np.where(pending, STATUS[Status.VOID], s.status[case])


def _declared(s: State, e: Batch, terms: Terms, _refs: pa.Array) -> Ints:
    answers = refused((e.point == ABSENT, "CW-CODE-01"))
    ok = _ok(answers) & ~s.point_declared[e.point]
    case, point = e.case[ok], e.point[ok]
    s.point_declared[point] = True
    s.point_kind[point] = e.code[ok]
    s.point_volunteered[point] = False
    s.n_declared[case] += 1
    s.n_exhausted[case] += s.is_exhausted(point, terms.failures_in_a_row)
    return answers


def _undeclared(s: State, e: Batch, terms: Terms, _refs: pa.Array) -> Ints:
    answers = refused((e.point == ABSENT, "CW-CODE-01"))
    ok = _ok(answers) & s.point_declared[e.point]
    case, point = e.case[ok], e.point[ok]
    s.point_declared[point] = False
    s.n_declared[case] -= 1
    s.n_exhausted[case] -= s.is_exhausted(point, terms.failures_in_a_row)
    return answers


_HEARD = {
    "right_party": PointState.REACHABLE,
    "refused": PointState.REFUSED,
    "no_answer": PointState.UNANSWERED,
    "disconnected": PointState.INVALID,
    "wrong_party": PointState.WRONG_PARTY,
}


@cache
def _heard() -> Ints:
    """Disposition → the state of its point; ABSENT for codes that are no disposition."""
    return np.array([POINT[_HEARD[c]] if c in _HEARD else ABSENT for c in ALL_CODES], dtype=np.int64)


def _attempt(s: State, e: Batch, terms: Terms, _refs: pa.Array) -> Ints:
    """What was heard at a point is what is known of it. A third party's answer says nothing of the debtor's points."""
    at_point = (e.point != ABSENT) & ~e.is_third_party
    answers = refused((at_point & s.point_volunteered[e.point], "CW-VOLUNTEER-01"))
    ok = _ok(answers) & at_point
    case, point = e.case[ok], e.point[ok]
    was_exhausted, was_reached = s.is_exhausted(point, terms.failures_in_a_row), s.is_reached(point)
    s.point_state[point] = _heard()[e.code[ok]]
    s.point_at[point] = e.at[ok]
    is_reached = s.is_reached(point)
    s.point_fails[point] = np.where(is_reached, 0, s.point_fails[point] + 1)
    change = s.is_exhausted(point, terms.failures_in_a_row).astype(np.int64) - was_exhausted
    s.n_exhausted[case] += np.where(s.point_declared[point], change, 0)
    s.n_reached[case] += is_reached.astype(np.int64) - was_reached
    s.refusals[case] += s.point_state[point] == POINT[PointState.REFUSED]
    s.has_talked[case] |= is_reached & (e.channel[ok] == guards.VOICE)
    return answers


def _requested(s: State, e: Batch, terms: Terms, refs: pa.Array) -> Ints:
    action = guards.action_of(e.code)
    answers = guards.request(s, e, terms, refs)
    ok = _ok(answers)
    s.status[e.case[ok], action[ok]] = STATUS[Status.REQUESTED]
    s.asked_by[e.case[ok], action[ok]] = e.actor[ok]
    s.asked_point[e.case[ok], action[ok]] = e.point[ok]
    return answers


def _approved(s: State, e: Batch, terms: Terms, _refs: pa.Array) -> Ints:
    action = guards.action_of(e.code)
    answers = guards.approval(s, e, terms)
    ok = _ok(answers)
    s.status[e.case[ok], action[ok]] = STATUS[Status.APPROVED]
    traced = e.case[ok & (action == ACTION[Action.TRACE])]
    s.trace_open[traced] = True
    s.was_traced[traced] = True
    return answers


def _declined(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    action = guards.action_of(e.code)
    answers = refused((s.status[e.case, action] != STATUS[Status.REQUESTED], "CW-APPROVAL-01"))
    ok = _ok(answers)
    s.status[e.case[ok], action[ok]] = STATUS[Status.DECLINED]
    return answers


def _done(s: State, e: Batch, terms: Terms, _refs: pa.Array) -> Ints:
    action = guards.action_of(e.code)
    answers = guards.doing(s, e, terms)
    ok = _ok(answers)
    s.status[e.case[ok], action[ok]] = STATUS[Status.DONE]
    s.relay_spent[e.case[ok & (action == ACTION[Action.RELAY])]] = True
    return answers


def _trace_ended(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    answers = refused((~s.trace_open[e.case], "CW-APPROVAL-01"))
    end_trace(s, e.case[_ok(answers)], Status.DONE)
    return answers


def _hardship(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    s.hardship[e.case] = e.code
    return _accepted(e)


def _forbearance(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    """Collecting and tracing stop until that day; what was asked for or approved is void."""
    answers = refused((e.until <= e.at, "CW-CODE-01"))
    ok = _ok(answers)
    case = e.case[ok]
    s.forborne_until[case] = np.maximum(s.forborne_until[case], e.until[ok])
    end_trace(s, case, Status.VOID)
    _void_pending(s, case)
    return answers


def _promise(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    """A promise that was overdue when the next was made is broken."""
    answers = refused((e.until < e.at, "CW-CODE-01"))
    ok = _ok(answers)
    case = e.case[ok]
    s.promises_broken[case] += (s.promise_due[case] < e.at[ok]).astype(np.int64)
    s.promise_due[case] = e.until[ok]
    return answers


def _payment(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    answers = refused((~(e.amount > 0), "CW-CODE-01"))
    ok = _ok(answers)
    case, code, due = e.case[ok], e.code[ok], s.promise_due[e.case[ok]]
    has_promise = due != NEVER
    s.promises_kept[case] += has_promise & (e.at[ok] <= due)
    s.promises_broken[case] += has_promise & (e.at[ok] > due)
    s.promise_due[case] = NEVER
    s.payments[case] += 1
    s.is_paid[case] |= code == ALL_CODES.index("full")
    s.has_instalment[case] |= (code != ALL_CODES.index("part")) & s.has_agreement[case]
    return answers


def _missed(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    s.missed[e.case] += 1
    return _accepted(e)


def _agreement(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    s.has_agreement[e.case] = True
    s.has_instalment[e.case] = False
    return _accepted(e)


def _legal(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    s.is_legal[e.case] = True
    return _accepted(e)


def _complaint(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    s.complaints_open[e.case] += 1
    s.complained_at[e.case] = np.minimum(s.complained_at[e.case], e.at)
    return _accepted(e)


def _answered(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    answers = refused((s.complaints_open[e.case] < 1, "CW-CODE-01"))
    case = e.case[_ok(answers)]
    s.complaints_open[case] -= 1
    s.complained_at[case] = np.where(s.complaints_open[case] == 0, NEVER, s.complained_at[case])
    return answers


def _closed(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    """Closing freezes: the trace ends, what was asked for is void, and no event but filing follows."""
    paid, agreed, legal = (e.code == ALL_CODES.index(c) for c in ("paid", "agreement", "legal"))
    met = (paid & s.is_paid[e.case]) | (agreed & s.has_agreement[e.case] & s.has_instalment[e.case])
    is_met = np.asarray(met | (legal & s.is_legal[e.case]))
    answers = refused((~is_met, "CW-CLOSE-01"))
    ok = _ok(answers)
    case = e.case[ok]
    end_trace(s, case, Status.VOID)
    _void_pending(s, case)
    s.life[case] = LIFE[Life.CLOSED]
    s.closed_at[case] = e.at[ok]
    s.closed_reason[case] = e.code[ok]
    s.promise_due[case] = NEVER
    return answers


def _artefact(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    kind = guards.artefact_of(e.code)
    s.artefacts[e.case, kind] += 1
    s.evidence[e.case] += kind == ARTEFACTS.index(Artefact.EVIDENCE)
    return _accepted(e)


def _artefact_deleted(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    kind = guards.artefact_of(e.code)
    none = s.artefacts[e.case, kind] < 1
    answers = refused((none, "CW-CODE-01"), (s.is_held[e.case], "CW-KEEP-01"))
    ok = _ok(answers)
    s.artefacts[e.case[ok], kind[ok]] -= 1
    s.evidence[e.case[ok]] -= kind[ok] == ARTEFACTS.index(Artefact.EVIDENCE)
    return answers


def _archived(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    is_closed = s.life[e.case] == LIFE[Life.CLOSED]
    lacks = np.asarray((guards.required(s, e.case) & (s.artefacts[e.case] < 1)).any(axis=1))
    answers = refused((~is_closed, "CW-CLOSE-01"), (lacks, "CW-ARCHIVE-01"))
    s.life[e.case[_ok(answers)]] = LIFE[Life.ARCHIVED]
    return answers


def _held(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    s.is_held[e.case] = True
    return _accepted(e)


def _released(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    s.is_held[e.case] = False
    return _accepted(e)


def _vulnerable(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    """No visit that was asked for or approved survives the flag."""
    s.is_vulnerable[e.case] = True
    now = s.status[e.case, ACTION[Action.VISIT]]
    pending = (now == STATUS[Status.REQUESTED]) | (now == STATUS[Status.APPROVED])
    s.status[e.case, ACTION[Action.VISIT]] = np.where(pending, STATUS[Status.VOID], now)
    return _accepted(e)


def _not_vulnerable(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    s.is_vulnerable[e.case] = False
    return _accepted(e)


def _opted_out(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    s.opted_out[e.case] |= 1 << guards.channel_of(e.code)
    return _accepted(e)


def _assets(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    s.assets[e.case] = e.code
    return _accepted(e)


def _volunteered(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    """A contact from somebody else comes in once, after approval, and waits for the customer's word."""
    is_approved = s.status[e.case, ACTION[Action.VOLUNTEERED]] == STATUS[Status.APPROVED]
    answers = refused((e.point == ABSENT, "CW-CODE-01"), (~is_approved, "CW-APPROVAL-03"))
    ok = _ok(answers)
    s.status[e.case[ok], ACTION[Action.VOLUNTEERED]] = STATUS[Status.DONE]
    own = s.point_declared[e.point[ok]] | s.is_reached(e.point[ok])
    s.point_volunteered[e.point[ok]] = ~own
    return answers


def _confirmed(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    answers = refused((e.point == ABSENT, "CW-CODE-01"))
    s.point_volunteered[e.point[_ok(answers)]] = False
    return answers


def _incident(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    s.incidents[e.case] += 1
    return _accepted(e)


def _third_party_refused(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
    """For good: what was approved is void too."""
    s.relay_spent[e.case] = True
    now = s.status[e.case, ACTION[Action.RELAY]]
    pending = (now == STATUS[Status.REQUESTED]) | (now == STATUS[Status.APPROVED])
    s.status[e.case, ACTION[Action.RELAY]] = np.where(pending, STATUS[Status.VOID], now)
    return _accepted(e)


def _ok(answers: Ints) -> Bools:
    found: Bools = answers == ACCEPTED
    return found


def _accepted(e: Batch) -> Ints:
    return np.full(len(e.case), ACCEPTED, dtype=np.int64)


HANDLERS: dict[EventKind, Callable[[State, Batch, Terms, pa.Array], Ints]] = {
    EventKind.DECLARED: _declared,
    EventKind.UNDECLARED: _undeclared,
    EventKind.ATTEMPT: _attempt,
    EventKind.REQUESTED: _requested,
    EventKind.APPROVED: _approved,
    EventKind.DECLINED: _declined,
    EventKind.DONE: _done,
    EventKind.TRACE_ENDED: _trace_ended,
    EventKind.HARDSHIP: _hardship,
    EventKind.FORBEARANCE: _forbearance,
    EventKind.PROMISE: _promise,
    EventKind.PAYMENT: _payment,
    EventKind.MISSED: _missed,
    EventKind.AGREEMENT: _agreement,
    EventKind.LEGAL: _legal,
    EventKind.COMPLAINT: _complaint,
    EventKind.ANSWERED: _answered,
    EventKind.CLOSED: _closed,
    EventKind.ARTEFACT: _artefact,
    EventKind.ARTEFACT_DELETED: _artefact_deleted,
    EventKind.ARCHIVED: _archived,
    EventKind.HELD: _held,
    EventKind.RELEASED: _released,
    EventKind.VULNERABLE: _vulnerable,
    EventKind.NOT_VULNERABLE: _not_vulnerable,
    EventKind.OPTED_OUT: _opted_out,
    EventKind.ASSETS: _assets,
    EventKind.VOLUNTEERED: _volunteered,
    EventKind.CONFIRMED: _confirmed,
    EventKind.INCIDENT: _incident,
    EventKind.THIRD_PARTY_REFUSED: _third_party_refused,
}
