"""How far each record can come at best: its score against a perfect copy of itself. What stays low cannot be linked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching import compare, score
from matching.agreement import NULL, Agreement
from matching.chance import find
from matching.column import Column
from matching.link import Linker
from matching.records import Records
from matching.spec import Comparison
from matching.train import sample

Floats = npt.NDArray[np.float64]

_SIGNALS = 20_000


def best_bits(linker: Linker, signals: pa.Table | Records) -> Floats:
    """The score of every signal (of many, a sample) against a registry entity that says the same, without rivals."""
    few = sample(signals, linker.spec, _SIGNALS)
    agreements = [_with_itself(linker, c, few.columns, len(few)) for c in linker.spec.comparisons]
    weights = score.weigh(linker.spec, linker.model, agreements)
    return score.prior_bits(linker.model, linker.registry) + weights.total


def _with_itself(linker: Linker, c: Comparison, left: Mapping[str, Column], rows: int) -> Agreement:
    levels, chances = np.full(rows, NULL, dtype=np.int8), np.full(rows, np.nan)
    for name in c.left:
        column = left[name]
        there = (column.codes >= 0) & (levels == NULL)
        levels[there] = _levels(c, column)[column.codes[there]]
        if c.term_frequency:
            chances[there] = _shares(linker, c.right[0], column)[column.codes[there]]
    top = len(compare.kinds()[c.kind].levels) - 1
    return Agreement(levels, np.where(levels == top, chances, np.nan))


def _levels(c: Comparison, column: Column) -> npt.NDArray[np.int8]:
    """Of each value beside itself: exact, save where positions are hidden."""
    kind = compare.kinds()[c.kind]
    if kind.is_masked:
        return kind.compare(column.values, column.values)
    return np.full(len(column.values), len(kind.levels) - 1, dtype=np.int8)


def _shares(linker: Linker, name: str, column: Column) -> Floats:
    """How common each value is in the registry; what is not there is as rare as what was seen once."""
    registry = linker.index.columns[name]
    order = np.argsort(registry.hashes)
    at = find(registry.hashes[order], column.hashes)
    counts = np.ones(len(at), dtype=np.int64)
    counts[at >= 0] = registry.counts[order[at[at >= 0]]]
    return linker.index.frequencies.rarities[name].shares(counts)
