"""Learning m without labels: expectation-maximisation over candidate pairs (Fellegi-Sunter; Winkler 1988).

What keeps it identified on blocked data: u is known beforehand (counted, or from random pairs) and stays; a signal has
at most one match, so its candidates compete; every distribution is shrunk to the kind's own expectation; agreement
never weighs less than disagreement; people who are related without being the same have a class of their own, and so have
those who moved: what their old home says is not held against the fields of the others, and how often fields agree is
learned from those who stayed only: whoever lives elsewhere may as well be a stranger with a name that is near.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matching import compare, score
from matching.agreement import Agreement
from matching.model import MOVED_RATE, Model, Parameters, expected, normal
from matching.spec import Comparison, Spec

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32]

_ITERATIONS = 40
_M_STRENGTH = 40.0  # expected pairs that a kind's own expectation counts for
_RELATION_STRENGTH = 100.0
_RELATED_PER_SIGNAL = 0.05  # belief before the data
_SETTLED = 1e-4
_MOVED_STRENGTH = 40.0


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidate pairs of the training signals, sorted by left row."""

    left: Rows
    entities: Rows
    agreements: Sequence[Agreement]
    signals: int  # how many signals the candidates are of, those without any included
    registry: int  # entities
    labels: Floats | None = None  # 1: a person said match, 0: no match, NaN: nobody said


def learn(spec: Spec, candidates: Candidates, u: Mapping[str, tuple[float, ...]]) -> Model:
    """The model, from its expectations, after EM has settled."""
    model = _start(spec, candidates, u)
    for rounds in range(1, _ITERATIONS + 1):  # noqa: B007 - counted
        new = _step(spec, candidates, model)
        moved = _distance(model, new)
        model = new
        if moved < _SETTLED:
            break
    counts = {**model.counts, "iterations": float(rounds), "last_change": moved}
    return replace(model, counts=counts, warnings=_doubts(spec, model, candidates))


def _start(spec: Spec, candidates: Candidates, u: Mapping[str, tuple[float, ...]]) -> Model:
    model = expected(spec)
    comparisons = {}
    for c in spec.comparisons:
        p = model.comparisons[c.name]
        own_u = u[c.name]
        m = p.m if c.m and c.u else rising(p.m, own_u)
        tables = {r: _capped(m if r in c.shared_by else own_u, m) for r in p.relations}
        comparisons[c.name] = replace(p, m=m, u=own_u, relations=tables)
    used = {r for c in spec.comparisons for r in c.shared_by}
    rate = _RELATED_PER_SIGNAL / max(candidates.registry, 1)
    return replace(model, comparisons=comparisons, relation_rates=dict.fromkeys(sorted(used), rate))


def _step(spec: Spec, candidates: Candidates, model: Model) -> Model:
    """One expectation and one maximisation."""
    weights = score.weigh(spec, model, candidates.agreements)
    bits = score.prior_bits(model, candidates.registry) + weights.total
    bits = bits + score.rivals(bits, candidates.left, candidates.entities, one_match=spec.one_match_per_left)
    share = _shares_of_entity(candidates)
    match = _told(score.probability(bits), candidates.labels) * share
    relation = {r: (share - match) * np.exp2(t + weights.relation) for r, t in weights.relations.items()}
    stayed = _stayed(spec, model, weights)
    comparisons = {
        c.name: _update(c, model.comparisons[c.name], agreement, match * stayed, relation)
        for c, agreement in zip(spec.comparisons, candidates.agreements, strict=True)
    }
    found = float(match.sum())
    rate = (found + 20 * spec.match_rate) / (candidates.signals + 20)
    pairs = candidates.signals * candidates.registry
    rates = {r: min((float(share.sum()) + _RELATED_PER_SIGNAL) / max(pairs, 1), 0.2) for r, share in relation.items()}
    counts = {
        "signals": float(candidates.signals),
        "registry": float(candidates.registry),
        "candidate_pairs": float(len(match)),
        "expected_matches": found,
    }
    return replace(
        model,
        comparisons=comparisons,
        match_rate=min(rate, 1.0),
        moved_rate=_moved_rate(spec, candidates, match, stayed),
        relation_rates=rates,
        counts=counts,
    )


def _stayed(spec: Spec, model: Model, weights: score.Weights) -> Floats:
    """Of each pair, if it is a match: the share of those who live where they lived."""
    if not spec.places:
        return np.ones(len(weights.relation))
    odds = np.exp2(np.minimum(weights.fields[list(spec.places)].sum(axis=0), 1000.0))
    return np.asarray((1 - model.moved_rate) * odds / ((1 - model.moved_rate) * odds + model.moved_rate))


def _moved_rate(spec: Spec, candidates: Candidates, match: Floats, stayed: Floats) -> float:
    """The share of matches that moved, of those whose places are known."""
    if not spec.places:
        return 0.0
    known = np.logical_or.reduce([candidates.agreements[k].levels >= 0 for k in spec.places])
    moved = float((match * (1 - stayed))[known].sum())
    return (moved + _MOVED_STRENGTH * MOVED_RATE) / (float(match[known].sum()) + _MOVED_STRENGTH)


