"""Street addresses in Latin letters, as one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import Indel

from matching.column import Codes, Column
from matching.compare import keys, letters
from matching.compare.kind import Flags, KeyFunction, Kind, Levels, similarities, steps


def _number_start(values: pa.Array) -> pa.Array:
    """House number and the first three letters of the street: typing errors later in the line do not matter."""
    parts = pc.extract_regex(pc.utf8_lower(values), r"^(?P<n>\d+)\W+(?P<s>\pL{3})")
    return pc.binary_join_element_wise(pc.struct_field(parts, "n"), pc.struct_field(parts, "s"), " ")


class Address(Kind):
    """Indel similarity of the lower-case line at 0.7, 0.8 and 0.9; house numbers must not contradict for ``near``."""

    name = "address"
    levels = ("different", "similar", "close", "near", "exact")
    m = (0.15, 0.03, 0.04, 0.18, 0.6)
    u = (0.9787, 0.02, 0.001, 0.0002, 0.0001)
    term_frequency = True
    shared_by = ("household",)
    keys: ClassVar[Mapping[str, KeyFunction]] = {
        "exact": keys.exact,
        "number_start": _number_start,
        "words": lambda values: pc.split_pattern_regex(pc.utf8_lower(values), r"[^\pL\pN]+"),
    }

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        return steps(similarities(left, right, Indel.normalized_similarity, 0.7), (0.7, 0.8, 0.9)).astype(np.int8)

    def may_agree(self, left: Column, right: Column, a: Codes, b: Codes) -> Flags:
        return letters.indel(letters.of(left), letters.of(right), a, b, 0.7)
