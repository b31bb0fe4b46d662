"""Whole names in Latin letters, in one column: words in any order, left out, shortened or misspelt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import JaroWinkler

from matching.compare import keys
from matching.compare.given_name import root
from matching.compare.kind import KeyFunction, Kind, Levels


def _last(values: pa.Array) -> pa.Array:
    return pc.extract_regex(pc.utf8_lower(values), r"(?P<w>\pL+)\PL*$").field("w")


def _first(values: pa.Array) -> pa.Array:
    return pc.extract_regex(pc.utf8_lower(values), r"^\PL*(?P<w>\pL+)").field("w")


def _sounds(values: pa.Array) -> pa.Array:
    """Of the first and the last word, in either order."""
    a, b = keys.sound(_first(values)), keys.sound(_last(values))
    return pc.binary_join_element_wise(pc.min_element_wise(a, b), pc.max_element_wise(a, b), " ")


class FullName(Kind):
    """``word``: one word agrees; ``alike``: two words agree nearly (spelling, short form, initial); ``subset``: every
    word of the shorter name is in the longer one; ``reordered``: the same words.
    """

    name = "full_name"
    levels = ("different", "word", "alike", "subset", "reordered", "exact")
    m = (0.06, 0.1, 0.16, 0.06, 0.02, 0.6)
    u = (0.96, 0.0372, 0.002, 0.0005, 0.0001, 0.0002)
    term_frequency = True
    shared_by = ("namesake",)
    handed_down = 0.1
    of_family = 1  # word
    is_slow = True
    keys: ClassVar[Mapping[str, KeyFunction]] = {
        "exact": keys.exact,
        "words": lambda values: pc.split_pattern_regex(pc.utf8_lower(values), r"[^\pL\pN]+"),
        "last": _last,
        "first": _first,
        "sound": _sounds,
    }

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        pairs = map(_level, left.to_pylist(), right.to_pylist())
        return np.fromiter(pairs, dtype=np.int8, count=len(left))


def _words(name: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in name.casefold()).split()


def _level(left: str, right: str) -> int:
    a, b = _words(left), _words(right)
    if not a or not b:
        return -1
    if sorted(a) == sorted(b):
        return 4
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    same = sum(w in long for w in short)
    if same == len(short) >= 2:
        return 3
    alike = same + sum(w not in long and any(_alike(w, other) for other in long) for w in short)
    return 2 if alike >= 2 else 1 if same else 0


def _alike(a: str, b: str) -> bool:
    if len(a) == 1 or len(b) == 1:
        return a[0] == b[0]
    return root(a) == root(b) or JaroWinkler.normalized_similarity(a, b, score_cutoff=0.88) > 0
