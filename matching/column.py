"""A column, dictionary-encoded once: everything later works on its codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.hashing import U64, hash_texts
from matching.plain import plain

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Column:
    """``values``: the distinct texts. ``codes``: one a row, -1 where absent. ``hashes``, ``counts``: one a value."""

    values: pa.Array
    codes: Codes
    hashes: U64
    counts: npt.NDArray[np.int32]

    @property
    def present(self) -> int:
        """Rows that have a value."""
        return int(self.counts.sum())


def encode(column: pa.Array | pa.ChunkedArray) -> Column:
    """Texts (or anything Arrow casts to text) to codes, in one writing. Blank is absent: an absent value is null, never ``""``."""
    flat = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) and column.num_chunks else column
    if isinstance(flat, pa.ChunkedArray):
        flat = pa.array([], type=flat.type)
    if pa.types.is_dictionary(flat.type):
        flat = flat.cast(flat.type.value_type)
    if pa.types.is_null(flat.type) or not pa.types.is_string(flat.type):
        flat = flat.cast(pa.string())
    coded = flat.dictionary_encode()
    values = coded.dictionary
    trimmed = plain(values)
    codes = np.asarray(coded.indices.fill_null(-1)).astype(np.int32, copy=False)
    if not trimmed.equals(values) or pc.any(pc.equal(pc.utf8_length(values), 0)).as_py():
        values, codes = _merge(trimmed, codes)
    counts = np.bincount(codes[codes >= 0], minlength=len(values)).astype(np.int32)
    return Column(values, codes, hash_texts(values), counts)


def absent(rows: int) -> Column:
    """A column of nothing."""
    return encode(pa.nulls(rows, pa.string()))


def _merge(trimmed: pa.Array, codes: Codes) -> tuple[pa.Array, Codes]:
    """Values that are the same once trimmed share a code; blanks have none."""
    blanks = pc.equal(pc.utf8_length(trimmed), 0)
    again = pc.if_else(blanks, pa.scalar(None, pa.string()), trimmed).dictionary_encode()
    lookup = np.append(np.asarray(again.indices.fill_null(-1)).astype(np.int32), np.int32(-1))
    return again.dictionary, lookup[codes]
