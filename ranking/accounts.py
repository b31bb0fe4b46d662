"""How fast contacts change, and how many accounts never touch what they saved: read off how accounts repeat themselves.

An account that is looked after follows its owner: two records in a row agree with probability e^(-rate × gap). A stale one
shows its saved default at nearly every record, however long the gap. Which of the two an account is stays hidden: its records
are as likely as the mixture says (a latent class model of two classes). And an account's first record agrees
with what the debtor declared before, less often the longer ago that was. Rate, stale share and noise are where the product of
these likelihoods and the stated priors is greatest. Announcements are left out: they are made because something changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from ranking.validity import Sequence

_OWN = 0.5  # what is less surely a place or number of theirs tells nothing of change
_YEARS = 20.0  # of exposure that the stated rate is worth here
_STALE_WEIGHT = 100.0  # accounts that the stated stale share is worth: few changes look much like many stale accounts
_FOLLOWS = (0.95, 100.0)  # both of two records are free of error: mean and weight
_DEFAULT = (0.9, 50.0)  # records of a stale account that show its default
_NEW_ERROR, _OLD_ERROR = 0.45, 0.1  # an erroneous pair: shows something new (or known), agrees by chance
_DEFAULT_AGE_YEARS = 1.5  # a stale default was saved so long before the first order seen
_FIRSTS_COUNT = 0.5  # a declared contact has no day of its own, only a usual age: its pairs tell half
_FLOOR = 1e-9


@dataclass(frozen=True)
class Repeats:
    """Records of accounts (``account`` a row a record) and pairs in a row (``of``, ``gap`` years, ``same``, ``is_new``)."""

    account: np.ndarray
    is_default: np.ndarray
    of: np.ndarray
    gap: np.ndarray
    same: np.ndarray
    is_new: np.ndarray


@dataclass(frozen=True)
class Firsts:
    """First record of an account against the declared contact: ``gap`` years, ``same``, ``sure``."""

    gap: np.ndarray
    same: np.ndarray
    sure: np.ndarray


@dataclass(frozen=True)
class Change:
    """``rate``: changes a year; ``stale``: share of accounts."""

    rate: float
    stale: float


def change(s: Sequence, is_declared: np.ndarray, *, rate: float, stale: float) -> Change:
    """MAP of one kind's rate and stale share; ``s`` holds records of that kind, ``rate`` and ``stale`` are the stated priors."""
    own = (s.pair >= 0) & (s.sure > _OWN) & ~s.announces
    seen, declared = s[own & ~is_declared], s[own & is_declared]
    if not len(seen.day):
        return Change(rate, stale)
    repeats, firsts = _repeats(seen), _firsts(seen, declared)
    start = np.array([np.log(rate), _logit(stale), _logit(_FOLLOWS[0]), _logit(_DEFAULT[0])])

    def loss(x: np.ndarray) -> float:
        return -_log_posterior(x, repeats, firsts, rate, stale)

    found = optimize.minimize(  # type: ignore[no-untyped-call]
        loss,
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-3, "fatol": 1e-3, "maxiter": 600},
    )
    return Change(float(np.exp(found.x[0])), float(_share(found.x[1])))


def _log_posterior(x: np.ndarray, repeats: Repeats, firsts: Firsts, rate: float, stale: float) -> float:
    r = float(np.exp(x[0]))
    st, follows, default = (_share(float(v)) for v in x[1:])
    return float(
        _of_accounts(repeats, r, st, follows, default)
        + _FIRSTS_COUNT * _of_firsts(firsts, r, st, follows)
        + _YEARS * (rate * np.log(r) - r)
        + _beta(st, stale, _STALE_WEIGHT)
        + _beta(follows, *_FOLLOWS)
        + _beta(default, *_DEFAULT)
    )


def _of_accounts(s: Repeats, rate: float, stale: float, follows: float, default: float) -> float:
    """Log-likelihood of every account with at least two records: a mixture of stale and looked after."""
    n = int(s.account.max(initial=-1)) + 1
    kept, right = np.exp(-rate * s.gap), follows
    differs = np.where(s.is_new, right * (1 - kept), 0.0) + (1 - right) * _NEW_ERROR
    likely = np.where(s.same, right * kept + (1 - right) * _OLD_ERROR, differs)
    as_fresh = np.bincount(s.of, np.log(np.maximum(likely, _FLOOR)), minlength=n)
    shows = np.where(s.is_default, np.log(default), np.log1p(-default))
    as_stale = np.bincount(s.account, shows, minlength=n)
    told = np.bincount(s.of, minlength=n) > 0
    return float(np.logaddexp(np.log(stale) + as_stale, np.log1p(-stale) + as_fresh)[told].sum())


def _of_firsts(s: Firsts, rate: float, stale: float, follows: float) -> float:
    as_fresh = np.exp(-rate * s.gap)
    as_stale = np.exp(-rate * np.abs(s.gap - _DEFAULT_AGE_YEARS))
    agrees = np.clip(s.sure * follows * ((1 - stale) * as_fresh + stale * as_stale), 1e-6, 1 - 1e-6)
    return float(np.where(s.same, np.log(agrees), np.log1p(-agrees)).sum())


def _repeats(s: Sequence) -> Repeats:
    order = np.lexsort((s.day, s.account))
    account = np.unique(s.account[order], return_inverse=True)[1].ravel()
    point, day = s.point[order], s.day[order]
    shown, first, code, times = np.unique(
        np.stack([account, point]), axis=1, return_index=True, return_inverse=True, return_counts=True
    )
    by_account = np.lexsort((first, -times, shown[0]))  # the most frequent one, of equals the earliest
    default = by_account[np.unique(shown[0][by_account], return_index=True)[1]]
    is_new = np.zeros(len(point), dtype=bool)
    is_new[first] = True
    later = np.flatnonzero(account[1:] == account[:-1]) + 1
    return Repeats(
        account=account,
        is_default=code.ravel() == default[account],
        of=account[later],
        gap=(day[later] - day[later - 1]) / 365,
        same=point[later] == point[later - 1],
        is_new=is_new[later],
    )


def _firsts(seen: Sequence, declared: Sequence) -> Firsts:
    """Only debtors who declared one contact of the kind: of two, one is the older, and nobody says which."""
    group, at, values = np.unique(declared.group, return_index=True, return_counts=True)
    group, at = group[values == 1], at[values == 1]
    order = np.lexsort((seen.day, seen.account))
    first = order[np.unique(seen.account[order], return_index=True)[1]]
    first = first[np.isin(seen.group[first], group)]
    before = at[np.searchsorted(group, seen.group[first])]
    return Firsts(
        gap=np.maximum(seen.day[first] - declared.day[before], 0) / 365,
        same=seen.point[first] == declared.point[before],
        sure=seen.sure[first] * declared.sure[before],
    )


def _logit(p: float) -> float:
    return float(np.log(p) - np.log1p(-p))


def _share(x: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(x, -12, 12))))


def _beta(p: float, mean: float, weight: float) -> float:
    return float(weight * (mean * np.log(p) + (1 - mean) * np.log1p(-p)))
