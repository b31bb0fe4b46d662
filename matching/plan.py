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
import pyarrow as pa

from matching import compare
from matching.blocking import Keys, Rule
from matching.column import Column, encode
from matching.hashing import U64
from matching.spec import Blocking, Comparison, Spec

Floats = npt.NDArray[np.float64]

_SAMPLE = 2000
_REGISTRY_SAMPLE = 50_000
_SMALL = 50_000  # rows in all: what more than this costs is weighed against what it finds
_MOST_EFFORT = 10.0
_LEAST_GAIN = 0.0015  # of all true pairs, for a rule to be worth its sort
_LEAST_YIELD = 0.0006  # true pairs found per candidate pair and signal
_AGAIN = 0.35  # how much of a pair's worth is left to another rule that reaches it too: errors are not independent
_MOST_RULES = 24
_RULE_COST = 1.0  # of looking up one more key for every signal, in candidate pairs a signal
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
    columns: frozenset[str]
    shares: Floats  # of the registry that a sampled row meets by the key, beside its own match
    agrees: npt.NDArray[np.bool_]


def propose(spec: Spec, left: Mapping[str, pa.ChunkedArray], right: Mapping[str, pa.ChunkedArray]) -> Plan:
    """Rules for these tables, after those the spec gives."""
    n_left, n_right = (len(next(iter(columns.values()))) for columns in (left, right))
    if not n_left or not n_right:
        return Plan(spec.blocking.rules, 0.0, 0.0)
    few = Keys(_sampled(left, _SAMPLE), spec.comparisons, "left")
    many = Keys(_sampled(right, _REGISTRY_SAMPLE), spec.comparisons, "right")
    elements = _elements(spec.comparisons, few, many, min(n_left, _SAMPLE))
    rules = [r for size in (1, 2, 3) for r in itertools.combinations(sorted(elements), size) if _is_sound(r, elements)]
    effort = min(max((n_left + n_right) / _SMALL, 1.0), _MOST_EFFORT)
    return _greedy(rules, elements, n_right, spec.blocking, effort)


def _sampled(columns: Mapping[str, pa.ChunkedArray], size: int) -> dict[str, Column]:
    rows = {n: np.unique(np.linspace(0, len(c) - 1, min(size, len(c))).astype(np.int64)) for n, c in columns.items()}
    return {name: encode(column.take(pa.array(rows[name]))) for name, column in columns.items()}


def _is_sound(rule: Rule, elements: Mapping[str, _Element]) -> bool:
    """Keys of one rule come from different columns."""
    parts = [elements[e] for e in rule]
    return all(not (a.columns & b.columns) for a, b in itertools.combinations(parts, 2))


def _elements(comparisons: Sequence[Comparison], left: Keys, right: Keys, rows: int) -> dict[str, _Element]:
    random = np.random.default_rng(20261123)
    out: dict[str, _Element] = {}
    for c in comparisons:
        draw, present = random.random(rows), random.random(rows)
        for key in compare.kinds()[c.kind].keys:
            name = f"{c.name}.{key}"
            there, has_key, shares = _shares(left.slots(name), right.slots(name), rows)
            agrees = has_key & (draw < REACH.get(key, 0.8)) & (present < there)
            out[name] = _Element(frozenset((*c.left, *c.right)), shares, agrees)
    return out


def _shares(left: list[U64], right: list[U64], rows: int) -> tuple[float, npt.NDArray[np.bool_], Floats]:
    """Share of the registry that has the key; which sampled rows have it; what share of the registry, beside the one
    true match, each of those meets.
    """
    if not left or not right:
        return 0.0, np.zeros(rows, dtype=np.bool_), np.zeros(rows)
    everything = np.concatenate(right)
    keys, counts = np.unique(everything[everything != 0], return_counts=True)
    there = float(np.mean(np.logical_or.reduce([s != 0 for s in right])))
    once, twice = int(np.count_nonzero(counts == 1)), int(np.count_nonzero(counts == 2))
    others = np.append(np.where(counts > 1, counts - 1, 2 * twice / max(once, 1)), 2 * twice / max(once, 1))
    total = np.zeros(len(left[0]))
    for slot in left:
        at = np.searchsorted(keys, slot)
        at = np.where(keys[np.minimum(at, len(keys) - 1)] == slot, at, len(keys)) if len(keys) else at
        total += np.where(slot != 0, others[at], 0)
    return there, np.logical_or.reduce([s != 0 for s in left]), total / len(right[0])


def _greedy(
    rules: Sequence[Rule], elements: Mapping[str, _Element], n_right: int, blocking: Blocking, effort: float
) -> Plan:
    sizes = np.stack([_product([elements[e].shares for e in r]) * n_right for r in rules])
    reaches = np.stack([np.logical_and.reduce([elements[e].agrees for e in r]) for r in rules])
    reaches &= sizes <= blocking.max_block
    costs = np.where(sizes <= blocking.max_block, sizes, 0).mean(axis=1)
    reach = reaches.astype(np.float32)
    wanted = {tuple(sorted(g)) for g in blocking.rules}
    is_open = np.array([r not in wanted for r in rules])
    worth = np.where(reaches[~is_open].any(axis=0), _AGAIN, 1.0).astype(np.float32)
    spent = float(costs[~is_open].sum())
    chosen: list[Rule] = []
    budget = blocking.candidates_per_signal / effort
    while len(chosen) < _MOST_RULES:
        gains = reach @ worth / len(worth)
        good = is_open & (gains >= _LEAST_GAIN * effort) & (costs + spent <= budget)
        good &= gains >= _LEAST_YIELD * effort * costs
        if not good.any():
            break
        best = int(np.argmax(np.where(good, gains / (costs + _RULE_COST), 0)))
        is_open[best] = False
        chosen.append(rules[best])
        spent += float(costs[best])
        worth = np.where(reaches[best], worth * np.float32(_AGAIN), worth)
    return Plan((*blocking.rules, *chosen), float(np.mean(worth < 1)), spent)


def _product(shares: list[Floats]) -> npt.NDArray[np.float32]:
    return np.asarray(np.prod(shares, axis=0), dtype=np.float32)
