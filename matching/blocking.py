"""Blocking: records meet by hashed keys. A rule is a tuple of keys; a block is the registry rows with one key."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching import compare
from matching.column import Codes, Column
from matching.compare.kind import KeyFunction
from matching.hashing import U64, hash_texts, mix
from matching.spec import Comparison

Rule = tuple[str, ...]
Ints = npt.NDArray[np.int64]
# A key is the upper 40 bits of its hash, so that key and row are sorted as one number, several times faster: of a million
# records on each side one pair or so meets by chance, and is weighed and found wanting.
_ROW = np.uint64((1 << 24) - 1)
_MOST_KEYS = 8  # of one value (words of an address): the first ones


@dataclass(frozen=True, slots=True)
class Block:
    """The registry under one rule. ``keys``: distinct, ascending; rows of ``keys[i]``: ``rows[starts[i]:starts[i+1]]``.

    ``jumps[h]``: where keys begin whose leading bits are at least ``h``; a look-up is then a step or two.
    """

    rule: Rule
    keys: U64
    starts: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    jumps: npt.NDArray[np.int32]
    parent: Rule | None = None  # a finer key: only for signals whose block under this rule was too large

    def find(self, wanted: U64) -> tuple[Ints, Ints, Ints]:
        """Which of these keys have a block; start and size of it."""
        if len(self.keys) == 0:
            return (np.empty(0, dtype=np.int64),) * 3
        leading = (wanted >> _shift(len(self.jumps))).view(np.int64)
        at = self.jumps[leading].astype(np.int64)
        behind = np.flatnonzero(self.keys[np.minimum(at, len(self.keys) - 1)] < wanted)
        behind = behind[at[behind] < len(self.keys)]
        while len(behind):
            at[behind] += 1
            behind = behind[at[behind] < len(self.keys)]
            behind = behind[self.keys[at[behind]] < wanted[behind]]
        at = np.minimum(at, len(self.keys) - 1)
        has = np.flatnonzero(self.keys[at] == wanted)
        at = at[has]
        starts = self.starts[at].astype(np.int64)
        return has, starts, self.starts[at + 1] - starts


class Keys:
    """Hashed keys of one table, computed once per distinct value and kept for all rules."""

    def __init__(self, columns: Mapping[str, Column], comparisons: Sequence[Comparison], side: str) -> None:
        self._columns = columns
        self._comparisons = {c.name: c for c in comparisons}
        self._side = side

    def slots(self, element: str) -> list[U64]:
        """One array a key a row can have; 0 where the row has none."""
        return [hashes[codes] for codes, hashed in self.hashes(element) for hashes in hashed]

    def hashes(self, element: str) -> list[tuple[Codes, list[U64]]]:
        """The rows' codes of each column, and the keys of its values."""
        name, _, key = element.partition(".")
        comparison = self._comparisons[name]
        function = compare.kinds()[comparison.kind].keys[key]
        columns = [self._columns[c] for c in (comparison.left if self._side == "left" else comparison.right)]
        derived = ("key", comparison.kind, key)
        return [(c.codes, c.derive(derived, partial(_hashes, function, c))) for c in columns]

    def ways(self, rule: Rule) -> int:
        """How many keys a row can have under the rule."""
        return math.prod(sum(len(hashed) for _, hashed in self.hashes(e)) for e in rule)

    def rows(self, rule: Rule) -> tuple[npt.NDArray[np.int32], U64]:
        """(row, key) of every key that rows have under the rule."""
        ways = itertools.product(*([(c, h) for c, hashed in self.hashes(e) for h in hashed] for e in rule))
        found = [_joined(way) for way in ways]
        if not found:
            return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint64)
        rows, keys = zip(*found, strict=True)
        return np.concatenate(rows), np.concatenate(keys)


def _joined(parts: Sequence[tuple[Codes, U64]]) -> tuple[npt.NDArray[np.int32], U64]:
    """The rows that have every part, and their keys."""
    (codes, hashed), *others = parts
    keys = hashed[codes]
    rows = np.flatnonzero(keys).astype(np.int32)
    keys = keys[rows]
    for codes, hashed in others:
        more = hashed[codes[rows]]
        kept = np.flatnonzero(more)
        if len(kept) < len(rows):
            rows, keys, more = rows[kept], keys[kept], more[kept]
        keys = mix(keys, more)
    return rows, keys & ~_ROW


def build(rule: Rule, keys: Keys, *, parent: Rule | None = None, only: npt.NDArray[np.int32] | None = None) -> Block:
    """Sort the registry's rows (or ``only`` some) by their key under the rule."""
    rows, hashed = keys.rows(rule)
    if only is not None:
        wanted = np.zeros(int(max(rows.max(initial=-1), only.max(initial=-1))) + 1, dtype=np.bool_)
        wanted[only] = True
        rows, hashed = rows[wanted[rows]], hashed[wanted[rows]]
    rows, hashed = _sorted(rows, hashed)
    first = np.flatnonzero(np.append(True, hashed[1:] != hashed[:-1])) if len(hashed) else np.empty(0, dtype=np.int64)
    distinct = hashed[first]
    heads = 1 << max(len(first).bit_length() - 1, 1)
    per_head = np.bincount((distinct >> _shift(heads)).view(np.int64), minlength=heads)
    jumps = np.append(0, np.cumsum(per_head[:-1])).astype(np.int32)
    return Block(rule, distinct, np.append(first, len(rows)).astype(np.int32), rows, jumps, parent)


