"""Which letters a text has, packed: tells at once that two texts cannot be alike, before they are compared in full.

Letters fall into sixteen classes; a value's sixteen counts are packed into one word. Two texts have at most as many
letters in common as their counts allow, and every similarity here is bounded by that number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.column import Column, text_bytes
from matching.hashing import U64

Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

_ROWS = 1 << 15  # texts counted at a time: the intermediate arrays stay in cache
_TOP = np.uint64(0x8888888888888888)  # the highest bit of each count: a count goes to seven
_LOW = np.uint64(0x0F0F0F0F0F0F0F0F)
_EACH = np.uint64(0x0101010101010101)
_LONGEST = 112
_ASCII = np.uint8(127)
_BONUS = 0.7  # Jaro similarity from which a common beginning counts


@dataclass(frozen=True, slots=True)
class Letters:
    """``counts``: one word a text. ``sizes``: its length; 0 where it is not counted (empty, long, not ASCII, or eight
    letters of one class): nothing is known of it, and it may be like any other. ``heads``: its first letter.
    """

    counts: U64
    sizes: Bytes
    heads: Bytes


def of(column: Column, until: int | None = None) -> Letters:
    """The letters of a column's values."""
    return column.derive(("letters", until), lambda values: letters(values, until))


def letters(values: pa.Array, until: int | None = None) -> Letters:
    """The letters of each text, small and capital ones alike; ``until``: only those before this byte (ASCII).

    A text that has that byte not once is not counted.
    """
    parts = [_count(values.slice(at, _ROWS), until) for at in range(0, len(values), _ROWS)]
    if not parts:
        return Letters(np.empty(0, np.uint64), np.empty(0, np.uint8), np.empty(0, np.uint8))
    counts, sizes, heads = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Letters(counts, sizes, heads)


def common(left: Letters, right: Letters, a: Codes, b: Codes) -> tuple[Bytes, Bytes, Bytes, Flags]:
    """Of pairs of codes: at most how many letters they have in common, both lengths, and which are not counted."""
    one, other = left.counts[a], right.counts[b]
    more = ((one | _TOP) - other) & _TOP  # set where the left has as many or more
    chosen = (more << np.uint64(1)) - (more >> np.uint64(3))
    fewest = (other & chosen) | (one & ~chosen)
    n, m = left.sizes[a], right.sizes[b]
    return _sum(fewest), n, m, (n == 0) | (m == 0)


def jaro_winkler(left: Letters, right: Letters, a: Codes, b: Codes, least: float) -> Flags:
    """Pairs whose Jaro-Winkler similarity may reach ``least`` (above 0.7).

    Jaro is at most (c/n + c/m + 1) / 3 for c letters in common. Winkler's bonus is given from 0.7 on, to texts that
    begin alike: of at most 0.4 of what is missing.
    """
    c, n, m, unknown = common(left, right, a, b)
    bound = c.astype(np.float32) * (n.astype(np.float32) + m)  # (c/n + c/m) n m
    area = n.astype(np.float32) * m
    alike, otherwise = (np.float32(3 * jaro - 1 - 1e-4) for jaro in (max((least - 0.4) / 0.6, _BONUS), least))
    return np.asarray((bound >= np.where(left.heads[a] == right.heads[b], alike, otherwise) * area) | unknown)


def indel(left: Letters, right: Letters, a: Codes, b: Codes, least: float) -> Flags:
    """Pairs whose normalised Indel similarity may reach ``least``: it is at most 2 c / (n + m)."""
    c, n, m, unknown = common(left, right, a, b)
    return np.asarray((c.astype(np.float32) * 2 >= np.float32(least - 1e-6) * (n.astype(np.float32) + m)) | unknown)


def edits(left: Letters, right: Letters, a: Codes, b: Codes, most: int) -> Flags:
    """Pairs that may be at most so many edits apart: as many as the longer has letters more than they have in common."""
    c, n, m, unknown = common(left, right, a, b)
    return np.asarray((np.maximum(n, m) <= c + np.uint8(most)) | unknown)


def _count(values: pa.Array, until: int | None) -> tuple[U64, Bytes, Bytes]:
    offsets, data = text_bytes(values)
    text = data[offsets[0] : offsets[-1]]
    starts, ends = offsets[:-1] - offsets[0], offsets[1:] - offsets[0]
    stops = ends if until is None else _stops(text, starts, ends, until)
    counts, heads = np.zeros(len(starts), np.uint64), np.zeros(len(starts), np.uint8)
    there = np.flatnonzero(stops > starts)
    if not len(there):
        return counts, heads, heads
    starts, stops, ends = starts[there], stops[there], ends[there]
    sizes = stops - starts
    ones = np.left_shift(np.uint64(1), ((text & np.uint8(15)) << np.uint8(2)).astype(np.uint64))
    counted = _totals(np.add, ones, starts, stops)
    # a count that ran over its four bits makes the sum less
    known = (counted & _TOP == 0) & (sizes <= _LONGEST) & (_sum(counted) == sizes)
    if (text > _ASCII).any():
        known &= _totals(np.bitwise_or, text, starts, stops) <= _ASCII
    counts[there], heads[there] = counted, text[starts]
    out = np.zeros(len(counts), np.uint8)
    out[there] = np.where(known, sizes, 0)
    return counts, out, heads


def _stops(text: Bytes, starts: Codes, ends: Codes, until: int) -> Codes:
    """Where the byte stands in each text; its start where it stands there not once."""
    found = np.append(np.flatnonzero(text == np.uint8(until)), len(text)).astype(np.int32)
    first = np.searchsorted(found, starts)
    is_only = np.searchsorted(found, ends) - first == 1
    return np.where(is_only, found[first], starts)


def _totals(over: np.ufunc, parts: npt.NDArray[Any], starts: Codes, stops: Codes) -> npt.NDArray[Any]:
    """``over`` of each range; ranges are ascending and do not overlap."""
    if (starts[1:] == stops[:-1]).all():
        return np.asarray(over.reduceat(parts[: stops[-1]], starts))
    between = np.stack([starts, stops], axis=1).ravel()
    if between[-1] == len(parts):
        between = between[:-1]
    return np.asarray(over.reduceat(parts, between)[::2])


def _sum(counts: U64) -> Bytes:
    """Of the sixteen counts."""
    pairs = (counts & _LOW) + ((counts >> np.uint64(4)) & _LOW)
    return np.asarray((pairs * _EACH) >> np.uint64(56)).astype(np.uint8)
