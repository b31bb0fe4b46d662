"""How fast contacts change, and how many accounts never touch what they saved: read off how accounts repeat themselves.

An account that is looked after follows its owner: two records in a row agree with probability e^(-rate × gap). A stale one
shows its saved default at nearly every record, however long the gap. Which of the two an account is stays hidden, and it is
one and the same for its numbers and its addresses: so all it ever showed is as likely as the mixture says (a latent class
model of two classes). Its first record agrees with what the debtor declared before, less often the longer ago that was; when
that was nobody knows well. Announcements tell nothing of the rate: they are made because something changed. But they tell who
follows: of accounts that existed before, those looked after show the announced contact from then on, stale ones what they
saved. Rate, stale share and noise are where the product of these likelihoods and the stated priors is greatest.
"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import optimize

from ranking.validity import Sequence

_OWN = 0.8  # what is less surely a place or number of theirs tells of others' contacts, not of change
_YEARS = 20.0  # of exposure that the stated rate is worth here
_STALE_WEIGHT = 20.0  # accounts that the stated stale share is worth
_FOLLOWS = (0.95, 100.0)  # both of two records are free of error: mean and weight
_DEFAULT = (
    0.95  # of records of a stale account: show its default. Were it fitted, steady people would pass for stale accounts
)
_NEW_ERROR, _OLD_ERROR = 0.45, 0.1  # an erroneous pair: shows something new (or known), agrees by chance
DEFAULT_AGE_YEARS = 1.5  # a stale default was saved so long before the first order seen
_FIRSTS_COUNT = 0.5  # a declared contact has no day of its own, only a usual age: its pairs tell half
_SPREAD = 2.0  # of that age: the shape of a Gamma variable
_TRUE_NEWS = 0.93  # of announcements: the contact is really the debtor's own
_LAG_DAYS = 60.0  # so long after a change even who looks after his account may still show the old contact
_GRID = (0.005, 0.02, 0.04, 0.07, 0.1, 0.14, 0.18, 0.23, 0.28, 0.34, 0.4, 0.47, 0.55, 0.65, 0.8)
_FLOOR = 1e-9


@dataclass(frozen=True)
class Repeats:
    """Records of accounts (``account`` a row a record) and pairs in a row (``of``, ``gap`` years, ``same``, ``is_new``).

    ``sure`` and ``both``: how surely the record is theirs at all, or both records of the pair.
    """

    account: np.ndarray
    is_default: np.ndarray
    sure: np.ndarray
    of: np.ndarray
    gap: np.ndarray
    same: np.ndarray
    is_new: np.ndarray
    both: np.ndarray


@dataclass(frozen=True)
class Firsts:
    """First record of an account (``of``) against the declared contact: ``gap`` years, ``same``, ``sure``."""

    of: np.ndarray
    gap: np.ndarray
    same: np.ndarray
    sure: np.ndarray


@dataclass(frozen=True)
class News:
    """Records of older accounts after an announcement (``n``): ``shows`` the announced contact; ``of``: account of each ``n``."""

    of: np.ndarray
    n: np.ndarray
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
    """What the records ``s`` of one kind tell; None where none is by an account. ``saves``: may it be a saved default?

    Accounts are told by ``Sequence.owner``, which is theirs over all kinds.
    """
    is_own = (s.pair >= 0) & (s.sure > _OWN)
    is_seen = is_own & ~s.announces & saves
    if not is_seen.any():
        return None
    seen, declared = s[is_seen], s[is_own & ~s.announces & is_declared]
    return Told(rate, _repeats(seen), _firsts(seen, declared), _news(s[is_own], saves[is_own]))


def change(kinds: Many[Told], stale: float) -> Change:
    """Rates of these kinds and the stale share, which they have in common: a saved default is saved whole.

    Few changes look much like many stale accounts, so the share is not taken where it is likeliest but at its mean: over a
    grid, each with the rates and errors that go best with it (profile likelihood). ``stale`` is the stated prior.
    """
    numbered = _numbered(kinds)
    x = np.array([p for k in kinds for p in (np.log(k.rate), _logit(_FOLLOWS[0]))])
    fits, rates = [], []
    for st in _GRID:
        x, fit = _given(numbered, st, x)
        fits.append(fit + _beta(st, stale, _STALE_WEIGHT))
        rates.append(np.exp(x[::2]))
    weight = np.exp(np.array(fits) - max(fits))
    weight /= weight.sum()
    return Change(tuple((weight @ np.array(rates)).tolist()), float(weight @ np.array(_GRID)))


def _numbered(kinds: Many[Told]) -> list[Told]:
    """The same with accounts numbered from 0 over all kinds."""
    distinct = np.unique(np.concatenate([x for k in kinds for x in (k.repeats.account, k.firsts.of, k.news.of)]))

    def at(codes: np.ndarray) -> np.ndarray:
        return np.searchsorted(distinct, codes)

    return [
        replace(
            k,
            repeats=replace(k.repeats, account=at(k.repeats.account), of=at(k.repeats.of)),
            firsts=replace(k.firsts, of=at(k.firsts.of)),
            news=replace(k.news, of=at(k.news.of)),
        )
        for k in kinds
    ]


def _given(kinds: Many[Told], stale: float, start: np.ndarray) -> tuple[np.ndarray, float]:
    """(rate and follows of each kind that go best with this stale share, their log-posterior)."""
    accounts = 1 + max(int(x.max(initial=-1)) for k in kinds for x in (k.repeats.account, k.firsts.of, k.news.of))

    def loss(x: np.ndarray) -> float:
        as_stale, as_fresh, prior = np.zeros(accounts), np.zeros(accounts), 0.0
        for i, k in enumerate(kinds):
            log_rate, follows = x[2 * i], _share(x[2 * i + 1])
            rate = float(np.exp(log_rate))
            prior += _YEARS * (k.rate * log_rate - rate) + _beta(follows, *_FOLLOWS)
            for stale_, fresh in (
                _of_accounts(k.repeats, rate, follows, accounts),
                _of_firsts(k.firsts, rate, follows, accounts),
                _of_news(k.news, follows, accounts),
            ):
                as_stale += stale_
                as_fresh += fresh
        return -float(np.logaddexp(np.log(stale) + as_stale, np.log1p(-stale) + as_fresh).sum() + prior)

    bounds = [(-5.0, 3.0), (-3.0, 7.0)] * len(kinds)
    found = optimize.minimize(  # type: ignore[no-untyped-call]
        loss, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 40}
    )
    return np.asarray(found.x), -float(found.fun)


def _of_accounts(s: Repeats, rate: float, follows: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Log-likelihood of what each account repeats: (if it is stale, if it is looked after)."""
    kept, right = np.exp(-rate * s.gap), follows * s.both
    differs = np.where(s.is_new, right * (1 - kept), 0.0) + (1 - right) * _NEW_ERROR
    likely = np.where(s.same, right * kept + (1 - right) * _OLD_ERROR, differs)
    shows = np.log(np.where(s.is_default, _DEFAULT * s.sure, 1 - _DEFAULT * s.sure))
    as_fresh = np.bincount(s.of, np.log(np.maximum(likely, _FLOOR)), minlength=n)
    return np.bincount(s.account, shows, minlength=n), as_fresh


