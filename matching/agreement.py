"""How the two records of each candidate pair agree: a level for each comparison, and how likely that is by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching import chance, compare
from matching.column import Column
from matching.compare.kind import Kind, Levels
from matching.compare.masked import Masked, layouts
from matching.hashing import U64, hash_texts
from matching.spec import Comparison, Spec

Rows = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

Form = tuple[str, tuple[int, ...], int]  # a column, the positions that a mask shows, its length

NULL = -1


@dataclass(frozen=True, slots=True)
class Agreement:
    """``levels``: one a pair, -1 where a side is absent. ``chances``: share of the population that would agree like
    this, NaN where the level's own u is all that is known.
    """

    levels: Levels
    chances: Floats


@dataclass
class Frequencies:
    """How common the values of the registry's columns are, and what their masked forms would be."""

    columns: Mapping[str, Column]
    rarities: Mapping[str, chance.Rarity]
    forms: dict[Form, tuple[U64, Floats]] = field(default_factory=dict)  # filled when first asked for

    @classmethod
    def of(cls, columns: Mapping[str, Column], spec: Spec) -> Frequencies:
        usual = usual_chances(spec)
        return cls(columns, {name: chance.rarity(np.asarray(c.counts), usual[name]) for name, c in columns.items()})

    def shares(self, name: str, codes: Rows) -> Floats:
        """The share of the population that has each of these values of a column."""
        return self.rarities[name].shares(self.columns[name].counts[codes])

    def fitting(self, name: str, kind: Masked, masks: pa.Array) -> Floats:
        """The share of full numbers in column ``name`` that fit each mask; NaN where none does."""
        out = np.full(len(masks), np.nan)
        for (positions, length), where in layouts(masks).items():
            forms, share = self._form(name, kind, positions, length)
            if not len(forms):
                continue
            wanted = hash_texts(masks.take(pa.array(where)))
            at = np.minimum(np.searchsorted(forms, wanted), len(forms) - 1)
            out[where] = np.where(forms[at] == wanted, share[at], np.nan)
        return out

    def usual_form(self, name: str, kind: Masked) -> float:
        """What two masked numbers of this column are expected to share by chance, before the data."""
        return self.rarities[name].usual * kind.u[kind.fits] / kind.u[-1]

    def _form(self, name: str, kind: Masked, positions: tuple[int, ...], length: int) -> tuple[U64, Floats]:
        """The registry's full numbers as this layout would show them: hashes, and the share of each."""
        key = (name, positions, length)
        if key not in self.forms:
            column = self.columns[name]
            hidden = kind.masked_as(column.values, positions, length)
            there = np.flatnonzero(np.asarray(pc.is_valid(hidden)))
            hashes = hash_texts(hidden.take(pa.array(there)))
            forms, inverse = np.unique(hashes, return_inverse=True)
            counts = np.bincount(inverse, weights=column.counts[there], minlength=len(forms)).astype(np.int64)
            self.forms[key] = (forms, chance.rarity(counts, self.usual_form(name, kind)).shares(counts))
        return self.forms[key]


def agree(
    spec: Spec,
    left: Mapping[str, Column],
    right: Mapping[str, Column],
    frequencies: Frequencies,
    rows_left: Rows,
    rows_right: Rows,
    each: Callable[..., Iterable[Any]] = map,
) -> list[Agreement]:
    """One Agreement a comparison of the spec, over pairs (rows_left[i], rows_right[i]).

    ``each``: how to go through the comparisons: ``map``, or that of a pool.
    """
    found = [*each(lambda c: best(c, left, right, frequencies, rows_left, rows_right), spec.comparisons)]
    for n, c in enumerate(spec.comparisons):
        if c.swapped_with:
            other = next(k for k, o in enumerate(spec.comparisons) if o.name == c.swapped_with)
            crossed = _crossed(spec.comparisons[n], spec.comparisons[other], left, right, rows_left, rows_right)
            found[n] = _raise(found[n], crossed, spec.comparisons[n])
            found[other] = _raise(found[other], crossed, spec.comparisons[other])
    return found


def best(
    comparison: Comparison,
    left: Mapping[str, Column],
    right: Mapping[str, Column],
    frequencies: Frequencies,
    rows_left: Rows,
    rows_right: Rows,
) -> Agreement:
    """The best agreement of any left column with any right column; of equally good ones the rarer."""
    best = None
    for a in comparison.left:
        for b in comparison.right:
            one = _one(comparison, left[a], right[b], b, frequencies, rows_left, rows_right)
            if best is None:
                best = one
                continue
            better = one.levels > best.levels
            best = Agreement(np.where(better, one.levels, best.levels), np.where(better, one.chances, best.chances))
    if best is None:
        raise ValueError("a comparison has a column on each side")
    return best


