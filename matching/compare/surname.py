"""Surnames in Latin letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa
from rapidfuzz.distance import JaroWinkler

from matching.column import Codes, Column
from matching.compare import keys, letters
from matching.compare.kind import Flags, KeyFunction, Kind, Levels, similarities, steps


class Surname(Kind):
    """Jaro–Winkler at 0.8, 0.88 and 0.92, as Splink's published name comparison; shared by a household."""

    name = "surname"
    levels = ("different", "similar", "close", "near", "exact")
    m = (0.05, 0.02, 0.03, 0.1, 0.8)
    u = (0.96, 0.02, 0.01, 0.005, 0.005)
    term_frequency = True
    shared_by = ("household", "namesake")
    keys: ClassVar[Mapping[str, KeyFunction]] = {"exact": keys.exact, "sound": keys.sound, "start": keys.start(3)}

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        return steps(similarities(left, right, JaroWinkler.normalized_similarity, 0.8), (0.8, 0.88, 0.92))

    def may_agree(self, left: Column, right: Column, a: Codes, b: Codes) -> Flags:
        return letters.jaro_winkler(letters.of(left), letters.of(right), a, b, 0.8)
