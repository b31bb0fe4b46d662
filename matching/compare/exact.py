"""Equal or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa

from matching.compare import keys
from matching.compare.kind import KeyFunction, Kind, Levels


class Exact(Kind):
    """A category, a number of a thing, a member number: two values are the same or they are not."""

    name = "exact"
    levels = ("different", "exact")
    m = (0.1, 0.9)
    u = (0.98, 0.02)
    term_frequency = True
    keys: ClassVar[Mapping[str, KeyFunction]] = {"exact": keys.exact}

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:  # noqa: ARG002 - unequal is all there is
        return np.zeros(len(left), dtype=np.int8)
