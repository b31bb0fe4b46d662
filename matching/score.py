"""From levels to bits: the weight of each field, what relations between people explain, rivals, and the probability.

    score = prior + sum of field weights + relation + moved + rivals  (log2 odds; probability = 1 / (1 + 2^-score))

``prior``: log2 odds that a signal's match is this registry entity. Field weights: log2(m / u), with the value's own
frequency in place of u where it is known. ``relation``: the fields are not independent: two people of one household
share surname and address; -log2 of how much more often non-matches agree like this than strangers do. ``moved``: nor are
they within one person: who moves leaves street, number, town and postcode behind at once, so what they say together
against a match is bounded by how often people move. ``rivals``: what other entities explain of the same signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.agreement import Agreement
from matching.model import Model
from matching.spec import Spec

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32]

_MOST_BITS = 60.0  # of one field: weights are always finite
# Weights are whole multiples of these: their sums are exact, whatever the order, the batch or the machine's vectors.
_FIELD_GRID = 2.0**-32
_WHOLE_GRID = 2.0**-24
_LN_2 = 0.6931471805599453
_TERMS = 14


@dataclass(frozen=True, slots=True)
class Weights:
    """Bits of each comparison (rows) for each pair (columns); ``tf`` is the part that term frequency changed."""

    fields: Floats
    tf: Floats
    relation: Floats
    relations: dict[str, Floats]  # log2 of rate times likelihood ratio of each relation against strangers
    moved: Floats

    @property
    def total(self) -> Floats:
        """All but prior and rivals."""
        return np.asarray(self.fields.sum(axis=0) + self.relation + self.moved)


def weigh(spec: Spec, model: Model, agreements: Sequence[Agreement]) -> Weights:
    """Field weights and the relation correction of every pair."""
    n = len(agreements[0].levels) if agreements else 0
    fields, tf = np.zeros((len(agreements), n)), np.zeros((len(agreements), n))
    related = {r: np.full(n, _log2(rate)) for r, rate in model.relation_rates.items() if rate > 0}
    places = spec.places if model.moved_rate > 0 else ()
    elsewhere = {r: bits.copy() for r, bits in related.items()} if places else {}  # the same without the places
    for k, (c, agreement) in enumerate(zip(spec.comparisons, agreements, strict=True)):
        p = model.comparisons[c.name]
        weights = np.log2(np.array(p.m) / np.array(p.u))
        tf[k] = term_frequency(weights, np.array(p.u), agreement)
        fields[k] = _on_grid(np.clip(_at(weights, agreement.levels) + tf[k], -_MOST_BITS, _MOST_BITS), _FIELD_GRID)
        for r, bits in related.items():
            ratio = _at(np.log2(np.array(p.relations[r]) / np.array(p.u)), agreement.levels)
            ratio += tf[k] if r in c.shared_by else 0.0
            np.add(bits, ratio, out=bits)
            if places and k not in places:
                np.add(elsewhere[r], ratio, out=elsewhere[r])
    relation = _on_grid(-_log2_mixture(related, n), _WHOLE_GRID)
    if not places:
        return Weights(fields, tf, relation, related, np.zeros(n))
    told = fields[list(places)].sum(axis=0) + relation + _log2_mixture(elsewhere, n)
    return Weights(fields, tf, relation, related, _moved(told, model.moved_rate))


def _moved(told: Floats, rate: float) -> Floats:
    """Bits that bring the score to that of (1 - rate) people who stayed and rate who moved.

    ``told``: what the places say, relation included. Of those who moved they say nothing, for or against: the mean of
    two odds, each of which rises with agreement, rises with it too.
    """
    return _on_grid(np.log2(1 - rate + rate * np.exp2(np.minimum(-told, 1000.0))), _WHOLE_GRID)


def term_frequency(weights: Floats, u: Floats, agreement: Agreement) -> Floats:
    """Bits that the value's own frequency adds; never so few that the next lower level would weigh more."""
    known = np.flatnonzero(~np.isnan(agreement.chances) & (agreement.levels >= 0))
    out = np.zeros(len(agreement.levels))
    levels = agreement.levels[known]
    bits = np.log2(u[levels] / np.clip(agreement.chances[known], 1e-15, 1.0))
    below = np.append(weights[0], weights[:-1])
    out[known] = np.clip(bits, below[levels] - weights[levels], _MOST_BITS)
    return out


