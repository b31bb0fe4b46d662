"""Choosing blocking rules from the data, as an analyst does by hand: most true pairs for the fewest candidates.

Nobody knows the true pairs beforehand, so they are imagined: rows of the signals (with what they lack), whose match in
the registry agrees on a key as often as such keys do (``reach``). A rule reaches those whose block is small enough; the
next rule is the one that reaches most per candidate pair. Deterministic.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.blocking import Keys, Rule
from matching.hashing import U64
from matching.spec import Comparison

Floats = npt.NDArray[np.float64]

_SAMPLE = 2000
_SMALL = 200_000  # rows in all: what more than this costs is weighed against what it finds
_MOST_EFFORT = 10.0
_LEAST_GAIN = 0.0015  # of all true pairs, for a rule to be worth its sort
_LEAST_YIELD = 0.0006  # true pairs found per candidate pair and signal
_AGAIN = 0.35  # how much of a pair's worth is left to another rule that reaches it too: errors are not independent
_MOST_RULES = 24
_RULE_COST = 0.3  # of looking up one more key for every signal, in candidate pairs a signal
# how often the records of one person share a key of this name (before data speaks)
REACH: Mapping[str, float] = {
    "exact": 0.78,
    "root": 0.84,
    "sound": 0.86,
    "start": 0.86,
    "end": 0.86,
    "ends": 0.8,
    "initial": 0.94,
    "area": 0.88,
    "mailbox": 0.82,
    "year": 0.92,
    "year_month": 0.88,
    "month_day": 0.87,
    "year_day": 0.87,
    "loose": 0.96,
    "number_start": 0.8,
    "words": 0.9,
    "surname": 0.95,
    "last": 0.9,
    "tail": 0.95,
    "birth": 0.95,
    "place": 0.7,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules, and what is to be expected of them."""

    rules: tuple[Rule, ...]
    pairs_completeness: float  # estimated
    candidates_per_signal: float  # estimated


@dataclass(frozen=True, slots=True)
class _Element:
    comparison: str
    columns: frozenset[str]
    sizes: Floats  # of the block a sampled row falls in, as share of the registry; 0 where it has no key
    agrees: npt.NDArray[np.bool_]


def propose(
    comparisons: Sequence[Comparison],
    left: Keys,
    right: Keys,
    n_left: int,
    n_right: int,
    *,
    max_block: int,
    budget: float,
    given: Sequence[Rule] = (),
) -> Plan:
    """Rules for these tables, after those that are ``given``."""
    if not n_left or not n_right:
        return Plan(tuple(given), 0.0, 0.0)
    effort = min(max((n_left + n_right) / _SMALL, 1.0), _MOST_EFFORT)
    rows = np.linspace(0, n_left - 1, min(_SAMPLE, n_left)).astype(np.int64)
    elements = _elements(comparisons, left, right, rows, n_right)
    rules = [r for size in (1, 2, 3) for r in itertools.combinations(sorted(elements), size) if _is_sound(r, elements)]
    return _greedy(rules, elements, n_right, max_block, budget / effort, given, effort)


def _is_sound(rule: Rule, elements: Mapping[str, _Element]) -> bool:
    """Keys of one rule come from different columns."""
    parts = [elements[e] for e in rule]
    return all(not (a.columns & b.columns) for a, b in itertools.combinations(parts, 2))


def _elements(
    comparisons: Sequence[Comparison], left: Keys, right: Keys, rows: npt.NDArray[np.int64], n_right: int
) -> dict[str, _Element]:
    from matching import compare  # noqa: PLC0415

    random = np.random.default_rng(20261123)
    out: dict[str, _Element] = {}
    for c in comparisons:
        draw, present = random.random(len(rows)), random.random(len(rows))
        for key in compare.kinds()[c.kind].keys:
            name = f"{c.name}.{key}"
            there, sizes = _shares(left.slots(name), right.slots(name), rows, n_right)
            agrees = (draw < REACH.get(key, 0.8)) & (present < there) & (sizes > 0)
            out[name] = _Element(c.name, frozenset((*c.left, *c.right)), sizes, agrees)
    return out


def _shares(left: list[U64], right: list[U64], rows: npt.NDArray[np.int64], n_right: int) -> tuple[float, Floats]:
    """Share of the registry that has the key at all; share of it that each sampled row meets (at least one row)."""
    if not left or not right:
        return 0.0, np.zeros(len(rows))
    everything = np.concatenate(right)
    keys, counts = np.unique(everything[everything != 0], return_counts=True)
    there = float(np.mean(np.logical_or.reduce([s != 0 for s in right])))
    total = np.zeros(len(rows))
    if len(keys):
        for slot in left:
            wanted = slot[rows]
            at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            met = np.where(keys[at] == wanted, counts[at], 1)
            total += np.where(wanted != 0, met, 0)
    return there, total / n_right


def _greedy(
    rules: Sequence[Rule],
    elements: Mapping[str, _Element],
    n_right: int,
    max_block: int,
    budget: float,
    given: Sequence[Rule],
    effort: float,
) -> Plan:
    sizes = np.stack([np.prod([elements[e].sizes for e in r], axis=0) * n_right for r in rules])
    reaches = np.stack([np.logical_and.reduce([elements[e].agrees for e in r]) for r in rules]) & (sizes <= max_block)
    costs = np.where(sizes <= max_block, np.maximum(sizes - 1, 0), 0).mean(axis=1)  # beside the match itself
    worth = np.ones(reaches.shape[1])
    chosen: list[Rule] = []
    spent = 0.0
    wanted = {tuple(sorted(g)) for g in given}
    open_rules = np.array([r not in wanted for r in rules])
    for n in np.flatnonzero(~open_rules):
        worth, spent = np.where(reaches[n], worth * _AGAIN, worth), spent + float(costs[n])
    while len(chosen) < _MOST_RULES:
        gains = reaches @ worth / len(worth)
        rates = np.where(
            open_rules & (gains >= _LEAST_GAIN * effort) & (costs + spent <= budget), gains / (costs + _RULE_COST), 0
        )
        best = int(np.argmax(rates))
        if rates[best] <= 0 or gains[best] / max(costs[best], 1e-9) < _LEAST_YIELD * effort:
            break
        chosen.append(rules[best])
        open_rules[best] = False
        spent += float(costs[best])
        worth = np.where(reaches[best], worth * _AGAIN, worth)
    return Plan((*given, *chosen), float(np.mean(worth < 1)), spent)
