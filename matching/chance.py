"""How often a value is shared by chance: term frequencies that know how little a small registry has seen.

A value seen once among 1,000 debtors is not one in a thousand of the population. Good and Turing's estimate is used:
values seen once stand for ``2 * N2 / N1`` sightings, where N1 and N2 values were seen once and twice (Good 1953).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matching.column import Column
from matching.hashing import U64

Floats = npt.NDArray[np.float64]


def shares(counts: npt.NDArray[np.int64]) -> Floats:
    """The share of the population that has each value, from how often the registry has it. In (0, 1]."""
    total = int(counts.sum())
    if not total:
        return np.zeros(len(counts))
    once, twice = int(np.count_nonzero(counts == 1)), int(np.count_nonzero(counts == 2))
    single = min(1.0, (2 * twice + 0.5) / (once + 1))
    return np.where(counts <= 1, single, counts) / total


def of_entities(column: Column, entities: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """How many entities have each value: the cases of one customer count once."""
    there = column.codes >= 0
    pairs = np.unique(entities[there].astype(np.int64) << 32 | column.codes[there].astype(np.int64))
    return np.bincount(pairs & 0xFFFFFFFF, minlength=len(column.values)).astype(np.int64)


def agreement(left: Column, right: Column, right_shares: Floats) -> float:
    """u of exact agreement: what a row on the left expects to share with a stranger on the right."""
    present = left.present
    if not present or not len(right.values):
        return 0.0
    order = np.argsort(right.hashes)
    at = _find(right.hashes[order], left.hashes)
    hit = at >= 0
    return float(left.counts[hit] @ right_shares[order[at[hit]]]) / present


def _find(ordered: U64, wanted: U64) -> npt.NDArray[np.int64]:
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.where(ordered[at] == wanted, at, -1)