def _sorted(rows: npt.NDArray[np.int32], keys: U64) -> tuple[npt.NDArray[np.int32], U64]:
    """Rows and their keys, by key; as one number where the rows leave room for it."""
    if int(rows.max(initial=0)) > int(_ROW):
        order = np.argsort(keys)
        return rows[order], keys[order]
    both = keys | rows.astype(np.uint64)
    both.sort()
    rows = (both & _ROW).astype(np.int32)
    both &= ~_ROW
    return rows, both


def _shift(jumps: int) -> np.uint64:
    """How far a key is shifted to leave as many leading bits as there are jumps."""
    return np.uint64(64 - (jumps.bit_length() - 1))


def finer(block: Block, keys: Keys, comparisons: Sequence[Comparison], max_block: int) -> list[Block]:
    """What is tried before a block that is too large is given up: its rule with one more field in full."""
    sizes = np.diff(block.starts)
    large = sizes > max_block
    if not large.any():
        return []
    only = block.rows[_ranges(block.starts[:-1][large].astype(np.int64), sizes[large].astype(np.int64))]
    return [build(rule, keys, parent=block.rule, only=only) for rule in finer_rules(block.rule, comparisons)]


def finer_rules(rule: Rule, comparisons: Sequence[Comparison]) -> list[Rule]:
    """The rule with one more field in full, for each field that it does not use."""
    columns = {c.name: {*c.left, *c.right} for c in comparisons}
    used = set().union(*(columns[e.partition(".")[0]] for e in rule))
    more = [c for c in comparisons if not columns[c.name] & used and "exact" in compare.kinds()[c.kind].keys]
    return [(*rule, f"{c.name}.exact") for c in more]


def most(max_block: int, *, is_finer: bool) -> int:
    """How large a block may be that is followed: finer ones must be selective."""
    return max(max_block // 10, 10) if is_finer else max_block


@dataclass(frozen=True, slots=True)
class Met:
    """Candidate pairs, sorted by left then right, each once; ``capped``: keys of signals not followed, by rule."""

    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    capped: Mapping[str, int]


def meet(blocks: Sequence[Block], keys: Keys, n_right: int, max_block: int) -> Met:
    """Every pair that shares a key whose block is not larger than ``max_block``; of larger ones, by a finer key."""
    codes: list[Ints] = []
    capped: dict[str, int] = {}
    cut: dict[Rule, npt.NDArray[np.int32]] = {}
    for block in blocks:
        if block.parent is not None and block.parent not in cut:
            continue
        rows, wanted = _sorted(*keys.rows(block.rule))  # neighbours are found in neighbouring memory
        if block.parent is not None:
            again = np.isin(rows, cut[block.parent])
            rows, wanted = rows[again], wanted[again]
        has, starts, sizes = block.find(wanted)
        rows = rows[has]
        large = sizes > most(max_block, is_finer=block.parent is not None)
        if large.any():
            capped["+".join(block.rule)] = int(large.sum())
            cut[block.rule] = rows[large]
            sizes = np.where(large, 0, sizes)
        codes.append(np.repeat(rows, sizes).astype(np.int64) * n_right + block.rows[_ranges(starts, sizes)])
    pairs = _distinct(np.concatenate(codes)) if codes else np.empty(0, dtype=np.int64)
    left, right = np.divmod(pairs, max(n_right, 1))
    return Met(left.astype(np.int32), right.astype(np.int32), capped)


def with_row(met: Met, row: int, n_left: int, n_right: int) -> Met:
    """The pairs, and each signal with this registry row."""
    more = np.arange(n_left, dtype=np.int64) * n_right + row
    left, right = np.divmod(_distinct(np.append(met.left.astype(np.int64) * n_right + met.right, more)), n_right)
    return Met(left.astype(np.int32), right.astype(np.int32), met.capped)


def _distinct(codes: Ints) -> Ints:
    """Ascending, each once (faster here than ``np.unique``, which hashes)."""
    codes.sort()
    return codes[np.append(True, codes[1:] != codes[:-1])] if len(codes) else codes


def _ranges(starts: Ints, sizes: Ints) -> Ints:
    """The positions of all ranges ``starts[i] : starts[i] + sizes[i]``, one after another."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total, dtype=np.int64) + np.repeat(starts - ends + sizes, sizes)


def _hashes(function: KeyFunction, column: Column, values: pa.Array) -> list[U64]:
    """One array a key a value can have; the last place is that of an absent value, which has none."""
    keys = function(values)
    if keys is values:  # never blank
        return [np.append(column.hashes, np.uint64(0))]
    if pa.types.is_list(keys.type):
        widest = min(int(pc.max(pc.list_value_length(keys)).as_py() or 0), _MOST_KEYS)
        return [_hashed(_nth(keys, n)) for n in range(widest)]
    return [_hashed(keys)]


def _hashed(keys: pa.Array) -> U64:
    """0 where a value has no key."""
    absent = np.asarray(pc.equal(pc.binary_length(keys), 0).fill_null(True))
    return np.append(np.where(absent, np.uint64(0), hash_texts(keys)), np.uint64(0))


def _nth(lists: pa.Array, n: int) -> pa.Array:
    lengths = np.asarray(pc.list_value_length(lists).fill_null(0))
    starts = np.asarray(lists.offsets)[:-1]
    where = pa.array(np.where(lengths > n, starts + n, 0), mask=lengths <= n)
    return lists.values.take(where)