def _told(match: Floats, labels: Floats | None) -> Floats:
    """What people decided stands; EM fills in the rest."""
    return match if labels is None else np.where(np.isnan(labels), match, labels)


def _shares_of_entity(candidates: Candidates) -> Floats:
    """One over the rows of the same entity that a signal meets: a person with two cases is one match."""
    pair = candidates.left.astype(np.int64) << 32 | candidates.entities.astype(np.int64)
    _, group, counts = np.unique(pair, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[group])


def _update(
    c: Comparison, p: Parameters, agreement: Agreement, match: Floats, relation: Mapping[str, Floats]
) -> Parameters:
    size = len(p.levels)
    prior = np.array(normal(c.m or compare.kinds()[c.kind].m))
    counts = _count(agreement, match, size)
    m = p.m if c.m else rising(_shrunk(counts, prior, _M_STRENGTH), p.u)  # fixed m has risen at the start
    tables = {
        r: _capped(_related(c, r, _count(agreement, share, size), np.array(m), np.array(p.u)), m)
        for r, share in relation.items()
    }
    return replace(p, m=m, relations={**p.relations, **tables}, m_counts=tuple(float(x) for x in counts))


def _related(c: Comparison, relation: str, counts: Floats, m: Floats, u: Floats) -> tuple[float, ...]:
    """How related people agree: freely learned where they share the field, else as strangers do, or nearly.

    Without that bound the class would drift to true pairs of people who moved or took a new name, and would explain
    what identifies a person.
    """
    if relation in c.shared_by:
        return _shrunk(counts, m, _RELATION_STRENGTH)
    kind = compare.kinds()[c.kind]
    most = kind.handed_down if relation == "household" else 0.0
    seen = counts[-1] / max(float(counts.sum()), _RELATION_STRENGTH)
    share = min(max((seen - u[-1]) / max(m[-1] - u[-1], 1e-9), 0.0), most)
    table = (1 - share) * u + share * m
    if relation == "household" and kind.of_family:
        low = slice(0, kind.of_family + 1)  # what the family name says of relatives is learned
        table[low] = table[low].sum() * np.array(_shrunk(counts[low], u[low] / u[low].sum(), _RELATION_STRENGTH))
    return normal(tuple(float(x) for x in table))


def _count(agreement: Agreement, share: Floats, size: int) -> Floats:
    return np.bincount(agreement.levels + 1, weights=share, minlength=size + 1)[1:].astype(np.float64)


def _shrunk(counts: Floats, prior: Floats, strength: float) -> tuple[float, ...]:
    total = counts + strength * prior
    return tuple(float(x) for x in total / total.sum())


def rising(m: tuple[float, ...], u: tuple[float, ...]) -> tuple[float, ...]:
    """Such m that m / u never falls from a level to the next: more agreement never weighs less.

    Levels out of order share their ratio (pool adjacent violators; Ayer et al. 1955).
    """
    return normal(tuple(ratio * b for ratio, b in zip(_pooled(m, u), u, strict=True)))


def _capped(relation: tuple[float, ...], m: tuple[float, ...]) -> tuple[float, ...]:
    """A relation's table such that m / it never falls: related people agree no more than a person with himself."""
    return normal(tuple(max(a / ratio, 1e-12) for ratio, a in zip(_pooled(m, relation), m, strict=True)))


def _pooled(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """The non-falling ratios closest to over / under: one for each level."""
    blocks: list[tuple[float, float, int]] = []
    for a, b in zip(over, under, strict=True):
        block = (a, b, 1)
        while blocks and blocks[-1][0] * block[1] > block[0] * blocks[-1][1]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    return [a / b for a, b, size in blocks for _ in range(size)]


def _distance(one: Model, other: Model) -> float:
    changes = [abs(one.match_rate - other.match_rate)]
    for name, p in one.comparisons.items():
        changes += [abs(a - b) for a, b in zip(p.m, other.comparisons[name].m, strict=True)]
    return max(changes)


def _doubts(spec: Spec, model: Model, candidates: Candidates) -> tuple[str, ...]:
    """What makes the model hard to trust, in words: few matches, a field that hardly tells anything, no matches."""
    out = []
    found = model.counts.get("expected_matches", 0.0)
    if found < 30:
        out.append(
            f"only {found:.0f} matches expected among {candidates.signals} signals: the priors speak, not the data"
        )
    for c in spec.comparisons:
        p = model.comparisons[c.name]
        seen = sum(p.m_counts)
        prior = normal(compare.kinds()[c.kind].m)
        if not c.m and seen >= 30 and p.m[-1] < 0.25 * prior[-1]:
            out.append(f"{c.name}: exact agreement of matches came out at {p.m[-1]:.2f} where {prior[-1]:.2f} is usual")
        if not seen:
            out.append(f"{c.name}: no candidate pair has it on both sides")
    return tuple(out)
