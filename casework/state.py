"""Where cases stand, as one array a fact. ``replay`` (casework.replay) fills it from events; nothing else changes it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from casework.batch import ABSENT, NEVER, Bools, Ints
from casework.vocabulary import Action, Life, PointState, Status
from core.schemas import TIME

LIVES, POINT_STATES, STATUSES, ACTIONS = tuple(Life), tuple(PointState), tuple(Status), tuple(Action)
LIFE = {life: i for i, life in enumerate(LIVES)}
POINT = {p: i for i, p in enumerate(POINT_STATES)}
STATUS = {s: i for i, s in enumerate(STATUSES)}
ACTION = {a: i for i, a in enumerate(ACTIONS)}


@dataclass(slots=True)
class State:
    """By case, and (``point_*``) by contact point. Times are microseconds, NEVER where there is none.

    The point arrays have one place more than there are points: what an event without a point (ABSENT, -1) reads.
    """

    life: Ints
    lost_at: Ints
    trace_open: Bools
    was_traced: Bools
    n_declared: Ints
    n_exhausted: Ints  # declared points only
    n_reached: Ints
    forborne_until: Ints
    hardship: Ints
    assets: Ints
    promise_due: Ints  # of the promise that is open
    promises_kept: Ints
    promises_broken: Ints
    payments: Ints
    missed: Ints
    refusals: Ints
    is_paid: Bools
    has_agreement: Bools
    has_instalment: Bools
    is_legal: Bools
    complaints_open: Ints
    complained_at: Ints
    is_vulnerable: Bools
    opted_out: Ints  # a bit a channel
    relay_spent: Bools
    evidence: Ints
    has_talked: Bools
    incidents: Ints
    is_held: Bools
    closed_at: Ints
    closed_reason: Ints
    last_at: Ints
    status: npt.NDArray[np.int64]  # case × action
    asked_by: npt.NDArray[np.int64]
    asked_point: npt.NDArray[np.int64]  # the point it was asked for, ABSENT where it is for none in particular
    artefacts: npt.NDArray[np.int64]  # case × artefact: how many are kept
    point_case: Ints
    point_state: Ints
    point_fails: Ints  # failures in a row
    point_at: Ints  # when it was last tried
    point_declared: Bools
    point_kind: Ints  # code of what it was declared as
    point_volunteered: Bools

    @classmethod
    def empty(cls, cases: int, point_case: Ints, artefacts: int) -> Self:
        """Nothing has happened yet."""
        made: dict[str, Any] = {}
        for f in fields(cls):
            n = len(point_case) + 1 if f.name.startswith("point_") else cases
            made[f.name] = np.zeros(n, dtype=np.bool_ if f.type == "Bools" else np.int64)
        for name in ("lost_at", "promise_due", "complained_at", "closed_at"):
            made[name] = np.full(cases, NEVER, dtype=np.int64)
        for name in ("hardship", "assets", "closed_reason", "point_kind"):
            made[name][:] = ABSENT
        for name, width in (("status", len(ACTIONS)), ("artefacts", artefacts)):
            made[name] = np.zeros((cases, width), dtype=np.int64)
        for name in ("asked_by", "asked_point"):
            made[name] = np.full((cases, len(ACTIONS)), ABSENT, dtype=np.int64)
        made["point_case"] = np.r_[point_case, ABSENT]
        return cls(**made)

    @property
    def is_closed(self) -> Bools:
        return np.asarray(self.life >= LIFE[Life.CLOSED])

    def is_exhausted(self, points: Ints, failures_in_a_row: int) -> Bools:
        """There is no use in trying these points again."""
        state = self.point_state[points]
        tried: Bools = (state == POINT[PointState.UNANSWERED]) & (self.point_fails[points] >= failures_in_a_row)
        return np.asarray(tried | (state == POINT[PointState.INVALID]) | (state == POINT[PointState.WRONG_PARTY]))

    def is_reached(self, points: Ints) -> Bools:
        """The debtor answers there, whether or not they want to talk."""
        state = self.point_state[points]
        found: Bools = (state == POINT[PointState.REACHABLE]) | (state == POINT[PointState.REFUSED])
        return found


def table_of(state: State, case_ids: pa.Array) -> pa.Table:
    """The state of every case for people and files: words for codes, times as times."""
    n = len(case_ids)
    columns: dict[str, pa.Array] = {"case_id": case_ids, "life": _words(state.life, LIVES)}
    for name in ("lost_at", "forborne_until", "promise_due", "complained_at", "closed_at", "last_at"):
        values = getattr(state, name)
        columns[name] = pa.array(values, TIME, mask=(values >= NEVER) | (values <= 0))
    numbers = ("n_declared", "n_exhausted", "n_reached", "promises_kept", "promises_broken", "payments", "missed")
    for name in (*numbers, "refusals", "complaints_open", "evidence", "incidents"):
        columns[name] = pa.array(getattr(state, name), pa.int64())
    for name in ("trace_open", "was_traced", "is_paid", "has_agreement", "is_vulnerable", "is_held"):
        columns[name] = pa.array(getattr(state, name), pa.bool_())
    for action, i in ACTION.items():
        columns[f"action_{action}"] = _words(state.status[:, i], STATUSES) if n else pa.array([], pa.string())
    return pa.table(columns)


def _words(codes: Ints, names: tuple[str, ...]) -> pa.Array:
    return pa.array([str(n) for n in names], pa.string()).take(pa.array(codes, pa.int64()))
