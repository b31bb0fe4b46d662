"""An Arrow table as the narrow pandas frame that a contract is tested on: only its columns, text as categories.

Its index is the row's position: what Great Expectations reports of a failing row is this number and nothing else.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import Fatal
from core.schemas import TIME
from expectations.contract import Contract


def frame(table: pa.Table, contract: Contract) -> pd.DataFrame:
    """The frame of this contract. Raises Fatal naming the columns it speaks of that the table does not have."""
    named = {c for line in contract.lines for c in (*line.columns, *([line.other] if line.other else []))}
    missing = sorted(named - set(table.column_names))
    if missing:
        raise Fatal(f"contract {contract.name}: no column {', '.join(missing)}")
    single = {line.column for line in contract.lines if len(line.columns) == 1} | {
        line.other for line in contract.lines if line.other
    }
    columns = {name: _series(table.column(name)) for name in sorted(single)}
    columns |= {line.column: _any(table, line.columns) for line in contract.lines if len(line.columns) > 1}
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))


def _series(column: pa.ChunkedArray) -> pd.Series:
    if pa.types.is_list(column.type):
        joined = pc.binary_join(column.cast(pa.list_(pa.string())), " ")
        column = pc.if_else(pc.equal(joined, ""), None, joined)
    if pa.types.is_date(column.type):
        column = column.cast(TIME)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = column.cast(pa.string()).dictionary_encode().unify_dictionaries()
    series: pd.Series = column.to_pandas()
    return series


def _any(table: pa.Table, names: tuple[str, ...]) -> pd.Series:
    """True where any of the columns has a value, else absent."""
    found = pa.chunked_array([pa.repeat(pa.scalar(value=False), table.num_rows)])
    for name in names:
        found = pc.or_(found, table.column(name).is_valid())
    return pd.Series(found.to_numpy()).where(lambda s: s)
