"""64-bit hashes of whole columns of text: the same in every process, so that an index can be saved and met again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

U64 = npt.NDArray[np.uint64]

_POSITIONS = 256  # longer texts fold: a byte's position counts modulo this, its fold is mixed in
_TABLE: U64 = np.random.Generator(np.random.PCG64(20261123)).integers(
    1, 2**64 - 1, size=_POSITIONS * 256, dtype=np.uint64
)
_ROWS = 1 << 16  # rows hashed at a time: the intermediate arrays stay in cache


def hash_texts(values: pa.Array) -> U64:
    """One hash a value (tabulation hashing over UTF-8 bytes); nulls hash like the empty text."""
    out = np.zeros(len(values), dtype=np.uint64)
    for at in range(0, len(values), _ROWS):
        out[at : at + _ROWS] = _hash_slice(values.slice(at, _ROWS))
    return out


def mix(*parts: U64) -> U64:
    """One hash from several, order mattering (splitmix64 finaliser between the parts)."""
    total = np.zeros_like(parts[0])
    for part in parts:
        total = _finalise(total ^ part)
    return total


def _hash_slice(values: pa.Array) -> U64:
    fresh = pa.concat_arrays([values.cast(pa.string())])
    buffers = fresh.buffers()
    offsets = np.frombuffer(buffers[1], dtype=np.int32)[fresh.offset : fresh.offset + len(fresh) + 1].astype(np.int64)
    lengths = np.diff(offsets)
    total = int(offsets[-1] - offsets[0])
    out = lengths.astype(np.uint64)
    if total == 0:
        return _finalise(out)
    data = np.frombuffer(buffers[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    starts = offsets[:-1] - offsets[0]
    position = np.arange(total, dtype=np.int64) - np.repeat(starts, lengths)
    terms = _TABLE[(position % _POSITIONS) * 256 + data]
    if int(lengths.max()) > _POSITIONS:
        terms = terms * (2 * (position // _POSITIONS) + 1).astype(np.uint64)
    filled = lengths > 0
    out[filled] += np.add.reduceat(terms, starts[filled])
    return _finalise(out)


def _finalise(x: U64) -> U64:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
