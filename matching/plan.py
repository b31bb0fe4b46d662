"""Choosing blocking rules from the data, as an analyst does by hand: most true pairs for the fewest candidates.

Nobody knows the true pairs beforehand, so they are imagined: rows of the signals (with what they lack), whose match in
the registry agrees on a key as often as such keys do (``reach``). A rule reaches those whose block is small enough; the
next rule is the one that reaches most per candidate pair. Some have moved: whatever is of their home fails at once.
Fields go together (a town and its postcodes), so a rule that is about to be chosen is measured first. Deterministic.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching import compare
from matching.blocking import Keys, Rule
from matching.column import Column
from matching.hashing import U64
from matching.model import MOVED_RATE
from matching.spec import Blocking, Spec

Floats = npt.NDArray[np.float64]

SAMPLE = 2000  # signals
_REGISTRY_SAMPLE = 50_000
_SMALL = 50_000  # rows in all: what more than this costs is weighed against what it finds
_MOST_EFFORT = 10.0
_LEAST_GAIN = 0.001  # of all true pairs, for a rule to be worth its sort
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
class Step:
    """One rule of a plan: of the true pairs, which share it reaches and which all rules up to it do; its candidates."""

    rule: Rule
    reaches: float
    so_far: float
    candidates_per_signal: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules, and what is to be expected of them."""

    rules: tuple[Rule, ...]
    pairs_completeness: float  # estimated
    candidates_per_signal: float  # estimated
    steps: tuple[Step, ...] = ()  # of the chosen rules, in their order


@dataclass(frozen=True, slots=True)
class _Element:
    columns: frozenset[str]
    shares: Floats  # of the registry that a sampled row meets by the key, beside its own match
    agrees: npt.NDArray[np.bool_]


def propose(spec: Spec, left: Mapping[str, Column], right: Mapping[str, Column], signals: int | None = None) -> Plan:
    """Rules for these tables, after those the spec gives. ``signals``: how many there are, if left is a sample."""
    sampled, n_right = (len(next(iter(columns.values())).codes) for columns in (left, right))
    n_left = sampled if signals is None else signals
    if not n_left or not n_right:
        return Plan(spec.blocking.rules, 0.0, 0.0)
    few = Keys(_sampled(left, SAMPLE), spec.comparisons, "left")
    many = Keys(_sampled(right, _REGISTRY_SAMPLE), spec.comparisons, "right")
    elements = _elements(spec, few, many, min(sampled, SAMPLE))
    rules = [r for size in (1, 2, 3) for r in itertools.combinations(sorted(elements), size) if _is_sound(r, elements)]
    effort = min(max((n_left + n_right) / _SMALL, 1.0), _MOST_EFFORT)
    greedy = _Greedy(rules, elements, lambda r: _sizes(r, few, many), n_right, spec.blocking)
    return greedy.plan(spec.blocking.candidates_per_signal / effort, effort)


def _sampled(columns: Mapping[str, Column], size: int) -> dict[str, Column]:
    n = len(next(iter(columns.values())).codes)
    rows = np.unique(np.linspace(0, n - 1, min(size, n)).astype(np.int64))
    return {name: column.rows(rows) for name, column in columns.items()}


def _is_sound(rule: Rule, elements: Mapping[str, _Element]) -> bool:
    """Keys of one rule come from different columns."""
    parts = [elements[e] for e in rule]
    return all(not (a.columns & b.columns) for a, b in itertools.combinations(parts, 2))


def _elements(spec: Spec, left: Keys, right: Keys, rows: int) -> dict[str, _Element]:
    random = np.random.default_rng(20261123)
    stayed = random.random(rows) >= MOVED_RATE
    out: dict[str, _Element] = {}
    for k, c in enumerate(spec.comparisons):
        draw, present = random.random(rows), random.random(rows)
        for key in compare.kinds()[c.kind].keys:
            name = f"{c.name}.{key}"
            there, has_key, shares = _shares(left.slots(name), right.slots(name), rows)
            agrees = has_key & (draw < REACH.get(key, 0.8)) & (present < there)
            agrees &= stayed if k in spec.places else True
            out[name] = _Element(frozenset((*c.left, *c.right)), shares, agrees)
    return out


def _shares(left: list[U64], right: list[U64], rows: int) -> tuple[float, npt.NDArray[np.bool_], Floats]:
    """Share of the registry that has the key; which sampled rows have it; what share of the registry, beside the one
    true match, each of those meets.
    """
    if not left or not right:
        return 0.0, np.zeros(rows, dtype=np.bool_), np.zeros(rows)
    everything = np.concatenate(right)
    there = float(np.mean(np.logical_or.reduce([s != 0 for s in right])))
    total = np.zeros(len(left[0]))
    for slot, met in zip(left, _others(everything[everything != 0], *left), strict=True):
        total += np.where(slot != 0, met, 0)
    return there, np.logical_or.reduce([s != 0 for s in left]), total / len(right[0])


def _sizes(rule: Rule, left: Keys, right: Keys) -> Floats:
    """What share of the registry each sampled row meets by the whole rule, beside its own match."""
    at, wanted = left.rows(rule)
    _, known = right.rows(rule)
    n_left, n_right = (len(k.slots(rule[0])[0]) for k in (left, right))
    return np.bincount(at, weights=_others(known, wanted)[0], minlength=n_left) / n_right


