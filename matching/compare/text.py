"""Short free text: a town, an occupation, a company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa
from rapidfuzz.distance import JaroWinkler

from matching.column import Codes, Column
from matching.compare import keys, letters
from matching.compare.kind import Flags, KeyFunction, Kind, Levels, similarities, steps


class Text(Kind):
    """Jaro–Winkler at 0.8 and 0.92 (Winkler 1990)."""

    name = "text"
    levels = ("different", "similar", "near", "exact")
    m = (0.12, 0.04, 0.09, 0.75)
    u = (0.94, 0.02, 0.01, 0.03)
    term_frequency = True
    handed_down = 0.1  # a father's trade
    keys: ClassVar[Mapping[str, KeyFunction]] = {"exact": keys.exact, "start": keys.start(4)}

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        return steps(similarities(left, right, JaroWinkler.normalized_similarity, 0.8), (0.8, 0.92))

    def may_agree(self, left: Column, right: Column, a: Codes, b: Codes) -> Flags:
        return letters.jaro_winkler(letters.of(left), letters.of(right), a, b, 0.8)


class Place(Text):
    """A town or region: people of one household share it."""

    name = "place"
    shared_by = ("household", "neighbour")
