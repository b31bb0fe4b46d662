"""What an event that was accepted changes in the state. One function a kind of event, or one for the many that do the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from casework import guards
from casework.batch import ABSENT, ALL_CODES, NEVER, Batch, Bools, Ints
from casework.state import ACTION, LIFE, POINT, STATUS, State
from casework.terms import Terms
from casework.vocabulary import Action, Artefact, Life, PointState, Status

ARTEFACTS = tuple(Artefact)
Change = Callable[[State, Batch, Terms], None]


# --- what many kinds do -----------------------------------------------------------------------------------------------


def set_to(**facts: bool) -> Change:
    """These facts of the case are so from now on."""

    def change(s: State, e: Batch, _terms: Terms) -> None:
        for name, value in facts.items():
            getattr(s, name)[e.case] = value

    return change


def count(name: str) -> Change:
    """One more of these."""

    def change(s: State, e: Batch, _terms: Terms) -> None:
        getattr(s, name)[e.case] += 1

    return change


def keep_code(name: str) -> Change:
    """The code is what is known of it."""

    def change(s: State, e: Batch, _terms: Terms) -> None:
        getattr(s, name)[e.case] = e.code

    return change


def end_trace(s: State, case: Ints, status: Status) -> None:
    """A trace that is open ends at this; what is not open stays."""
    trace = ACTION[Action.TRACE]
    s.status[case, trace] = np.where(s.trace_open[case], STATUS[status], s.status[case, trace])
    s.trace_open[case] = False


def _voided(status: Ints) -> Ints:
    """Nothing that was asked for or approved holds any more."""
    pending = (status == STATUS[Status.REQUESTED]) | (status == STATUS[Status.APPROVED])
    return np.where(pending, STATUS[Status.VOID], status)


def _void(s: State, case: Ints, action: Action) -> None:
    s.status[case, ACTION[action]] = _voided(s.status[case, ACTION[action]])


def _void_all(s: State, case: Ints) -> None:
    """The trace ends too."""
    end_trace(s, case, Status.VOID)
    s.status[case] = _voided(s.status[case])


# --- contact points ---------------------------------------------------------------------------------------------------


def declare(s: State, e: Batch, terms: Terms) -> None:
    e = e.where(~s.point_declared[e.point])
    s.point_declared[e.point] = True
    s.point_kind[e.point] = e.code
    s.point_volunteered[e.point] = False
    s.n_declared[e.case] += 1
    s.n_exhausted[e.case] += s.is_exhausted(e.point, terms.failures_in_a_row)


def undeclare(s: State, e: Batch, terms: Terms) -> None:
    e = e.where(s.point_declared[e.point])
    s.point_declared[e.point] = False
    s.n_declared[e.case] -= 1
    s.n_exhausted[e.case] -= s.is_exhausted(e.point, terms.failures_in_a_row)


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


def is_at_point(e: Batch) -> Bools:
    """A third party's answer says nothing of the debtor's points."""
    return np.asarray((e.point != ABSENT) & ~e.is_third_party)


def attempt(s: State, e: Batch, terms: Terms) -> None:
    """What was heard at a point is what is known of it."""
    e = e.where(is_at_point(e))
    was_exhausted, was_reached = s.is_exhausted(e.point, terms.failures_in_a_row), s.is_reached(e.point)
    s.point_state[e.point] = _heard()[e.code]
    s.point_at[e.point] = e.at
    is_reached = s.is_reached(e.point)
    s.point_fails[e.point] = np.where(is_reached, 0, s.point_fails[e.point] + 1)
    change = s.is_exhausted(e.point, terms.failures_in_a_row).astype(np.int64) - was_exhausted
    s.n_exhausted[e.case] += np.where(s.point_declared[e.point], change, 0)
    s.n_reached[e.case] += is_reached.astype(np.int64) - was_reached
    s.refusals[e.case] += s.point_state[e.point] == POINT[PointState.REFUSED]
    s.has_talked[e.case] |= is_reached & (e.channel == guards.VOICE)


def take_in(s: State, e: Batch, _terms: Terms) -> None:
    """A contact from somebody else comes in once, after approval, and waits for the customer's word."""
    s.status[e.case, ACTION[Action.VOLUNTEERED]] = STATUS[Status.DONE]
    own = s.point_declared[e.point] | s.is_reached(e.point)
    s.point_volunteered[e.point] = ~own


def confirm(s: State, e: Batch, _terms: Terms) -> None:
    s.point_volunteered[e.point] = False


