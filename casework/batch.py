"""Events as numbers: every column of a table of events encoded once, so that the machine works on arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from casework import events
from casework.vocabulary import CHANNELS, CODES, EventKind

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

NEVER = np.iinfo(np.int64).max // 4  # a moment that does not come; far from overflow
ALL_CODES: tuple[str, ...] = tuple(dict.fromkeys(c for codes in CODES.values() for c in codes))
ABSENT = -1


@dataclass(frozen=True, slots=True)
class Batch:
    """Encoded events. Texts are places in vocabularies or dictionaries, times microseconds, what is absent ABSENT or NaN."""

    case: Ints
    at: Ints
    kind: Ints
    code: Ints
    point: Ints
    channel: Ints
    is_third_party: Bools
    until: Ints
    amount: Floats
    days_past_due: Ints
    balance: Floats
    origins: Ints
    lost_since: Ints  # days since the epoch
    agents: Ints
    actor: Ints
    ref: Ints

    def take(self, rows: Ints) -> Batch:
        return Batch(*[getattr(self, f.name)[rows] for f in fields(self)])

    def where(self, mask: Bools) -> Batch:
        """The events of the mask."""
        return self if mask.all() else self.take(np.flatnonzero(mask))


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch with what its numbers stand for. ``point_case`` and ``point_names`` are by point; ``order`` sorts the rows."""

    batch: Batch
    order: Ints
    case_ids: pa.Array
    point_case: Ints
    point_names: pa.Array
    refs: pa.Array


def encode(table: pa.Table, case_ids: pa.Array) -> Encoded:
    """Encode these events (EVENTS), of cases that are all in ``case_ids``, sorted by case, time and number."""
    table = events.conform(table).combine_chunks()
    case = _index(table["case_id"], case_ids)
    at = _micros(table["at"])
    order = np.lexsort((pc.fill_null(table["seq"], 0).to_numpy(), at, case)).astype(np.int64)
    names = table["point_id"].combine_chunks().dictionary_encode()
    point, point_case, point_code = _points(case, _ints(names.indices))
    refs = table["ref"].combine_chunks().dictionary_encode()
    actors = table["actor"].combine_chunks().dictionary_encode()
    batch = Batch(
        case=case,
        at=at,
        kind=_index(table["kind"], _values(tuple(EventKind))),
        code=_index(table["code"], _values(ALL_CODES)),
        point=point,
        channel=_index(table["channel"], _values(CHANNELS)),
        is_third_party=pc.fill_null(pc.equal(table["party"], "third_party"), fill_value=False).to_numpy(),
        until=_micros(table["until"]),
        amount=_floats(table["amount"]),
        days_past_due=_ints(table["days_past_due"]),
        balance=_floats(table["balance"]),
        origins=_ints(table["origins"]),
        lost_since=_ints(table["lost_since"].cast(pa.int32())),
        agents=_ints(table["agents"]),
        actor=_ints(actors.indices),
        ref=_ints(refs.indices),
    )
    return Encoded(
        batch.take(order), order, case_ids, point_case, names.dictionary.take(pa.array(point_code)), refs.dictionary
    )


def _points(case: Ints, name: Ints) -> tuple[Ints, Ints, Ints]:
    """Points numbered by (case, name): the number of each row (ABSENT without one), and by number its case and name."""
    point = np.full(len(case), ABSENT, dtype=np.int64)
    has = name != ABSENT
    width = int(name.max(initial=0)) + 1
    keys, inverse = np.unique(case[has] * width + name[has], return_inverse=True)
    point[has] = inverse
    return point, keys // width, keys % width


@cache
def _values(names: tuple[str, ...]) -> pa.Array:
    return pa.array([str(n) for n in names], pa.string())


def _index(column: Any, values: pa.Array) -> Ints:
    return _ints(pc.index_in(column, value_set=values))


def _ints(column: Any) -> Ints:
    found: Ints = pc.fill_null(column.cast(pa.int64()), ABSENT).to_numpy(zero_copy_only=False)
    return found.astype(np.int64, copy=False) if found.flags.owndata else found.astype(np.int64)


def _floats(column: Any) -> Floats:
    found: Floats = pc.fill_null(column, float("nan")).to_numpy(zero_copy_only=False)
    return found.astype(np.float64)


def _micros(column: Any) -> Ints:
    """Microseconds since the epoch; ABSENT when there is none."""
    return _ints(column.cast(pa.int64()))
