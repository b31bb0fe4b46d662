"""What the lender's files say of a case today, beside its events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from casework.batch import ABSENT, Bools, Floats, Ints
from core.schemas import TEXT

# One row a case, in any order. `person` groups the cases of one customer: caps count persons. No trait of a person is among them.
FACTS = pa.schema(
    [
        ("case_id", TEXT),
        ("person", TEXT),
        ("days_past_due", pa.int64()),
        ("balance", pa.float64()),
        ("lost_since", pa.date32()),
        ("has_address", pa.bool_()),
        ("has_emergency", pa.bool_()),
        ("candidate_phone", TEXT),  # id of the best published candidate of that kind
        ("candidate_address", TEXT),
        ("origins", pa.int64()),  # distinct origins of the best address
        ("is_closed", pa.bool_()),  # by the lender's file, or frozen
    ]
)


@dataclass(frozen=True, slots=True)
class Facts:
    """FACTS as arrays, a place a case."""

    person: Ints
    persons: int
    days_past_due: Ints
    balance: Floats
    lost_since: Ints
    has_address: Bools
    has_emergency: Bools
    candidate_phone: pa.Array
    candidate_address: pa.Array
    origins: Ints
    is_closed: Bools


def arrange(table: pa.Table, case_ids: pa.Array) -> Facts:
    """The facts of these cases, in their order; a case without a row has none."""
    full = pa.table(
        {
            f.name: table[f.name].cast(f.type) if f.name in table.column_names else pa.nulls(table.num_rows, f.type)
            for f in FACTS
        }
    )
    full = full.combine_chunks().take(pc.index_in(case_ids, value_set=full["case_id"].combine_chunks()))
    keys = (
        pc.coalesce(full["person"], pc.binary_join_element_wise("case", case_ids, ":"))
        .combine_chunks()
        .dictionary_encode()
    )
    return Facts(
        person=keys.indices.to_numpy().astype(np.int64),
        persons=len(keys.dictionary),
        days_past_due=_ints(full["days_past_due"]),
        balance=pc.fill_null(full["balance"], float("nan")).to_numpy(),
        lost_since=_ints(full["lost_since"].cast(pa.int32())),
        has_address=_bools(full["has_address"]),
        has_emergency=_bools(full["has_emergency"]),
        candidate_phone=full["candidate_phone"].combine_chunks(),
        candidate_address=full["candidate_address"].combine_chunks(),
        origins=_ints(full["origins"]),
        is_closed=_bools(full["is_closed"]),
    )


def _ints(column: pa.ChunkedArray) -> Ints:
    found: Ints = pc.fill_null(column.cast(pa.int64()), ABSENT).to_numpy()
    return found


def _bools(column: pa.ChunkedArray) -> Bools:
    found: Bools = pc.fill_null(column, fill_value=False).to_numpy()
    return found
