"""The laws by which this portfolio's contacts change and its sources err: estimated from its own records, without truth.

The filter of ``ranking.validity`` gives the likelihood of every record given the earlier ones; the laws are where that
likelihood times the stated priors is greatest (empirical Bayes, MAP). A portfolio of a few records keeps the priors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize

from core.kinds import ContactKind
from ranking import accounts, validity
from ranking.params import Params
from ranking.validity import KINDS, Laws, Sequence

_SAMPLE_GROUPS = 3000  # more tell nothing more of the sources
_SAMPLE_CASES = 12_000  # of changes and stale accounts they do: few of one look like many of the other
_STEPS = 12
_EARLIEST = 0.02  # before this share of announcements they were hardly kept
_DEBTORS = 50.0  # announcing debtors that the stated share of announced changes is worth


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


@dataclass(frozen=True)
class Habits:
    """Per pair (source, kind of contact): is it a contract's own contact; does it copy another source; is it saved once and
    then used again by itself, as in orders, where what a customer says is of the day?

    What is left of a copying source once its copies are known is what went wrong in copying: it tells nothing of change.
    """

    is_declared: np.ndarray
    is_copying: np.ndarray
    saves: np.ndarray


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
        saves=np.zeros(len(prior.share), dtype=bool),
        false_alarms=false_alarms,
        announcing=np.ones(n),
        heard_days=np.zeros(n),
    )


def estimate(sequence: Sequence, prior: Priors, false_alarms: float, as_of: float, habits: Habits) -> Laws:
    """MAP of the laws given the records of (a fixed sample of) the portfolio.

    First how fast contacts change and how many accounts are stale, by how accounts repeat themselves (``ranking.accounts``);
    then, with these, the rest by the filter's likelihood.
    """
    known = _changes(sequence, prior, replace(stated(prior, false_alarms), saves=habits.saves), habits, as_of)
    undated = habits.is_declared[sequence.pair] & (sequence.kind == KINDS.index(ContactKind.PHONE.value))
    sample = validity.sample(sequence[~undated], _SAMPLE_GROUPS)
    start = _pack(known)
    free = _free(sample, np.unique(sample.kind), len(start))
    if not len(sample.day) or not free.any():
        return known

    def loss(x: np.ndarray) -> float:
        full = start.copy()
        full[free] = x
        laws = _unpack(full, known)
        return -(validity.run(sample, laws, as_of).log_likelihood + _log_prior(laws, prior))

    found = optimize.minimize(  # type: ignore[no-untyped-call]
        loss, start[free], method="L-BFGS-B", options={"maxiter": _STEPS}, bounds=[(-7.0, 7.0)] * int(free.sum())
    )
    full = start.copy()
    full[free] = found.x
    return _unpack(full, known)


def _changes(s: Sequence, prior: Priors, laws: Laws, habits: Habits, as_of: float) -> Laws:
    rate, stale = prior.rate.copy(), laws.stale.copy()
    heard = validity.sample_cases(s[~habits.is_copying[s.pair]], _SAMPLE_CASES)
    told: dict[int, accounts.Told] = {}
    for kind in np.unique(heard.kind).tolist():
        own = heard[heard.kind == kind]
        found = accounts.told(own, habits.is_declared[own.pair], habits.saves[own.pair], float(prior.rate[kind]))
        if found is not None:
            told[kind] = found
    if told:
        change = accounts.change(list(told.values()), float(prior.stale[0]))
        rate[list(told)], stale[:] = change.rate, change.stale
    told_share, announcing, days = _announced(s[~habits.is_declared[s.pair]], rate, prior, as_of)
    laws = replace(laws, announced=told_share, announcing=announcing, heard_days=days)
    return replace(laws, rate=rate / 365, stale=stale)


def _announced(s: Sequence, rate: np.ndarray, prior: Priors, as_of: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(share of an announcing debtor's changes that are told, share of debtors who announce, days announcements are kept).

    ``s``: without declared contacts, of which nobody knows whether they were declared before or after being announced.
    Counted over everybody, not fitted to records: who announced nothing and bought nothing has no records to fit. How often
    those who announced anything did so tells the first share (a zero-truncated Poisson), how many they are the second.
    """
    told, announcing, days = prior.announced.copy(), np.ones(len(KINDS)), np.zeros(len(KINDS))
    is_news = np.zeros(len(s.day), dtype=bool)
    is_news[np.unique(s.point, return_index=True)[1]] = (
        True  # sorted by group and day: the first record of each contact
    )
    is_news &= s.announces
    for kind in np.unique(s.kind[is_news]):
        own = is_news & (s.kind == kind)
        days[kind] = as_of - np.quantile(s.day[own], _EARLIEST)
        changes = max(rate[kind] * days[kind] / 365, 1e-3)
        each = np.unique(s.group[own], return_counts=True)[1]
        stated = prior.announced[kind] * changes
        mean = (each.sum() + _DEBTORS * stated / -np.expm1(-stated)) / (len(each) + _DEBTORS)
        told[kind] = np.clip(_poisson(float(mean)) / changes, 0.01, 0.95)
        reached = len(each) / len(np.unique(s.group[s.kind == kind]))
        announcing[kind] = np.clip(reached / -np.expm1(-told[kind] * changes), 0.05, 1.0)
    return told, announcing, days


def _poisson(mean: float) -> float:
    """The mean of a Poisson variable whose mean, where it is not zero, is this."""
    x = mean
    for _ in range(100):
        x = mean * -float(np.expm1(-x))
    return x


def _free(sample: Sequence, seen: np.ndarray, n: int) -> np.ndarray:
    """What the sample says something about, but for rates, announced and stale shares, which are known; the rest stays at its prior."""
    k = len(KINDS)
    kinds = np.isin(np.arange(k), seen)
    pairs = np.isin(np.arange(n - 4 * k), sample.pair)
    no = np.zeros(k, dtype=bool)
    return np.concatenate([no, no, no, kinds, pairs])


def _logit(p: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(p) - np.log1p(-p))


def _pack(laws: Laws) -> np.ndarray:
    return np.concatenate(
        [np.log(laws.rate * 365), *(_logit(x) for x in (laws.announced, laws.stale, laws.repeats, laws.share))]
    )


def _unpack(x: np.ndarray, known: Laws) -> Laws:
    k = len(KINDS)
    rate, rest = np.exp(x[:k]) / 365, 1 / (1 + np.exp(-x[k:]))
    parts = {"announced": rest[:k], "stale": rest[k : 2 * k], "repeats": rest[2 * k : 3 * k], "share": rest[3 * k :]}
    return replace(known, rate=rate, **parts)


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
