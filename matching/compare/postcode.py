"""Postcodes: typing errors, then the areas they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import OSA

from matching.compare import keys
from matching.compare.kind import KeyFunction, Kind, Levels, similarities


def area(values: pa.Array) -> pa.Array:
    """The part before the space (SW1A 1AA -> SW1A), else all but the last two characters."""
    spaced = pc.replace_substring_regex(values, r"\s.*$", "")
    short = pc.utf8_slice_codeunits(values, 0, 3)
    return pc.if_else(pc.match_substring(values, " "), spaced, short)


class Postcode(Kind):
    """``area``: the same leading district; ``near``: one typing error."""

    name = "postcode"
    levels = ("different", "area", "near", "exact")
    m = (0.12, 0.05, 0.08, 0.75)
    u = (0.985, 0.01, 0.003, 0.002)
    term_frequency = True
    shared_by = ("household", "neighbour")
    keys: ClassVar[Mapping[str, KeyFunction]] = {"exact": keys.exact, "area": area}

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        near = similarities(left, right, OSA.distance, 1) <= 1
        same = np.asarray(pc.equal(area(left), area(right)).fill_null(False))
        return np.where(near, 2, np.where(same, 1, 0)).astype(np.int8)