def _others(known: U64, *wanted: U64) -> list[Floats]:
    """How many of the ``known`` keys each wanted one meets beside its own match; of rare ones what Good and Turing say."""
    keys, counts = np.unique(known, return_counts=True)
    once, twice = int(np.count_nonzero(counts == 1)), int(np.count_nonzero(counts == 2))
    others = np.append(np.where(counts > 1, counts - 1, 2 * twice / max(once, 1)), 2 * twice / max(once, 1))
    out = []
    for slot in wanted:
        at = np.searchsorted(keys, slot)
        at = np.where(keys[np.minimum(at, len(keys) - 1)] == slot, at, len(keys)) if len(keys) else at
        out.append(others[at])
    return out


class _Greedy:
    """Takes the rule that reaches most for its cost, again and again, until what is left is not worth it.

    Costs begin as what independent fields would make of a rule; the best one's is measured before it is taken.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        elements: Mapping[str, _Element],
        measure: Callable[[Rule], Floats],
        n_right: int,
        blocking: Blocking,
    ) -> None:
        self.rules, self.given, self.max_block = rules, blocking.rules, blocking.max_block
        self._measure, self._n_right = measure, n_right
        self.sizes = np.stack([_product([elements[e].shares for e in r]) * n_right for r in rules])
        self.reaches = np.stack([np.logical_and.reduce([elements[e].agrees for e in r]) for r in rules])
        self.reaches &= self.sizes <= self.max_block
        self.reach = self.reaches.astype(np.float32)
        self.costs = np.where(self.sizes <= self.max_block, self.sizes, 0).mean(axis=1)
        wanted = {tuple(sorted(g)) for g in blocking.rules}
        self.is_open = np.array([r not in wanted for r in rules])
        self._given_cost = float(self.costs[~self.is_open].sum())
        self.is_measured = np.zeros(len(rules), dtype=np.bool_)
        self.worth = np.where(self.reaches[~self.is_open].any(axis=0), _AGAIN, 1.0).astype(np.float32)
        self.spent = self._given_cost
        self.chosen: list[int] = []
        self._weigh()

    def plan(self, budget: float, effort: float) -> Plan:
        while len(self.chosen) < _MOST_RULES:
            good = self.is_open & (self.gains >= _LEAST_GAIN * effort) & (self.costs + self.spent <= budget)
            good &= self.gains >= _LEAST_YIELD * effort * self.costs
            if not good.any():
                break
            best = int(np.argmax(np.where(good, self.gains / (self.costs + _RULE_COST), 0)))
            if self.is_measured[best]:
                self._take(best)
            else:
                self._weigh_again(best)
        rules = [self.rules[n] for n in self.chosen]
        return Plan((*self.given, *rules), float(np.mean(self.worth < 1)), self.spent, tuple(self._steps()))

    def _steps(self) -> Iterator[Step]:
        given = self.reaches[[r in {tuple(sorted(g)) for g in self.given} for r in self.rules]].any(axis=0)
        for n in self.chosen:
            given = given | self.reaches[n]
            yield Step(self.rules[n], float(self.reaches[n].mean()), float(given.mean()), float(self.costs[n]))

    def _weigh(self) -> None:
        self.gains = self.reach @ self.worth / len(self.worth)

    def _weigh_again(self, n: int) -> None:
        """By what the sampled rows really meet."""
        self.is_measured[n] = True
        self.sizes[n] = np.maximum(self.sizes[n], self._measure(self.rules[n]) * self._n_right)
        self.reaches[n] &= self.sizes[n] <= self.max_block
        self.reach[n] = self.reaches[n]
        self.gains[n] = self.reach[n] @ self.worth / len(self.worth)
        self.costs[n] = np.where(self.sizes[n] <= self.max_block, self.sizes[n], 0).mean()

    def _take(self, n: int) -> None:
        """Add the rule, in place of those it includes, unless one of them includes it."""
        self.is_open[n] = False
        if any(_implies(self.rules[n], self.rules[c]) and self._is_whole(c) for c in self.chosen):
            return
        if self._is_whole(n):
            self.chosen = [c for c in self.chosen if not _implies(self.rules[c], self.rules[n])]
        self.chosen.append(n)
        self.spent = self._given_cost + float(self.costs[self.chosen].sum())
        self.worth = np.where(self.reaches[n], self.worth * np.float32(_AGAIN), self.worth)
        self._weigh()

    def _is_whole(self, n: int) -> bool:
        """Whether none of its blocks is too large to follow."""
        return bool((self.sizes[n] <= self.max_block).all())


def _implies(fine: Rule, coarse: Rule) -> bool:
    """Whether whoever meets by the one meets by the other: what agrees exactly agrees in every key."""
    return all(e in fine or f"{e.partition('.')[0]}.exact" in fine for e in coarse)


def _product(shares: list[Floats]) -> npt.NDArray[np.float32]:
    return np.asarray(np.prod(shares, axis=0), dtype=np.float32)
