"""The laws by which this portfolio's contacts change and its sources err: estimated from its own records, without truth.

The filter of ``ranking.validity`` gives the likelihood of every record given the earlier ones; the laws are where that
likelihood times the stated priors is greatest (empirical Bayes, MAP). A portfolio of a few records keeps the priors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize

from ranking import validity
from ranking.params import Params
from ranking.validity import KINDS, Laws, Sequence

_SAMPLE_GROUPS = 3000  # more tell nothing more
_STEPS = 12
_GRID = np.geomspace(0.01, 4.0, 120)  # changes a year


@dataclass(frozen=True)
class Priors:
    """Means and weights in the order of the vector that is searched: rates, announced, stale, repeats, then each source's share."""

    rate: np.ndarray
    years: np.ndarray
    announced: np.ndarray
    announced_weight: np.ndarray
    stale: tuple[float, float]
    repeats: tuple[float, float]
    share: np.ndarray
    weight: np.ndarray


def priors(params: Params, pairs: list[tuple[str, str, str]]) -> Priors:
    """``pairs``: (source, kind of source, kind of contact) in the order of ``Sequence.pair``."""
    rates = [params.change(k) for k in KINDS]
    told = [params.announcement(k) for k in KINDS]
    shares = [params.share(*p) for p in pairs]
    return Priors(
        rate=np.array([r.a_year for r in rates]),
        years=np.array([r.years for r in rates]),
        announced=np.array([t.valid for t in told]),
        announced_weight=np.array([t.weight for t in told]),
        stale=(params.stale_share.valid, params.stale_share.weight),
        repeats=(params.repeats_old.valid, params.repeats_old.weight),
        share=np.array([s.valid for s in shares]),
        weight=np.array([s.weight for s in shares]),
    )


def stated(prior: Priors, false_alarms: float) -> Laws:
    """The laws before anything was seen."""
    n = len(KINDS)
    return Laws(
        rate=prior.rate / 365,
        announced=prior.announced,
        stale=np.full(n, prior.stale[0]),
        repeats=np.full(n, prior.repeats[0]),
        share=prior.share,
        false_alarms=false_alarms,
    )


def estimate(sequence: Sequence, prior: Priors, false_alarms: float, as_of: float) -> Laws:
    """MAP of the laws given the records of (a fixed sample of) the portfolio."""
    sample = validity.sample(sequence, _SAMPLE_GROUPS)
    start = _pack(replace(stated(prior, false_alarms), rate=_rates(sequence, prior) / 365))
    seen = np.unique(sample.kind)
    free = _free(sample, seen, len(start))
    if not len(sample.day) or not free.any():
        return stated(prior, false_alarms)

    def loss(x: np.ndarray) -> float:
        full = start.copy()
        full[free] = x
        laws = _unpack(full, false_alarms)
        return -(validity.run(sample, laws, as_of).log_likelihood + _log_prior(laws, prior))

    found = optimize.minimize(  # type: ignore[no-untyped-call]
        loss, start[free], method="L-BFGS-B", options={"maxiter": _STEPS}, bounds=[(-7.0, 7.0)] * int(free.sum())
    )
    full = start.copy()
    full[free] = found.x
    return _unpack(full, false_alarms)


def _rates(s: Sequence, prior: Priors) -> np.ndarray:
    """Changes a year by kind: how often two sources that follow each other agree, by the days between them.

    P(agree | gap) = both right × e^(-rate × gap). The newer one is no announcement: that is made because something changed.
    """
    newer = np.flatnonzero(s.group[1:] == s.group[:-1]) + 1
    own = (s.sure > 0.5) & (s.pair >= 0)
    newer = newer[own[newer] & own[newer - 1] & (s.pair[newer] != s.pair[newer - 1]) & ~s.announces[newer]]
    agree = s.point[newer] == s.point[newer - 1]
    years = (s.day[newer] - s.day[newer - 1]) / 365
    right = prior.share[s.pair[newer]] * prior.share[s.pair[newer - 1]] * s.sure[newer] * s.sure[newer - 1]
    out = prior.rate.copy()
    for kind in np.unique(s.kind[newer]):
        here = s.kind[newer] == kind
        likely = np.clip(right[here] * np.exp(-np.outer(_GRID, years[here])), 1e-6, 1 - 1e-6)
        log_likelihood = np.where(agree[here], np.log(likely), np.log1p(-likely)).sum(axis=1)
        log_prior = prior.years[kind] * (prior.rate[kind] * np.log(_GRID) - _GRID)
        out[kind] = _GRID[np.argmax(log_likelihood + log_prior)]
    return out


def _free(sample: Sequence, seen: np.ndarray, n: int) -> np.ndarray:
    """What the sample says something about; the rest stays at its prior."""
    k = len(KINDS)
    kinds = np.isin(np.arange(k), seen)
    pairs = np.isin(np.arange(n - 4 * k), sample.pair)
    return np.concatenate([np.zeros(k, dtype=bool), kinds, kinds, kinds, pairs])


def _logit(p: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(p) - np.log1p(-p))


def _pack(laws: Laws) -> np.ndarray:
    return np.concatenate(
        [np.log(laws.rate * 365), *(_logit(x) for x in (laws.announced, laws.stale, laws.repeats, laws.share))]
    )


def _unpack(x: np.ndarray, false_alarms: float) -> Laws:
    k = len(KINDS)
    rate, rest = np.exp(x[:k]) / 365, 1 / (1 + np.exp(-x[k:]))
    return Laws(rate, rest[:k], rest[k : 2 * k], rest[2 * k : 3 * k], rest[3 * k :], false_alarms)


def _log_prior(laws: Laws, prior: Priors) -> float:
    """Gamma on the rates, Beta on the shares (as densities of their logarithms and logits: the mode is the mean)."""
    a_year = laws.rate * 365
    gamma = prior.years * (prior.rate * np.log(a_year) - a_year)
    beta = [
        _beta(laws.announced, prior.announced, prior.announced_weight),
        _beta(laws.stale, *prior.stale),
        _beta(laws.repeats, *prior.repeats),
        _beta(laws.share, prior.share, prior.weight),
    ]
    return float(gamma.sum() + sum(b.sum() for b in beta))


def _beta(p: np.ndarray, mean: np.ndarray | float, weight: np.ndarray | float) -> np.ndarray:
    return np.asarray(weight * (mean * np.log(p) + (1 - mean) * np.log1p(-p)))
