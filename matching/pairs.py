"""Candidate pairs of a batch of signals with the index."""

from __future__ import annotations

from collections.abc import Mapping

from matching import blocking
from matching.blocking import Keys, Met
from matching.column import Column
from matching.index import Index
from matching.spec import Spec


def meet(spec: Spec, index: Index, left: Mapping[str, Column]) -> Met:
    """Registry rows that share a key with each signal."""
    keys = Keys(left, spec.comparisons, "left")
    return blocking.meet(index.blocks, keys, index.n, spec.blocking.max_block)
