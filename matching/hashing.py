"""64-bit hashes of whole columns of text: the same in every process, so that an index can be saved and met again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

U64 = npt.NDArray[np.uint64]

_ROWS = 1 << 16  # rows hashed at a time: the intermediate arrays stay in cache
_WORD = 8
_ODD = np.uint64(0x9E3779B97F4A7C15)


def hash_texts(values: pa.Array) -> U64:
    """One hash a value, over its UTF-8 bytes in words of eight; nulls hash like the empty text."""
    out = np.empty(len(values), dtype=np.uint64)
    for at in range(0, len(values), _ROWS):
        out[at : at + _ROWS] = _hash_slice(values.slice(at, _ROWS))
    return out


def mix(*parts: U64) -> U64:
    """One hash from several that are hashes already, order mattering."""
    total = parts[0]
    for part in parts[1:]:
        total = total * _ODD + part
    return total


def _hash_slice(values: pa.Array) -> U64:
    if values.null_count:
        values = values.fill_null("")
    _, offset_buffer, data_buffer = values.buffers()
    if data_buffer is None or not len(values):
        return _finalise(np.zeros(len(values), dtype=np.uint64))
    offsets = np.frombuffer(offset_buffer, dtype=np.int32)[values.offset : values.offset + len(values) + 1]
    words = _words(np.frombuffer(data_buffer, dtype=np.uint8)[offsets[0] : offsets[-1]])
    at, lengths = (offsets[:-1] - offsets[0]).astype(np.int64), np.diff(offsets).astype(np.int64)
    whole: U64 = lengths.astype(np.uint64) * _ODD
    out, rows = whole, None
    for taken in range(0, int(lengths.max(initial=0)), _WORD):
        more = np.flatnonzero(lengths > taken)
        if len(more) < len(lengths):
            rows = more if rows is None else rows[more]
            at, lengths, out = at[more], lengths[more], out[more]
        out = _finalise(out ^ (_read(words, at + taken) & _KEEP[np.minimum(lengths - taken, _WORD)]))
        if rows is None:
            whole = out
        else:
            whole[rows] = out
    return _finalise(whole)


# masks that keep the first n bytes of a little-endian word
_KEEP: U64 = np.array([(1 << (8 * n)) - 1 for n in range(_WORD + 1)], dtype=np.uint64)


def _words(data: npt.NDArray[np.uint8]) -> U64:
    """The bytes as little-endian words; zeros follow the end."""
    padded = np.zeros((len(data) // _WORD + 2) * _WORD, dtype=np.uint8)
    padded[: len(data)] = data
    return padded.view("<u8").astype(np.uint64, copy=False)


def _read(words: U64, at: npt.NDArray[np.int64]) -> U64:
    """The eight bytes from each position on: the end of one word and the start of the next."""
    word, bits = at >> 3, ((at & 7) << 3).astype(np.uint64)
    following = (words[word + 1] << np.uint64(1)) << (np.uint64(63) - bits)  # in two steps: a shift by 64 is none
    return np.asarray((words[word] >> bits) | following)


def _finalise(x: U64) -> U64:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))
