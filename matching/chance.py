"""How often a value is shared by chance: term frequencies that know how little a small registry has seen.

A value seen once among 1,000 debtors is not one in a thousand of the population. Good and Turing's estimate is used:
values seen once stand for ``2 * N2 / N1`` sightings, where N1 and N2 values were seen once and twice (Good 1953).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.column import Column
from matching.hashing import U64

Floats = npt.NDArray[np.float64]

_USUAL_COUNTS = 20.0
_SPARE_BITS, _MOST_BITS = 4, 21  # of the table that tells which hashes may be wanted: it stays in cache


@dataclass(frozen=True, slots=True)
class Rarity:
    """What turns the count of a value into its share: sightings that a value seen once stands for, and the total."""

    single: float
    total: int
    usual: float = 0.0  # what such values are shared by, before the data: counts for a few sightings

    def shares(self, counts: npt.NDArray[np.integer]) -> Floats:
        """The share of the population that has a value seen so often. In (0, 1]."""
        seen = np.where(counts <= 1, self.single, counts) + _USUAL_COUNTS * self.usual
        return seen / max(self.total + _USUAL_COUNTS, 1)


def rarity(counts: npt.NDArray[np.integer], usual: float = 0.0) -> Rarity:
    """Good and Turing's estimate from how often each value was seen.

    Half a repetition is granted to what has not repeated yet, but no more than ``usual`` lets so many values expect:
    three customers whose numbers differ do not make it likely that two share one.
    """
    return of_tally(int(np.count_nonzero(counts == 1)), int(np.count_nonzero(counts == 2)), int(counts.sum()), usual)


def of_tally(once: int, twice: int, total: int, usual: float = 0.0) -> Rarity:
    """The same from how many values were seen once and twice, and all sightings."""
    unseen = min(0.5, usual * total**2) if usual else 0.5
    return Rarity(min(1.0, (2 * twice + unseen) / (once + 1)), total, usual)


def of_entities(column: Column, entities: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """How many entities have each value: the cases of one customer count once."""
    there = column.codes >= 0
    pairs = np.unique(entities[there].astype(np.int64) << 32 | column.codes[there].astype(np.int64))
    return np.bincount(pairs & 0xFFFFFFFF, minlength=len(column.values)).astype(np.int32)


def agreement(left: Column, right: Column, rare: Rarity) -> float:
    """The u of exact agreement: what a row on the left expects to share with a stranger on the right."""
    present = left.present
    if not present or not len(right.values):
        return 0.0
    wanted = np.unique(left.hashes)
    seen = np.bincount(np.searchsorted(wanted, left.hashes), weights=left.counts, minlength=len(wanted))
    met = among(right.hashes, wanted)
    at = find(wanted, right.hashes[met])
    hit = at >= 0
    return float(seen[at[hit]] @ rare.shares(right.counts[met[hit]])) / present


def among(hashes: U64, wanted: U64) -> npt.NDArray[np.int64]:
    """Where hashes stand that may be wanted, by their leading bits: all of those that are, and few others."""
    bits = min(max(len(wanted).bit_length() + _SPARE_BITS, 1), _MOST_BITS)
    shift = np.uint64(64 - bits)
    marked = np.zeros(1 << bits, dtype=np.bool_)
    marked[wanted >> shift] = True
    return np.flatnonzero(marked[hashes >> shift])


def find(ordered: U64, wanted: U64) -> npt.NDArray[np.int64]:
    """Where each wanted hash stands among the ascending ones; -1 where it does not."""
    if not len(ordered):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.where(ordered[at] == wanted, at, -1)
