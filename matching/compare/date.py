"""Dates of birth: typing errors, day and month swapped, neighbouring years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.compare import keys
from matching.compare.kind import KeyFunction, Kind, Levels

Digits = npt.NDArray[np.uint8]


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
        a, b = _matrix(left), _matrix(right)
        return _grade(a, b)


def _matrix(values: pa.Array) -> Digits:
    coded = values.dictionary_encode()
    text = pc.fill_null(digits(coded.dictionary), "00000000")
    flat = np.frombuffer("".join(text.to_pylist()).encode("ascii"), dtype=np.uint8)
    return np.asarray(flat.reshape(-1, 8)[np.asarray(coded.indices)] - np.uint8(48))


def _grade(a: Digits, b: Digits) -> Levels:
    same = a == b
    wrong = 8 - same.sum(axis=1)
    year, month, day = same[:, :4].all(axis=1), same[:, 4:6].all(axis=1), same[:, 6:].all(axis=1)
    swapped = year & (a[:, 4:6] == b[:, 6:]).all(axis=1) & (a[:, 6:] == b[:, 4:6]).all(axis=1)
    exact = wrong == 0  # written otherwise
    near = (wrong <= 1) | swapped | _transposed(a, b, wrong)
    parts = year.astype(np.int8) + month + day
    apart = np.abs(_year(a) - _year(b))
    out = np.select([exact, near, parts >= 2, apart == 0, apart <= 10], [5, 4, 3, 2, 1], default=0)
    unreadable = (a.sum(axis=1) == 0) | (b.sum(axis=1) == 0)
    return np.where(unreadable, -1, out).astype(np.int8)


def _transposed(a: Digits, b: Digits, wrong: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    crossed = (a[:, :-1] == b[:, 1:]) & (a[:, 1:] == b[:, :-1]) & (a[:, :-1] != a[:, 1:])
    return np.asarray((wrong == 2) & crossed.any(axis=1))


def _year(a: Digits) -> npt.NDArray[np.int64]:
    return np.asarray(a[:, :4].astype(np.int64) @ np.array([1000, 100, 10, 1]))


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