def prior_bits(model: Model, entities: int) -> float:
    """log2 odds that the match of a signal, if it has one, is one given entity, against its having none."""
    rate = min(max(model.match_rate, 1e-6), 1 - 1e-4)
    return float(_on_grid(np.log2(rate / (1 - rate) / max(entities, 1)), _WHOLE_GRID))


def rivals(bits: Floats, left: Rows, entities: Rows, *, one_match: bool) -> Floats:
    """-log2(1 + what other entities weigh), for pairs sorted by left row. ``bits``: scores before this."""
    if not one_match or not len(bits):
        return np.zeros(len(bits))
    odds = np.exp2(np.minimum(bits, 1000.0))
    pair = left.astype(np.int64) << 32 | entities.astype(np.int64)
    order = np.argsort(pair, kind="stable")
    first = np.flatnonzero(np.append(True, pair[order][1:] != pair[order][:-1]))
    of_entity = np.maximum.reduceat(odds[order], first)
    signals, group = np.unique(left[order][first], return_inverse=True)
    total = np.bincount(group, weights=of_entity, minlength=len(signals))
    own = np.empty(len(bits))
    own[order] = np.repeat(of_entity, np.diff(np.append(first, len(bits))))
    whole = np.empty(len(bits))
    whole[order] = np.repeat(total[group], np.diff(np.append(first, len(bits))))
    others = _others(own, whole, of_entity, group, first, order, len(signals))
    return _on_grid(-np.log2(1.0 + others), _WHOLE_GRID)


def _others(
    own: Floats,
    whole: Floats,
    of_entity: Floats,
    group: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    order: npt.NDArray[np.int64],
    signals: int,
) -> Floats:
    """``whole - own`` without cancellation: where one entity is nearly all, the rest is summed without it."""
    top = np.zeros(signals)
    np.maximum.at(top, group, of_entity)
    is_top = of_entity == top[group]
    rest = np.bincount(group, weights=np.where(is_top, 0.0, of_entity), minlength=signals)
    tied = np.bincount(group, weights=is_top, minlength=signals)
    exact = np.where(is_top, rest[group] + (tied[group] - 1) * of_entity, np.nan)
    spread = np.empty(len(own))
    spread[order] = np.repeat(exact, np.diff(np.append(first, len(own))))
    return np.where(np.isnan(spread), np.maximum(whole - own, 0.0), spread)


def _on_grid(bits: Floats | np.float64, grid: float) -> Floats:
    return np.asarray(np.round(bits / grid) * grid)


def probability(bits: Floats) -> Floats:
    """1 / (1 + 2^-bits), the same to the last bit on every machine: ``np.exp2`` is not."""
    exponent = -np.clip(bits, -1000.0, 1000.0)
    whole = np.round(exponent)
    rest = (exponent - whole) * _LN_2
    power = np.ones_like(rest)  # Taylor's series of e^rest, where |rest| < 0.35
    for n in range(_TERMS, 0, -1):
        power *= rest
        power /= n
        power += 1.0
    return 1.0 / (1.0 + np.ldexp(power, whole.astype(np.int32)))


def _at(weights: Floats, levels: npt.NDArray[np.int8]) -> Floats:
    return np.append(weights, 0.0)[levels]  # level -1 (absent) is the last: no weight


def _log2(x: float) -> float:
    return float(np.log2(max(x, 1e-300)))


def _log2_mixture(related: dict[str, Floats], n: int) -> Floats:
    """log2 of (1 - all rates) + sum of rate x ratio."""
    if not related:
        return np.zeros(n)
    return np.asarray(np.log2(1.0 + np.sum([np.exp2(np.minimum(t, 1000.0)) for t in related.values()], axis=0)))
