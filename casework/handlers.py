"""What each kind of event does to the state: a guard, then a change of what passed it.

A guard answers by event ACCEPTED or the rule that stands against it. A change is given the accepted events alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from casework import changes, guards
from casework.batch import ABSENT, ALL_CODES, Batch, Bools, Ints
from casework.changes import Change
from casework.guards import ACCEPTED, refused
from casework.state import ACTION, LIFE, STATUS, State
from casework.terms import Terms
from casework.vocabulary import Action, EventKind, Life, Status

Condition = Callable[[State, Batch], Bools]
Guard = Callable[[State, Batch, Terms, pa.Array], Ints]


class Handler(NamedTuple):
    """One kind of event. Without a guard every event of it is accepted."""

    change: Change
    guard: Guard | None = None

    def __call__(self, s: State, e: Batch, terms: Terms, refs: pa.Array) -> Ints:
        """Apply these events, of one kind, one a case at most; what the guard answers."""
        answers = np.full(len(e.case), ACCEPTED, np.int64) if self.guard is None else self.guard(s, e, terms, refs)
        self.change(s, e.where(answers == ACCEPTED), terms)
        return answers


def _unless(*reasons: tuple[Condition, str]) -> Guard:
    """Refused by the first rule whose condition holds."""

    def guard(s: State, e: Batch, _terms: Terms, _refs: pa.Array) -> Ints:
        return refused(*[(condition(s, e), rule) for condition, rule in reasons])

    return guard


def _names_no_point(_s: State, e: Batch) -> Bools:
    return np.asarray(e.point == ABSENT)


def _is_not_met(s: State, e: Batch) -> Bools:
    """The history does not prove the reason that is given."""
    paid, agreed, legal = (e.code == ALL_CODES.index(c) for c in ("paid", "agreement", "legal"))
    met = (paid & s.is_paid[e.case]) | (agreed & s.has_agreement[e.case] & s.has_instalment[e.case])
    return ~np.asarray(met | (legal & s.is_legal[e.case]))


def _is_not_filed(s: State, e: Batch) -> Bools:
    return np.asarray(s.artefacts[e.case, guards.artefact_of(e.code)] < 1)


def _lacks_artefacts(s: State, e: Batch) -> Bools:
    return np.asarray((guards.required(s, e.case) & (s.artefacts[e.case] < 1)).any(axis=1))


def _is_not_at(status: Status, action: Action | None = None) -> Condition:
    """The action (that of the event, where none is named) does not stand at this."""

    def condition(s: State, e: Batch) -> Bools:
        at = guards.action_of(e.code) if action is None else ACTION[action]
        return np.asarray(s.status[e.case, at] != STATUS[status])

    return condition


# Kind → what it does, and by which rule it is refused when.
HANDLERS: dict[EventKind, Handler] = {
    EventKind.DECLARED: Handler(changes.declare, _unless((_names_no_point, "CW-CODE-01"))),
    EventKind.UNDECLARED: Handler(changes.undeclare, _unless((_names_no_point, "CW-CODE-01"))),
    EventKind.ATTEMPT: Handler(
        changes.attempt,
        _unless((lambda s, e: changes.is_at_point(e) & s.point_volunteered[e.point], "CW-VOLUNTEER-01")),
    ),
    EventKind.REQUESTED: Handler(changes.request, guards.request),
    EventKind.APPROVED: Handler(changes.approve, guards.approval),
    EventKind.DECLINED: Handler(changes.decline, _unless((_is_not_at(Status.REQUESTED), "CW-APPROVAL-01"))),
    EventKind.DONE: Handler(changes.carry_out, guards.doing),
    EventKind.TRACE_ENDED: Handler(
        changes.trace_ended, _unless((lambda s, e: ~s.trace_open[e.case], "CW-APPROVAL-01"))
    ),
    EventKind.HARDSHIP: Handler(changes.keep_code("hardship")),
    EventKind.FORBEARANCE: Handler(changes.forbear, _unless((lambda _, e: e.until <= e.at, "CW-CODE-01"))),
    EventKind.PROMISE: Handler(changes.promise, _unless((lambda _, e: e.until < e.at, "CW-CODE-01"))),
    EventKind.PAYMENT: Handler(changes.pay, _unless((lambda _, e: ~(e.amount > 0), "CW-CODE-01"))),
    EventKind.MISSED: Handler(changes.count("missed")),
    EventKind.AGREEMENT: Handler(changes.set_to(has_agreement=True, has_instalment=False)),
    EventKind.LEGAL: Handler(changes.set_to(is_legal=True)),
    EventKind.COMPLAINT: Handler(changes.complain),
    EventKind.ANSWERED: Handler(changes.answer, _unless((lambda s, e: s.complaints_open[e.case] < 1, "CW-CODE-01"))),
    EventKind.CLOSED: Handler(changes.close, _unless((_is_not_met, "CW-CLOSE-01"))),
    EventKind.ARTEFACT: Handler(changes.file),
    EventKind.ARTEFACT_DELETED: Handler(
        changes.unfile, _unless((_is_not_filed, "CW-CODE-01"), (lambda s, e: s.is_held[e.case], "CW-KEEP-01"))
    ),
    EventKind.ARCHIVED: Handler(
        changes.archive,
        _unless((lambda s, e: s.life[e.case] != LIFE[Life.CLOSED], "CW-CLOSE-01"), (_lacks_artefacts, "CW-ARCHIVE-01")),
    ),
    EventKind.HELD: Handler(changes.set_to(is_held=True)),
    EventKind.RELEASED: Handler(changes.set_to(is_held=False)),
    EventKind.VULNERABLE: Handler(changes.flag_vulnerable),
    EventKind.NOT_VULNERABLE: Handler(changes.set_to(is_vulnerable=False)),
    EventKind.OPTED_OUT: Handler(changes.opt_out),
    EventKind.ASSETS: Handler(changes.keep_code("assets")),
    EventKind.VOLUNTEERED: Handler(
        changes.take_in,
        _unless((_names_no_point, "CW-CODE-01"), (_is_not_at(Status.APPROVED, Action.VOLUNTEERED), "CW-APPROVAL-03")),
    ),
    EventKind.CONFIRMED: Handler(changes.confirm, _unless((_names_no_point, "CW-CODE-01"))),
    EventKind.INCIDENT: Handler(changes.count("incidents")),
    EventKind.THIRD_PARTY_REFUSED: Handler(changes.refuse_relay),
}
