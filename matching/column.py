"""A column, dictionary-encoded once: everything later works on its codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.hashing import U64, hash_texts
from matching.plain import plain

Codes = npt.NDArray[np.int32]
T = TypeVar("T")

_ROWS = 1 << 15  # values looked at at a time: what is made on the way stays in cache
_TRIED = 10_000  # rows that tell whether nearly all values differ
_SPARED = 50_000  # from so many rows on, looking values up is worth sparing where next to none repeats
_MOST_GROUPED = 1 << 24
_ROW = np.uint64(_MOST_GROUPED - 1)
_FEW = 0.2  # of all values: more than these are brought to one writing with the others
_SPACE, _TILDE, _CAPITAL_A, _CAPITAL_Z = (np.uint8(ord(c)) for c in " ~AZ")


@dataclass(frozen=True, slots=True)
class Column:
    """``values``: the texts. ``codes``: one a row, -1 where absent. ``hashes``, ``counts``: one a value.

    ``derived``: what comparisons and keys make of the values, made once, whatever the rows.
    """

    values: pa.Array
    codes: Codes
    hashes: U64
    counts: npt.NDArray[np.int32]
    derived: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def present(self) -> int:
        """Rows that have a value."""
        return int(self.counts.sum())

    def derive(self, key: Any, make: Callable[[pa.Array], T]) -> T:
        """``make`` of the values, the first time it is asked for by this key."""
        if key not in self.derived:
            self.derived[key] = make(self.values)
        return self.derived[key]  # type: ignore[no-any-return]

    def forget(self, kind: str) -> None:
        """Drop what was derived by keys that begin like this."""
        for key in [k for k in self.derived if isinstance(k, tuple) and k[0] == kind]:
            del self.derived[key]

    def between(self, start: int, stop: int) -> Column:
        """These rows, with the values and the counts of all."""
        return Column(self.values, self.codes[start:stop], self.hashes, self.counts, self.derived)

    def rows(self, chosen: npt.NDArray[np.integer]) -> Column:
        """Chosen rows, with the values that they have."""
        codes = self.codes[chosen]
        there = codes >= 0
        used, inverse = np.unique(codes[there], return_inverse=True)
        again = np.full(len(codes), -1, dtype=np.int32)
        again[there] = inverse
        counts = np.bincount(inverse, minlength=len(used)).astype(np.int32)
        return Column(self.values.take(pa.array(used)), again, self.hashes[used], counts)


def encode(column: pa.Array | pa.ChunkedArray, *, distinct: bool = True) -> Column:
    """Texts (or anything Arrow casts to text) to codes, in one writing. Blank is absent: an absent value is null, never ``""``.

    Not ``distinct``: a value may have several codes, where nearly all values differ and finding those that do not would
    take longer than it spares.
    """
    flat = _flat(column)
    if pa.types.is_dictionary(flat.type):
        values, codes = _merge(flat.dictionary.cast(pa.string()), np.asarray(flat.indices.fill_null(-1)))
    else:
        flat = _plain(flat.cast(pa.string()))
        if _SPARED <= len(flat) <= _MOST_GROUPED and _nearly_all_differ(flat):
            values = flat.drop_null()
            one_each = Column(values, _positions(flat), hash_texts(values), np.ones(len(values), dtype=np.int32))
            return _grouped(one_each) if distinct else one_each
        coded = flat.dictionary_encode()
        values, codes = coded.dictionary, np.asarray(coded.indices.fill_null(-1))
    rows: Codes = codes.astype(np.int32, copy=False)
    counts = np.bincount(rows[rows >= 0] if len(rows) and rows.min() < 0 else rows, minlength=len(values))
    return Column(values, rows, hash_texts(values), counts.astype(np.int32))


def absent(rows: int) -> Column:
    """A column of nothing."""
    return encode(pa.nulls(rows, pa.string()))


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One array; dictionaries of several chunks become one."""
    if not isinstance(column, pa.ChunkedArray):
        return (
            column
            if not pa.types.is_dictionary(column.type)
            else pa.chunked_array([column]).unify_dictionaries().chunk(0)
        )
    if column.num_chunks == 1:
        return column.chunk(0)
    if not column.num_chunks:
        return pa.array([], type=pa.string())
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return pa.concat_arrays(column.chunks)


def _nearly_all_differ(flat: pa.Array) -> bool:
    head = flat.slice(0, _TRIED).drop_null()
    return len(head) > 0 and pc.count_distinct(head).as_py() > 0.9 * len(head)


