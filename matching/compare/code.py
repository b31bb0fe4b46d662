"""Numbers and codes that people mistype: a social security number, a tax number, a policy number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa
from rapidfuzz.distance import OSA

from matching.column import Codes, Column
from matching.compare import keys, letters
from matching.compare.kind import Flags, KeyFunction, Kind, Levels, similarities, steps


class Code(Kind):
    """Up to two typing errors (optimal string alignment: wrong, missing, added or swapped positions)."""

    name = "code"
    levels = ("different", "two edits", "one edit", "exact")
    m = (0.1, 0.02, 0.08, 0.8)
    u = (0.99899, 0.0009, 0.0001, 0.00001)
    keys: ClassVar[Mapping[str, KeyFunction]] = {"exact": keys.exact, "start": keys.start(4), "end": keys.end(4)}

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        return steps(-similarities(left, right, OSA.distance, 2), (-2, -1))

    def may_agree(self, left: Column, right: Column, a: Codes, b: Codes) -> Flags:
        return letters.edits(letters.of(left), letters.of(right), a, b, 2)
