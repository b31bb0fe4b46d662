"""Numbers with a meaning in their distance: an age, a year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.compare import keys
from matching.compare.kind import KeyFunction, Kind, Levels


class Number(Kind):
    """``next``: one apart (a birthday between two records); ``close``: at most three."""

    name = "number"
    levels = ("different", "close", "next", "exact")
    m = (0.08, 0.04, 0.08, 0.8)
    u = (0.92, 0.04, 0.02, 0.02)
    term_frequency = False
    keys: ClassVar[Mapping[str, KeyFunction]] = {"exact": keys.exact}

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        apart = np.abs(_numbers(left) - _numbers(right))
        out = np.where(apart == 0, 3, np.where(apart <= 1, 2, np.where(apart <= 3, 1, 0)))
        return np.where(np.isnan(apart), -1, out).astype(np.int8)


def _numbers(values: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    is_number = pc.match_substring_regex(values, r"^\s*[-+]?\d{1,15}(\.\d+)?\s*$")
    clean = pc.if_else(is_number, pc.utf8_trim_whitespace(values), pa.scalar(None, pa.string()))
    return np.asarray(clean.cast(pa.float64()).fill_null(np.nan))
