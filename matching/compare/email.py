"""E-mail addresses."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import JaroWinkler, OSA

from matching.compare import keys
from matching.compare.kind import Kind, Levels, similarities


class Email(Kind):
    """``near``: one typing error; ``mailbox``: the same mailbox at another host; ``similar``: mailboxes alike."""

    name = "email"
    levels = ("different", "similar", "mailbox", "near", "exact")
    m = (0.15, 0.03, 0.03, 0.06, 0.73)
    u = (0.9895, 0.01, 0.0002, 0.0001, 0.0002)
    shared_by = ("namesake",)
    keys = {"exact": keys.exact, "mailbox": lambda values: mailbox(values)}

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        near = similarities(left, right, OSA.distance) <= 1
        a, b = mailbox(left), mailbox(right)
        same = np.asarray(pc.equal(a, b))
        alike = similarities(a, b, JaroWinkler.normalized_similarity) >= 0.88
        return np.where(near, 3, np.where(same, 2, np.where(alike, 1, 0))).astype(np.int8)


def mailbox(values: pa.Array) -> pa.Array:
    """The part before the at sign, in lower case."""
    return pc.utf8_lower(pc.replace_substring_regex(values, r"@.*$", ""))
