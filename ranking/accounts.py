"""How fast contacts change, and how many accounts never touch what they saved: read off how accounts repeat themselves.

An account that is looked after follows its owner: two records in a row agree with probability e^(-rate × gap). A stale one
shows its saved default at nearly every record, however long the gap. Which of the two an account is stays hidden: its records
are as likely as the mixture says (a latent class model of two classes). And an account's first record agrees
with what the debtor declared before, less often the longer ago that was. Rate, stale share and noise are where the product of
these likelihoods and the stated priors is greatest. Announcements tell nothing of the rate: they are made because something changed.
But they tell who follows: of accounts that existed before, those looked after show the announced contact from then on, stale
ones what they saved. That is what sets many stale accounts apart from few changes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from ranking.validity import Sequence

_OWN = 0.5  # what is less surely a place or number of theirs tells nothing of change
_YEARS = 20.0  # of exposure that the stated rate is worth here
_STALE_WEIGHT = 20.0  # accounts that the stated stale share is worth
_FOLLOWS = (0.95, 100.0)  # both of two records are free of error: mean and weight
_DEFAULT = (0.9, 50.0)  # records of a stale account that show its default
_NEW_ERROR, _OLD_ERROR = 0.45, 0.1  # an erroneous pair: shows something new (or known), agrees by chance
DEFAULT_AGE_YEARS = 1.5  # a stale default was saved so long before the first order seen
_FIRSTS_COUNT = 0.5  # a declared contact has no day of its own, only a usual age: its pairs tell half
_TRUE_NEWS = 0.93  # of announcements: the contact is really the debtor's own
_LAG_DAYS = 60.0  # so long after a change even who looks after his account may still show the old contact
_GRID = (0.005, 0.02, 0.04, 0.07, 0.1, 0.14, 0.18, 0.23, 0.28, 0.34, 0.4, 0.47, 0.55, 0.65, 0.8)
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
class News:
    """Records of older accounts after an announcement: ``of`` (an account and announcement), ``shows`` the announced contact."""

    of: np.ndarray
    shows: np.ndarray


@dataclass(frozen=True)
class Told:
    """What the records of one kind of contact tell; ``rate``: the stated prior, changes a year."""

    rate: float
    repeats: Repeats
    firsts: Firsts
    news: News


@dataclass(frozen=True)
class Change:
    """``rate``: changes a year, in the order of the kinds told; ``stale``: share of accounts."""

    rate: tuple[float, ...]
    stale: float


def told(s: Sequence, is_declared: np.ndarray, saves: np.ndarray, rate: float) -> Told | None:
    """What the records ``s`` of one kind tell; None where none is by an account. ``saves``: may it be a saved default?"""
    is_own = (s.pair >= 0) & (s.sure > _OWN)
    is_seen = is_own & ~s.announces & saves
    if not is_seen.any():
        return None
    seen, declared = s[is_seen], s[is_own & ~s.announces & is_declared]
    return Told(rate, _repeats(seen), _firsts(seen, declared), _news(s[is_own], saves[is_own]))


def change(kinds: Collection[Told], stale: float) -> Change:
    """Rates of these kinds and the stale share, which they have in common: a saved default is saved whole.

    Few changes look much like many stale accounts, so the share is not taken where it is likeliest but at its mean: over a
    grid, each with the rates and errors that go best with it (profile likelihood). ``stale`` is the stated prior.
    """
    x = np.array([p for k in kinds for p in (np.log(k.rate), _logit(_FOLLOWS[0]), _logit(_DEFAULT[0]))])
    fits, rates = [], []
    for st in _GRID:
        x, fit = _given(kinds, st, x)
        fits.append(fit + _beta(st, stale, _STALE_WEIGHT))
        rates.append(np.exp(x[::3]))
    weight = np.exp(np.array(fits) - max(fits))
    weight /= weight.sum()
    return Change(tuple((weight @ np.array(rates)).tolist()), float(weight @ np.array(_GRID)))


def _given(kinds: Collection[Told], stale: float, start: np.ndarray) -> tuple[np.ndarray, float]:
    """(rate, follows and default of each kind that go best with this stale share, their log-posterior)."""

    def loss(x: np.ndarray) -> float:
        return -sum(_log_posterior(k, stale, *x[3 * i : 3 * i + 3]) for i, k in enumerate(kinds))

    bounds = [(-5.0, 3.0), (-3.0, 7.0), (-3.0, 7.0)] * len(kinds)
    found = optimize.minimize(  # type: ignore[no-untyped-call]
        loss, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 40}
    )
    return np.asarray(found.x), -float(found.fun)


def _log_posterior(told: Told, stale: float, log_rate: float, follows_: float, default_: float) -> float:
    r, follows, default = float(np.exp(log_rate)), _share(follows_), _share(default_)
    return float(
        _of_accounts(told.repeats, r, stale, follows, default)
        + _FIRSTS_COUNT * _of_firsts(told.firsts, r, stale, follows)
        + _of_news(told.news, stale, follows, default)
        + _YEARS * (told.rate * np.log(r) - r)
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
    as_stale = np.exp(-rate * np.abs(s.gap - DEFAULT_AGE_YEARS))
    agrees = np.clip(s.sure * follows * ((1 - stale) * as_fresh + stale * as_stale), 1e-6, 1 - 1e-6)
    return float(np.where(s.same, np.log(agrees), np.log1p(-agrees)).sum())


def _of_news(s: News, stale: float, follows: float, default: float) -> float:
    """An account looked after shows what was announced, unless that was no news of the debtor's own; a stale one does not."""
    if not len(s.of):
        return 0.0
    n = int(s.of.max()) + 1
    told = [np.bincount(s.of, np.log(np.where(s.shows, p, 1 - p)), minlength=n) for p in (1 - default, follows)]
    as_stale, as_fresh = told
    at_odds = np.bincount(s.of, np.log(np.where(s.shows, 1 - follows, follows)), minlength=n)
    fresh = np.logaddexp(np.log(_TRUE_NEWS) + as_fresh, np.log1p(-_TRUE_NEWS) + at_odds)
    return float(np.logaddexp(np.log(stale) + as_stale, np.log1p(-stale) + fresh).sum())


def _news(s: Sequence, saves: np.ndarray) -> News:
    """``s``: all of the debtor's own records of the kind. What shows neither the announced contact nor an older one is left out."""
    rows = pd.DataFrame({"group": s.group, "point": s.point, "account": s.account, "day": s.day})
    rows["first"] = rows.groupby("point")["day"].transform("min")
    told = rows[s.announces & (rows["day"] == rows["first"]).to_numpy()].drop_duplicates("point")
    told = told.sort_values(["group", "day", "point"]).reset_index(drop=True)
    following = told.groupby("group")["day"].shift(-1).fillna(np.inf)
    seen = rows[~s.announces & saves]
    seen = seen.assign(opened=seen.groupby("account")["day"].transform("min"))
    pairs = seen.merge(told.assign(n=told.index, until=following), on="group", suffixes=("", "_told"))
    after = (
        (pairs["day"] > pairs.day_told + _LAG_DAYS) & (pairs["day"] <= pairs.until) & (pairs.opened < pairs.day_told)
    )
    shows = pairs.point == pairs.point_told
    pairs = pairs.assign(shows=shows)[after & (shows | (pairs["first"] < pairs.day_told))]
    of = pairs.groupby(["account", "n"]).ngroup().to_numpy()
    return News(of=of, shows=pairs.shows.to_numpy(dtype=bool))


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