def _one(
    comparison: Comparison,
    left: Column,
    right: Column,
    right_name: str,
    frequencies: Frequencies,
    rows_left: Rows,
    rows_right: Rows,
) -> Agreement:
    kind = compare.kinds()[comparison.kind]
    a, b = left.codes[rows_left], right.codes[rows_right]
    levels = np.full(len(a), NULL, dtype=np.int8)
    chances = np.full(len(a), np.nan)
    there = (a >= 0) & (b >= 0)
    if not there.any():
        return Agreement(levels, chances)
    equal = there & (left.hashes[a] == right.hashes[b])
    top = len(kind.levels) - 1
    levels[equal] = top
    if kind.is_masked:  # equal texts that hide positions need not be equal numbers
        equal &= ~left.derive("hidden", lambda values: np.asarray(pc.match_substring(values, "*")))[a]
    unequal = np.flatnonzero(there & ~equal)
    levels[unequal] = _grade(kind, left, right, a[unequal], b[unequal])
    if comparison.term_frequency:
        exact = np.flatnonzero(levels == top)
        chances[exact] = frequencies.shares(right_name, b[exact])
        if isinstance(kind, Masked):
            fits = np.flatnonzero(levels == kind.fits)
            chances[fits] = _fit_chances(kind, left, right_name, frequencies, a[fits])
    return Agreement(levels, chances)


def _fit_chances(kind: Masked, left: Column, name: str, frequencies: Frequencies, codes: Rows) -> Floats:
    distinct, inverse = np.unique(codes, return_inverse=True)
    return frequencies.fitting(name, kind, kind.bare(left.values.take(pa.array(distinct))))[inverse]


def _grade(kind: Kind, left: Column, right: Column, a: Rows, b: Rows) -> Levels:
    """Levels of pairs of codes; slow kinds see each distinct pair once."""
    if not len(a):
        return np.empty(0, dtype=np.int8)
    if not kind.is_slow:
        return kind.grade(left, right, a, b)
    pairs, inverse = np.unique(a.astype(np.int64) << 32 | b.astype(np.int64), return_inverse=True)
    one, other = (pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32)
    return kind.grade(left, right, one, other)[inverse]


def _crossed(
    one: Comparison,
    other: Comparison,
    left: Mapping[str, Column],
    right: Mapping[str, Column],
    rows_left: Rows,
    rows_right: Rows,
) -> npt.NDArray[np.bool_]:
    """Pairs in which each of the two values stands in the other's place."""
    return _same(left[one.left[0]], right[other.right[0]], rows_left, rows_right) & _same(
        left[other.left[0]], right[one.right[0]], rows_left, rows_right
    )


def _same(left: Column, right: Column, rows_left: Rows, rows_right: Rows) -> npt.NDArray[np.bool_]:
    a, b = left.codes[rows_left], right.codes[rows_right]
    if not len(left.values) or not len(right.values):
        return np.zeros(len(a), dtype=np.bool_)
    return np.asarray((a >= 0) & (b >= 0) & (left.hashes[a] == right.hashes[b]))


def _raise(agreement: Agreement, crossed: npt.NDArray[np.bool_], comparison: Comparison) -> Agreement:
    """Swapped values count as the level under exact."""
    nearly = len(compare.kinds()[comparison.kind].levels) - 2
    levels = np.where(crossed & (agreement.levels < nearly), np.int8(nearly), agreement.levels)
    return Agreement(levels, agreement.chances)


def usual_chances(spec: Spec) -> dict[str, float]:
    """Of each right column, by the first comparison that uses it."""
    return {name: _usual(c) for c in reversed(spec.comparisons) for name in c.right}


def _usual(comparison: Comparison) -> float:
    """What chance agreement of such values is expected to be before the data."""
    u = comparison.u or compare.kinds()[comparison.kind].u
    return u[-1] / sum(u)


def sample_pairs(n_left: int, n_right: int, size: int, seed: int) -> tuple[Rows, Rows]:
    """Random pairs, the same for the same seed."""
    random = np.random.default_rng(seed)
    return random.integers(0, n_left, size, dtype=np.int32), random.integers(0, n_right, size, dtype=np.int32)