def _of_firsts(s: Firsts, rate: float, follows: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The declared contact's age is a usual one, spread as an exponential variable is: so is what is left of it."""

    def told(gap: np.ndarray) -> np.ndarray:
        agrees = np.clip(s.sure * follows * (1 + rate * gap / _SPREAD) ** -_SPREAD, 1e-6, 1 - 1e-6)
        return np.bincount(s.of, _FIRSTS_COUNT * np.where(s.same, np.log(agrees), np.log1p(-agrees)), minlength=n)

    return told(np.abs(s.gap - DEFAULT_AGE_YEARS)), told(s.gap)


def _of_news(s: News, follows: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """An account looked after shows what was announced, unless that was no news of the debtor's own; a stale one does not."""
    m = len(s.of)
    as_stale, as_fresh, at_odds = (
        np.bincount(s.n, np.log(np.where(s.shows, p, 1 - p)), minlength=m) for p in (1 - _DEFAULT, follows, 1 - follows)
    )
    fresh = np.logaddexp(np.log(_TRUE_NEWS) + as_fresh, np.log1p(-_TRUE_NEWS) + at_odds)
    return np.bincount(s.of, as_stale, minlength=n), np.bincount(s.of, fresh, minlength=n)


def _news(s: Sequence, saves: np.ndarray) -> News:
    """``s``: all of the debtor's own records of the kind. What shows neither the announced contact nor an older one is left out."""
    rows = pd.DataFrame({"group": s.group, "point": s.point, "account": s.owner, "day": s.day})
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
    by = pairs.groupby(["account", "n"])
    return News(
        of=by["account"].first().to_numpy(dtype=np.int64),
        n=by.ngroup().to_numpy(),
        shows=pairs.shows.to_numpy(dtype=bool),
    )


def _repeats(s: Sequence) -> Repeats:
    """Of accounts with at least two records."""
    order = np.lexsort((s.day, s.owner))
    own, account = np.unique(s.owner[order], return_inverse=True)
    account = account.ravel()
    point, day, sure = s.point[order], s.day[order], s.sure[order]
    shown, first, code, times = np.unique(
        np.stack([account, point]), axis=1, return_index=True, return_inverse=True, return_counts=True
    )
    by_account = np.lexsort((first, -times, shown[0]))  # the most frequent one, of equals the earliest
    default = by_account[np.unique(shown[0][by_account], return_index=True)[1]]
    is_new = np.zeros(len(point), dtype=bool)
    is_new[first] = True
    later = np.flatnonzero(account[1:] == account[:-1]) + 1
    several = np.bincount(account)[account] > 1
    return Repeats(
        account=own[account[several]],
        is_default=(code.ravel() == default[account])[several],
        sure=sure[several],
        of=own[account[later]],
        gap=(day[later] - day[later - 1]) / 365,
        same=point[later] == point[later - 1],
        is_new=is_new[later],
        both=sure[later] * sure[later - 1],
    )


def _firsts(seen: Sequence, declared: Sequence) -> Firsts:
    """Only debtors who declared one contact of the kind: of two, one is the older, and nobody says which."""
    group, at, values = np.unique(declared.group, return_index=True, return_counts=True)
    group, at = group[values == 1], at[values == 1]
    order = np.lexsort((seen.day, seen.owner))
    first = order[np.unique(seen.owner[order], return_index=True)[1]]
    first = first[np.isin(seen.group[first], group)]
    before = at[np.searchsorted(group, seen.group[first])]
    return Firsts(
        of=seen.owner[first],
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
