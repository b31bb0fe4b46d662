"""A function of one text, run over a column once per distinct value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa


def distinct_map(column: pa.Array | pa.ChunkedArray, function: Callable[[Any], Any], to: pa.DataType) -> pa.Array:
    """``function`` of every value, null where the value is null; called once per distinct value."""
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    coded = flat if pa.types.is_dictionary(flat.type) else flat.dictionary_encode()
    results = pa.array([None if v is None else function(v) for v in coded.dictionary.to_pylist()], to)
    return results.take(coded.indices)
