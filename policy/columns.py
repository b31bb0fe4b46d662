"""Arrow columns as the gates read them: whole, as text, as numpy flags."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def column(table: pa.Table, name: str) -> pa.Array:
    """The column in one piece."""
    chunks = table.column(name).chunks
    return pa.concat_arrays(chunks) if chunks else pa.array([], table.schema.field(name).type)


def text(table: pa.Table, name: str) -> pa.Array:
    """The column in one piece as text; all null where the table lacks it."""
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    return column(table, name).cast(pa.string())


def flags(mask: pa.Array) -> npt.NDArray[np.bool_]:
    """A mask as numpy booleans; what is not known is false."""
    return np.asarray(pc.fill_null(mask, fill_value=False).to_numpy(zero_copy_only=False), dtype=bool)


def positions(values: pa.Array, within: pa.Array) -> npt.NDArray[np.int64]:
    """Where each value stands in ``within``; -1 where it does not, or is null."""
    at = pc.fill_null(pc.index_in(values, value_set=within, skip_nulls=True), -1)
    return np.asarray(at.to_numpy(zero_copy_only=False), np.int64)
