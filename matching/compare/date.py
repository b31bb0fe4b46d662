"""Dates of birth: typing errors, day and month swapped, neighbouring years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.column import Codes, Column
from matching.compare import keys
from matching.compare.kind import KeyFunction, Kind, Levels

Packed = npt.NDArray[np.uint32]

_ONES = np.uint32(0x11111111)
_YEAR, _MONTH, _DAY = (np.uint32(m) for m in (0xFFFF0000, 0xFF00, 0xFF))


def digits(values: pa.Array) -> pa.Array:
    """``yyyymmdd``; null where a value has not eight digits. Day or month first (12/31/1980) is turned round."""
    if pc.all(pc.match_substring_regex(values, r"^(\d{4}-\d{2}-\d{2}|\d{8})$")).as_py():
        return pc.replace_substring(values, "-", "")
    bare = pc.replace_substring_regex(values, r"[T ].*$", "")
    bare = pc.replace_substring_regex(bare, r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$", r"\3-0\2-0\1")
    bare = pc.replace_substring_regex(bare, r"^(\d{4})\D+0?(\d{2})\D+0?(\d{2})\D*$", r"\1\2\3")
    bare = pc.replace_substring_regex(bare, r"^(\d{4})\D+(\d)\D+(\d{1,2})\D*$", r"\1-0\2-\3")
    bare = pc.replace_substring_regex(bare, r"\D", "")
    return pc.if_else(pc.equal(pc.utf8_length(bare), 8), bare, pa.scalar(None, pa.string()))


class Date(Kind):
    """``part``: two of year, month, day agree, or all within one typing error; ``decade``: born within ten years."""

    name = "date"
    handed_down = 0.02  # twins
    levels = ("different", "decade", "year", "part", "near", "exact")
    m = (0.02, 0.02, 0.02, 0.04, 0.05, 0.85)
    u = (0.76, 0.2, 0.025, 0.01, 0.00495, 0.00005)
    keys: ClassVar[Mapping[str, KeyFunction]] = {
        "exact": digits,
        "year": lambda values: keys.start(4)(digits(values)),
        "year_month": lambda values: keys.start(6)(digits(values)),
        "month_day": lambda values: keys.end(4)(digits(values)),
        "year_day": lambda values: _year_day(digits(values)),
        "loose": lambda values: _loose(digits(values)),
    }

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        a, b = (values.dictionary_encode() for values in (left, right))
        return _grade(packed(a.dictionary)[np.asarray(a.indices)], packed(b.dictionary)[np.asarray(b.indices)])

    def grade(self, left: Column, right: Column, a: Codes, b: Codes) -> Levels:
        if "packed" not in right.derived and len(left.values) + len(right.values) > 2 * len(a):
            return super().grade(left, right, a, b)
        return _grade(left.derive("packed", packed)[a], right.derive("packed", packed)[b])


def packed(values: pa.Array) -> Packed:
    """The eight digits of each date, four bits each, the year's first uppermost; 0 where it cannot be read."""
    text = pc.fill_null(digits(values), "00000000")
    rows = np.frombuffer("".join(text.to_pylist()).encode("ascii"), dtype=np.uint8).reshape(-1, 8) - np.uint8(48)
    out = np.zeros(len(rows), dtype=np.uint32)
    for n in range(8):
        out = out << np.uint32(4) | rows[:, n]
    return out


def _grade(a: Packed, b: Packed) -> Levels:
    apart = a ^ b
    differs = _nonzero(apart)
    wrong = np.bitwise_count(differs)
    year, month, day = ((apart & part) == 0 for part in (_YEAR, _MONTH, _DAY))
    swapped = year & ((a & _MONTH) == (b & _DAY) << np.uint32(8)) & ((a & _DAY) << np.uint32(8) == (b & _MONTH))
    near = (wrong <= 1) | swapped | _transposed(a, b, differs, wrong)
    parts = year.astype(np.int8) + month + day
    years = np.abs(_year(a) - _year(b))
    out = np.select([apart == 0, near, parts >= 2, years == 0, years <= 10], [5, 4, 3, 2, 1], default=0)
    return np.where((a == 0) | (b == 0), -1, out).astype(np.int8)


def _nonzero(digits: Packed) -> Packed:
    """The lowest bit of each digit that is not 0."""
    either = digits | digits >> np.uint32(1)
    return np.asarray((either | either >> np.uint32(2)) & _ONES)


def _transposed(a: Packed, b: Packed, differs: Packed, wrong: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Two neighbouring digits have changed places, and nothing else."""
    both = differs & differs >> np.uint32(4)
    crossed = _nonzero((a >> np.uint32(4)) ^ b) | _nonzero(a ^ (b >> np.uint32(4)))
    return np.asarray((wrong == 2) & ((both & ~crossed) != 0))


def _year(a: Packed) -> npt.NDArray[np.int16]:
    digit = [(a >> np.uint32(28 - 4 * n) & np.uint32(15)).astype(np.int16) for n in range(4)]
    return np.asarray(digit[0] * np.int16(1000) + digit[1] * np.int16(100) + digit[2] * np.int16(10) + digit[3])


def _year_day(text: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(pc.utf8_slice_codeunits(text, 0, 4), pc.utf8_slice_codeunits(text, 6, 8), "-")


def _loose(text: pa.Array) -> pa.Array:
    """All three halves a single typing error leaves whole: year and month, year and day, month and day."""
    parts = [
        pc.binary_join_element_wise("a", pc.utf8_slice_codeunits(text, 0, 6), ""),
        pc.binary_join_element_wise("b", _year_day(text), ""),
        pc.binary_join_element_wise("c", pc.utf8_slice_codeunits(text, 4, 8), ""),
    ]
    return lists(parts)


def lists(parts: list[pa.Array]) -> pa.Array:
    """Aligned string arrays as one array of lists."""
    rows, width = len(parts[0]), len(parts)
    order = np.arange(rows * width).reshape(width, rows).T.ravel()
    flat = pa.concat_arrays([p.cast(pa.string()) for p in parts]).take(pa.array(order))
    return pa.ListArray.from_arrays(pa.array(np.arange(0, rows * width + 1, width), pa.int32()), flat)
