"""E-mail addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import OSA, JaroWinkler

from matching.column import Codes, Column
from matching.compare import keys, letters
from matching.compare.kind import Flags, KeyFunction, Kind, Levels, similarities


def mailbox(values: pa.Array) -> pa.Array:
    """The part before the at sign, in lower case."""
    return pc.utf8_lower(keys.head(values, ord("@")))


class Email(Kind):
    """``near``: one typing error; ``mailbox``: the same mailbox at another host; ``similar``: mailboxes alike."""

    name = "email"
    levels = ("different", "similar", "mailbox", "near", "exact")
    m = (0.15, 0.03, 0.03, 0.06, 0.73)
    u = (0.98979, 0.01, 0.0002, 0.000009, 0.000001)
    shared_by = ("namesake",)
    keys: ClassVar[Mapping[str, KeyFunction]] = {"exact": keys.exact, "mailbox": mailbox}

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        near = similarities(left, right, OSA.distance, 1) <= 1
        a, b = mailbox(left), mailbox(right)
        same = np.asarray(pc.equal(a, b))
        alike = similarities(a, b, JaroWinkler.normalized_similarity, 0.88) >= 0.88
        return np.where(near, 3, np.where(same, 2, np.where(alike, 1, 0))).astype(np.int8)

    def may_agree(self, left: Column, right: Column, a: Codes, b: Codes) -> Flags:
        """One typing error is in the mailbox, or in the host and the mailbox is the same; it may move an at sign only
        where there are two, and those are not counted.
        """
        known, other = (letters.of(c, until=ord("@")) for c in (left, right))
        return letters.edits(known, other, a, b, 1) | letters.jaro_winkler(known, other, a, b, 0.88)