def _grouped(column: Column) -> Column:
    """Values that repeat share a code, found by their hashes: where few do, sooner than by looking each text up."""
    hashes = column.hashes
    both = (hashes & ~_ROW) | np.arange(len(hashes), dtype=np.uint64)
    both.sort()
    order, keys = (both & _ROW).astype(np.int32), both & ~_ROW
    again = np.flatnonzero(keys[1:] == keys[:-1]) + 1
    again = again[hashes[order[again]] == hashes[order[again - 1]]]
    is_first = np.ones(len(order), dtype=np.bool_)
    is_first[order[again]] = False
    starts = np.ones(len(order), dtype=np.bool_)
    starts[again] = False
    codes = np.cumsum(is_first, dtype=np.int32) - np.int32(1)
    begun = np.maximum.accumulate(np.where(starts, np.arange(len(order), dtype=np.int32), np.int32(0)))
    codes[order[again]] = codes[order[begun[again]]]
    kept = np.flatnonzero(is_first)
    counts = np.bincount(codes, minlength=len(kept)).astype(np.int32)
    rows = np.append(codes, np.int32(-1))[column.codes]
    return Column(column.values.take(pa.array(kept)), rows, hashes[kept], counts)


def _positions(flat: pa.Array) -> Codes:
    """The codes of values that are kept one a row."""
    if not flat.null_count:
        return np.arange(len(flat), dtype=np.int32)
    there = np.asarray(pc.is_valid(flat))
    return np.where(there, np.cumsum(there, dtype=np.int32) - np.int32(1), np.int32(-1))


def _plain(values: pa.Array) -> pa.Array:
    """In one writing; null where nothing is left. Most often there is nothing to do, or at few values."""
    marked = _marked(values)
    if not len(marked):
        return values
    if len(marked) > _FEW * len(values):
        return _written(values)
    mask = np.zeros(len(values), dtype=np.bool_)
    mask[marked] = True
    return pc.replace_with_mask(values, pa.array(mask), _written(values.take(pa.array(marked))))


def _written(values: pa.Array) -> pa.Array:
    written = plain(values)
    return pc.if_else(pc.equal(pc.binary_length(written), 0), pa.scalar(None, pa.string()), written)


def _marked(values: pa.Array) -> npt.NDArray[np.int64]:
    """Which values may have another writing: all but small letters and other printable ASCII with single spaces between."""
    starts = range(0, len(values), _ROWS)
    return np.concatenate([np.empty(0, np.int64), *(_marked_of(values.slice(at, _ROWS)) + at for at in starts)])


def _marked_of(values: pa.Array) -> npt.NDArray[np.int64]:
    offsets, data = text_bytes(values)
    starts, ends = offsets[:-1] - offsets[0], offsets[1:] - offsets[0]
    data = data[offsets[0] : offsets[-1]]
    space = data == _SPACE
    # unsigned: what is below wraps round to far above
    other = (data - _SPACE > _TILDE - _SPACE) | (data - _CAPITAL_A <= _CAPITAL_Z - _CAPITAL_A)
    other[1:] |= space[1:] & space[:-1]
    rows = np.searchsorted(ends, np.flatnonzero(other), side="right")
    there = np.flatnonzero(ends > starts)
    spaced = there[space[starts[there]] | space[ends[there] - 1]]
    empty = (
        np.flatnonzero((ends == starts) & np.asarray(pc.is_valid(values))) if len(there) < len(values) else spaced[:0]
    )
    return np.unique(np.concatenate([rows, spaced, empty]))


def text_bytes(values: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Where each text begins, and the next one's begin behind the last; and the UTF-8 bytes."""
    _, offsets, data = values.buffers()
    where = np.frombuffer(offsets, dtype=np.int32)[values.offset : values.offset + len(values) + 1]
    return where, np.frombuffer(data if data is not None else b"", dtype=np.uint8)


def _merge(values: pa.Array, codes: npt.NDArray[np.integer]) -> tuple[pa.Array, npt.NDArray[np.integer]]:
    """Values that are the same in one writing share a code; blanks have none."""
    written = _plain(values)
    if written is values and not values.null_count:
        return values, codes
    again = written.dictionary_encode()
    lookup = np.append(np.asarray(again.indices.fill_null(-1)), -1)
    return again.dictionary, lookup[codes]
