"""The state machine: events in, state out. Deterministic, the same for the whole history at once or event by event.

Events are applied in rounds: the nth events of all cases together, as arrays. An event whose guard fails changes nothing and is
answered with the rule that stands against it; so a trace that was approved while the customer was reachable stays shut in every replay.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from casework import guards
from casework.batch import ABSENT, ALL_CODES, NEVER, Batch, Bools, Encoded, Ints, encode
from casework.changes import ARTEFACTS, end_trace
from casework.guards import ACCEPTED
from casework.handlers import HANDLERS
from casework.rules import rules
from casework.state import LIFE, State
from casework.terms import Terms
from casework.vocabulary import CODES, EventKind, Life, PointState, Status
from core.schemas import TIME

KINDS = tuple(EventKind)
AFTER_CLOSING = frozenset(
    {EventKind.DECLARED, EventKind.UNDECLARED, EventKind.ATTEMPT, EventKind.COMPLAINT, EventKind.ANSWERED}
    | {EventKind.ARTEFACT, EventKind.ARTEFACT_DELETED, EventKind.ARCHIVED, EventKind.HELD, EventKind.RELEASED}
    | {EventKind.INCIDENT, EventKind.VULNERABLE, EventKind.NOT_VULNERABLE, EventKind.THIRD_PARTY_REFUSED}
)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of the events: the state of every case, and by event (in the order given) the rule that refused it or null."""

    state: State
    case_ids: pa.Array
    refusals: pa.Array
    encoded: Encoded

    def points(self) -> pa.Table:
        """Every contact point of every case and what is known of it."""
        s = self.state
        states = pa.array([str(p) for p in PointState]).take(pa.array(s.point_state[:-1]))
        return pa.table(
            {
                "case_id": self.case_ids.take(pa.array(s.point_case[:-1])),
                "point_id": self.encoded.point_names,
                "state": states,
                "failures": pa.array(s.point_fails[:-1]),
                "tried_at": pa.array(s.point_at[:-1], TIME, mask=s.point_at[:-1] == 0),
                "is_declared": pa.array(s.point_declared[:-1]),
                "is_volunteered": pa.array(s.point_volunteered[:-1]),
            }
        )


def replay(events: pa.Table, terms: Terms, *, case_ids: pa.Array | None = None) -> Replayed:
    """The state that these events (casework.events.EVENTS) lead to, for these cases or for all that have an event."""
    ids = _case_ids(events, case_ids)
    encoded = encode(events, ids)
    state = State.empty(len(ids), encoded.point_case, len(ARTEFACTS))
    answers = np.zeros(len(encoded.order), dtype=np.int64)
    for rows in _rounds(encoded.batch.case):
        answers[rows] = _apply(state, encoded.batch.take(rows), terms, encoded.refs)
    told = np.zeros_like(answers)
    told[encoded.order] = answers
    names = pa.array([None, *rules()], pa.string())
    return Replayed(state, ids, names.take(pa.array(told)), encoded)


def _case_ids(events: pa.Table, case_ids: pa.Array | None) -> pa.Array:
    if case_ids is not None:
        return case_ids.combine_chunks() if isinstance(case_ids, pa.ChunkedArray) else case_ids
    found: Any = events["case_id"].unique()
    return found


def _rounds(case: Ints) -> list[Ints]:
    """Rows of sorted events by their place within their case: no two rows of a part are of one case."""
    if not len(case):
        return []
    starts = np.flatnonzero(np.r_[True, case[1:] != case[:-1]])
    lengths = np.diff(np.r_[starts, len(case)])
    nth = np.arange(len(case)) - np.repeat(starts, lengths)
    order = np.argsort(nth, kind="stable")
    return np.split(order, np.cumsum(np.bincount(nth))[:-1])


def _apply(s: State, e: Batch, terms: Terms, refs: pa.Array) -> Ints:
    """Apply one event a case; by event ACCEPTED or the number of the rule that refused it."""
    answers = _well_formed(e)
    closed = s.is_closed[e.case] & ~np.isin(e.kind, _after_closing())
    answers[(answers == ACCEPTED) & closed] = guards.number("CW-CLOSED-01")
    for kind in np.unique(e.kind[answers == ACCEPTED]):
        rows = np.flatnonzero((e.kind == kind) & (answers == ACCEPTED))
        answers[rows] = HANDLERS[KINDS[kind]](s, e.take(rows), terms, refs)
    s.last_at[e.case] = np.maximum(s.last_at[e.case], e.at)
    _settle(s, e.case, e.at)
    return answers


def _well_formed(e: Batch) -> Ints:
    """Its kind is known, and so is its code where the kind has codes."""
    known = (e.kind != ABSENT) & (e.case != ABSENT) & (e.at != ABSENT)
    fits = _valid_codes()[np.where(known, e.kind, 0), e.code]
    return np.where(known & fits, ACCEPTED, guards.number("CW-CODE-01"))


@cache
def _valid_codes() -> Bools:
    """By kind and code; the last column (ABSENT) is an event without a code."""
    table = np.zeros((len(KINDS), len(ALL_CODES) + 1), dtype=np.bool_)
    for i, kind in enumerate(KINDS):
        allowed = CODES.get(kind)
        table[i, -1] = allowed is None
        for code in allowed or ():
            table[i, ALL_CODES.index(code)] = True
    return table


@cache
def _after_closing() -> Ints:
    return np.array([i for i, k in enumerate(KINDS) if k in AFTER_CLOSING], dtype=np.int64)


def _settle(s: State, case: Ints, at: Ints) -> None:
    """Life follows from what is known: a trace ends when its debtor is not lost any more, and nobody is lost while a point is left."""
    is_lost = (s.n_declared[case] > 0) & (s.n_exhausted[case] == s.n_declared[case]) & (s.n_reached[case] == 0)
    found = s.trace_open[case] & ~is_lost
    end_trace(s, case[found], Status.DONE)
    life = np.where(s.trace_open[case], LIFE[Life.TRACING], np.where(is_lost, LIFE[Life.LOST], LIFE[Life.CONTACTING]))
    life = np.where(s.is_closed[case], s.life[case], life)
    begins = (life == LIFE[Life.LOST]) & (s.lost_at[case] == NEVER)
    s.lost_at[case[begins]] = at[begins]
    s.lost_at[case[life == LIFE[Life.CONTACTING]]] = NEVER
    s.life[case] = life