# --- actions ----------------------------------------------------------------------------------------------------------


def request(s: State, e: Batch, _terms: Terms) -> None:
    action = guards.action_of(e.code)
    s.status[e.case, action] = STATUS[Status.REQUESTED]
    s.asked_by[e.case, action] = e.actor
    s.asked_point[e.case, action] = e.point


def approve(s: State, e: Batch, _terms: Terms) -> None:
    action = guards.action_of(e.code)
    s.status[e.case, action] = STATUS[Status.APPROVED]
    traced = e.case[action == ACTION[Action.TRACE]]
    s.trace_open[traced] = True
    s.was_traced[traced] = True


def decline(s: State, e: Batch, _terms: Terms) -> None:
    s.status[e.case, guards.action_of(e.code)] = STATUS[Status.DECLINED]


def carry_out(s: State, e: Batch, _terms: Terms) -> None:
    action = guards.action_of(e.code)
    s.status[e.case, action] = STATUS[Status.DONE]
    s.relay_spent[e.case[action == ACTION[Action.RELAY]]] = True


def trace_ended(s: State, e: Batch, _terms: Terms) -> None:
    end_trace(s, e.case, Status.DONE)


def refuse_relay(s: State, e: Batch, _terms: Terms) -> None:
    """For good: what was approved is void too."""
    s.relay_spent[e.case] = True
    _void(s, e.case, Action.RELAY)


def flag_vulnerable(s: State, e: Batch, _terms: Terms) -> None:
    """No visit that was asked for or approved survives the flag."""
    s.is_vulnerable[e.case] = True
    _void(s, e.case, Action.VISIT)


def opt_out(s: State, e: Batch, _terms: Terms) -> None:
    s.opted_out[e.case] |= 1 << guards.channel_of(e.code)


# --- money, complaints ------------------------------------------------------------------------------------------------


def forbear(s: State, e: Batch, _terms: Terms) -> None:
    """Collecting and tracing stop until that day; what was asked for or approved is void."""
    s.forborne_until[e.case] = np.maximum(s.forborne_until[e.case], e.until)
    _void_all(s, e.case)


def promise(s: State, e: Batch, _terms: Terms) -> None:
    """A promise that was overdue when the next was made is broken."""
    s.promises_broken[e.case] += (s.promise_due[e.case] < e.at).astype(np.int64)
    s.promise_due[e.case] = e.until


def pay(s: State, e: Batch, _terms: Terms) -> None:
    due = s.promise_due[e.case]
    has_promise = due != NEVER
    s.promises_kept[e.case] += has_promise & (e.at <= due)
    s.promises_broken[e.case] += has_promise & (e.at > due)
    s.promise_due[e.case] = NEVER
    s.payments[e.case] += 1
    s.is_paid[e.case] |= e.code == ALL_CODES.index("full")
    s.has_instalment[e.case] |= (e.code != ALL_CODES.index("part")) & s.has_agreement[e.case]


def complain(s: State, e: Batch, _terms: Terms) -> None:
    s.complaints_open[e.case] += 1
    s.complained_at[e.case] = np.minimum(s.complained_at[e.case], e.at)


def answer(s: State, e: Batch, _terms: Terms) -> None:
    s.complaints_open[e.case] -= 1
    s.complained_at[e.case] = np.where(s.complaints_open[e.case] == 0, NEVER, s.complained_at[e.case])


# --- closing, the file ------------------------------------------------------------------------------------------------


def close(s: State, e: Batch, _terms: Terms) -> None:
    """Closing freezes: the trace ends, what was asked for is void, and no event but filing follows."""
    _void_all(s, e.case)
    s.life[e.case] = LIFE[Life.CLOSED]
    s.closed_at[e.case] = e.at
    s.closed_reason[e.case] = e.code
    s.promise_due[e.case] = NEVER


def file(s: State, e: Batch, _terms: Terms) -> None:
    _add_artefacts(s, e, 1)


def unfile(s: State, e: Batch, _terms: Terms) -> None:
    _add_artefacts(s, e, -1)


def _add_artefacts(s: State, e: Batch, n: int) -> None:
    kind = guards.artefact_of(e.code)
    s.artefacts[e.case, kind] += n
    s.evidence[e.case] += n * (kind == ARTEFACTS.index(Artefact.EVIDENCE))


def archive(s: State, e: Batch, _terms: Terms) -> None:
    s.life[e.case] = LIFE[Life.ARCHIVED]
