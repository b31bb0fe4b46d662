"""P(this contact is the debtor's today): a Bayesian filter over everything recorded of it, in order of time.

A debtor has one current contact of a kind. Between records it may change (Poisson). A record shows the current one with the
record's own probability q; else it is a repeat of one already known, or something new that is not theirs. An attempt
multiplies by what came of it. The state is one mass per known contact and one for "something nobody recorded"; they sum to one.

A debtor's accounts may be stale: they repeat a saved default whatever happens. Nobody says which are, so the records are
filtered twice, as if they were and as if they were not, and the two are mixed by how well each foretold all of the debtor's
records, of every kind of contact. (Whether it is stale and which contact is current hang together: a filter that kept the two
apart would take a default's every repeat for news.)

All groups advance together, one record each a round, so that a million records take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np

from core.kinds import ContactKind

KINDS = (ContactKind.PHONE.value, ContactKind.ADDRESS.value, ContactKind.EMAIL.value, ContactKind.MESSAGING.value)
SOURCES = 4096  # at most, of one deployment
_DEPARTS = 0.1  # so rarely does a stale account show anything but its default
_BELATED = 0.1  # of announcements: of a change that happened before the last record
_OWN = 0.5
_DEFAULT_AGE_DAYS = 540.0
_DEFAULT_IS_KNOWN = 0.5  # a default saved before anything was recorded may well be news, and yet old
_STRANGE = 0.8  # of records of others' contacts: show one that was not seen before
_TINY = 1e-200


@dataclass(frozen=True)
class Laws:
    """``rate``: changes a day; ``announced``: the share of an announcing debtor's that is told; ``stale``, ``repeats``: shares. All by kind of contact.

    ``share``: by pair (source, kind); ``saves``: may it be a default that was saved long ago, as in orders? ``false_alarms``: announcements with nothing behind them, for each with. ``announcing``:
    debtors who announce at all (the others never agreed to it), and ``heard_days``: for so long announcements are kept.
    """

    rate: np.ndarray
    announced: np.ndarray
    stale: np.ndarray
    repeats: np.ndarray
    share: np.ndarray
    saves: np.ndarray
    false_alarms: float
    announcing: np.ndarray
    heard_days: np.ndarray

    def a_year(self, kind: str) -> float:
        """Changes a year of this kind of contact."""
        return float(self.rate[KINDS.index(kind)] * 365)

    def stale_share(self, kind: str) -> float:
        """Of accounts: how many show a contact of this kind that was saved long before."""
        return float(self.stale[KINDS.index(kind)])


@dataclass(frozen=True)
class Sequence:
    """Records sorted by group (one kind of contact of one debtor) and day. All arrays are a row a record.

    ``account`` is one source's of one group; ``owner`` the same over all kinds of contact: case × ``SOURCES`` + source. ``pair`` indexes ``Laws.share`` (-1: attempt), ``sure`` is what of q is the record's own (link × holder × type of place),
    ``mine`` and ``other`` the likelihoods of what came of an attempt.
    """

    group: np.ndarray
    point: np.ndarray
    account: np.ndarray
    owner: np.ndarray
    kind: np.ndarray
    pair: np.ndarray
    day: np.ndarray
    sure: np.ndarray
    announces: np.ndarray
    mine: np.ndarray
    other: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Sequence:
        return Sequence(*(getattr(self, f.name)[rows] for f in fields(self)))


@dataclass(frozen=True)
class Filtered:
    """``mass`` a point: P(current) on the day the filter was told; and the likelihood of all that was (and was not) recorded."""

    mass: np.ndarray
    log_likelihood: float


def sample(sequence: Sequence, groups: int) -> Sequence:
    """The records of at most so many groups, evenly taken: the same ones every time."""
    distinct = np.unique(sequence.group)
    if len(distinct) <= groups:
        return sequence
    taken = distinct[np.linspace(0, len(distinct) - 1, groups).astype(int)]
    return sequence[np.isin(sequence.group, taken)]


def sample_cases(sequence: Sequence, cases: int) -> Sequence:
    """The records, of all kinds, of at most so many cases: the same ones every time."""
    case = sequence.owner // SOURCES
    distinct = np.unique(case)
    if len(distinct) <= cases:
        return sequence
    return sequence[np.isin(case, distinct[np.linspace(0, len(distinct) - 1, cases).astype(int)])]


def alone(sequence: Sequence) -> Sequence:
    """Each point as if it were the only one ever recorded."""
    order = np.lexsort((sequence.day, sequence.point))
    s = sequence[order]
    account = np.unique(np.stack([s.account, s.point]), axis=1, return_inverse=True)[1].ravel()
    return replace(s, group=s.point, account=account, owner=s.point * SOURCES)


def run(sequence: Sequence, laws: Laws, as_of: float) -> Filtered:
    """Filter all groups up to ``as_of``. Points are numbered from 0; a point without any record has mass 0."""
    s = sequence
    if not len(s.day):
        return Filtered(np.empty(0), 0.0)
    points = int(s.point.max(initial=-1)) + 1
    fresh = _run(s, laws, as_of, points, is_stale=False)
    saves = np.append(laws.saves, False)[s.pair]
    saved = np.isin(s.group, np.unique(s.group[saves]))
    if not saved.any():
        return Filtered(fresh.mass, float(fresh.log_likelihood.sum()))
    stale = _run(s[saved], laws, as_of, points, is_stale=True)
    case, first, of_row = np.unique(s.owner // SOURCES, return_index=True, return_inverse=True)
    share = laws.stale[s.kind[first]]
    of_group = np.zeros(int(s.group.max()) + 1, dtype=np.int64)
    of_group[s.group] = of_row.ravel()
    as_fresh = np.bincount(of_group[fresh.group], fresh.log_likelihood, minlength=len(case))
    gain = stale.log_likelihood - fresh.log_likelihood[np.searchsorted(fresh.group, stale.group)]
    odds = np.log(share) - np.log1p(-share) + np.bincount(of_group[stale.group], gain, minlength=len(case))
    is_stale = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
    of_point = np.zeros(points)
    of_point[s.point[saved]] = is_stale[of_row.ravel()[saved]]
    total = as_fresh + np.log1p(-share) + np.logaddexp(0, odds)
    return Filtered(fresh.mass + of_point * (stale.mass - fresh.mass), float(total.sum()))


@dataclass(frozen=True)
class _Pass:
    """``mass`` a point; ``log_likelihood`` of each ``group`` (sorted), given that its accounts are stale, or are not."""

    mass: np.ndarray
    group: np.ndarray
    log_likelihood: np.ndarray


def _run(s: Sequence, laws: Laws, as_of: float, points: int, *, is_stale: bool) -> _Pass:
    distinct, group = np.unique(s.group, return_inverse=True)
    rounds, order = _rounds(group)
    t = _Tables(replace(s[order], group=group[order]), laws, is_stale=is_stale)
    state = _State(points, len(distinct))
    state.start(t)
    for start, end in pairwise(rounds.tolist()):
        _advance(state, t, slice(start, end))
    kind = np.zeros(len(distinct), dtype=np.int64)
    kind[group] = s.kind
    keep, total = _silence(state, laws, kind, t.told_of, as_of)
    of_point = np.zeros(points, dtype=np.int64)
    of_point[s.point] = group
    return _Pass(state.mass * (state.scale * keep / total)[of_point], distinct, state.log_likelihood + np.log(total))


def _silence(
    state: _State, laws: Laws, kind: np.ndarray, told: np.ndarray, as_of: float
) -> tuple[np.ndarray, np.ndarray]:
    """(survival, probability of hearing nothing more) of each group since its last record: a change is often announced."""
    keep = np.exp(-laws.rate[kind] * np.maximum(as_of - state.day, 0))
    return keep, 1 - state.seen * (1 - keep) * told


def _rounds(group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(bounds of the rounds, order of the rows): the j-th record of every group is in round j."""
    if not len(group):
        return np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64)
    starts = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    nth = np.arange(len(group)) - np.repeat(starts, np.diff(np.append(starts, len(group))))
    order = np.argsort(nth, kind="stable")
    return np.append(0, np.cumsum(np.bincount(nth))), order


class _Tables:
    """The records in order of rounds, with what can be said of them beforehand."""

    def __init__(self, s: Sequence, laws: Laws, *, is_stale: bool) -> None:
        self.group, self.point, self.day = s.group, s.point, s.day
        self.is_attempt = s.pair < 0
        self.rate, self.repeats = laws.rate[s.kind], laws.repeats[s.kind]
        self.is_stale = np.append(laws.saves, False)[s.pair] & is_stale
        self.mine, self.other = s.mine, s.other
        sighting = np.flatnonzero(~self.is_attempt)
        self.is_new = np.zeros(len(s.day), dtype=bool)
        self.is_new[sighting[_first(self.point[sighting])]] = True
        # P(an announcement, or none | the contact changed since the last record; before that; not at all)
        is_news = s.announces & self.is_new
        self.told_of = _told(s, is_news, laws)
        told = self.told_of[s.group]
        self.if_changed = np.where(is_news, told, np.where(s.announces, 1.0, 1 - told))
        self.if_unseen = np.where(is_news, told * _BELATED, 1.0)
        self.if_same = np.where(is_news, told, 1.0) * np.where(s.announces, laws.false_alarms, 1.0)
        self.has_shown = np.zeros(len(s.day), dtype=bool)  # this account, this very contact, before
        pair = s.account[sighting] * (int(self.point.max(initial=0)) + 1) + self.point[sighting]
        self.has_shown[sighting] = True
        self.has_shown[sighting[_first(pair)]] = False
        is_own = s.sure > _OWN  # what is no home of theirs says nothing of the account's default
        self.has_history = np.zeros(len(s.day), dtype=bool)  # this account anything, before
        self.has_history[sighting] = True
        self.has_history[sighting[_first(s.account[sighting])]] = False
        # a stale account's first record is of a default saved long ago
        share = laws.share[np.maximum(s.pair, 0)] if len(laws.share) else np.ones(len(s.pair))
        fresh = np.exp(-self.rate * _DEFAULT_AGE_DAYS)
        share = share * np.where(self.is_stale & ~self.has_history, fresh, 1.0)
        self.q = np.clip(share * s.sure, 1e-4, 1 - 1e-4)
        self.late, self.foreign = (1 - share) * s.sure, 1 - s.sure
        self.has_history &= is_own
        self.has_shown &= is_own


def _told(s: Sequence, is_news: np.ndarray, laws: Laws) -> np.ndarray:
    """Of each group's changes, the share that is announced: by ``announced`` of them where the debtor does so at all.

    Who announced something does; of the others the more changes must have passed in silence, the fewer do.
    """
    groups = int(s.group.max(initial=-1)) + 1
    kind = np.zeros(groups, dtype=np.int64)
    kind[s.group] = s.kind
    heard = np.bincount(s.group, is_news, minlength=groups) > 0
    expected = laws.announced[kind] * laws.rate[kind] * laws.heard_days[kind]
    does = laws.announcing[kind] * np.exp(-expected)
    return np.asarray(laws.announced[kind] * np.where(heard, 1.0, does / (does + 1 - laws.announcing[kind] + _TINY)))


def _first(codes: np.ndarray) -> np.ndarray:
    return np.unique(codes, return_index=True)[1]


class _State:
    """One row a point, or a group. ``mass × scale of its group`` is a point's probability."""

    def __init__(self, points: int, groups: int) -> None:
        self.mass = np.zeros(points)
        self.scale = np.ones(groups)
        self.seen = np.zeros(groups)
        self.known = np.zeros(groups)
        self.day = np.zeros(groups)
        self.log_likelihood = np.zeros(groups)

    def start(self, t: _Tables) -> None:
        self.day[t.group[::-1]] = t.day[::-1]


def _advance(state: _State, t: _Tables, rows: slice) -> None:
    """One record of each of these groups. The comments name the sums of the module's docstring."""
    g, p, q = t.group[rows], t.point[rows], t.q[rows]
    keep = np.exp(-t.rate[rows] * np.maximum(t.day[rows] - state.day[g], 0))
    mine = state.mass[p] * state.scale[g] * keep  # P(this contact is current)
    others = np.maximum(state.seen[g] * keep - mine, 0)  # P(another known one is)
    changed = state.seen[g] * (1 - keep)  # P(none of them is any more, since the last record)
    if_unseen = np.where(state.known[g] > 0, t.if_unseen[rows], 1.0)
    unseen = np.maximum(1 - mine - others - changed, 0) * if_unseen + changed * t.if_changed[rows]
    mine, others = mine * t.if_unseen[rows], others * t.if_same[rows]

    n = np.maximum(state.known[g], 1)
    repeats = np.where(t.has_history[rows], t.repeats[rows], np.minimum(t.repeats[rows], _DEFAULT_IS_KNOWN))
    repeats = np.where(state.known[g] > 0, repeats, 0.0)
    keeps = t.is_stale[rows] & t.has_history[rows]
    is_new, is_attempt, has_shown = t.is_new[rows], t.is_attempt[rows], t.has_shown[rows]
    late, foreign = t.late[rows], t.foreign[rows]  # it shows an older one; it is not about theirs at all
    from_known = (late * repeats + foreign * (1 - _STRANGE)) / n
    wrong = np.where(is_new, late * (1 - repeats) + foreign * np.where(state.known[g] > 0, _STRANGE, 1.0), from_known)
    departs = np.where(keeps, _DEPARTS, 1.0)
    is_default = keeps & has_shown
    like_mine = np.where(is_default, 1 - _DEPARTS, departs * q)
    like_other = np.where(is_default, 1 - _DEPARTS, departs * wrong)
    like_mine = np.where(is_attempt, t.mine[rows], like_mine)
    like_other = np.where(is_attempt, t.other[rows], like_other)

    # something new that is theirs was "unseen" until now
    now_mine = np.where(is_new, unseen * like_mine, mine * like_mine)
    total = now_mine + (others + unseen) * like_other
    total = np.maximum(total, _TINY)
    state.log_likelihood[g] += np.log(total)
    shrink = like_other / total
    state.scale[g] = np.maximum(state.scale[g] * keep * shrink, _TINY)
    state.scale[g] *= t.if_same[rows]
    state.mass[p] = now_mine / total / state.scale[g]
    state.seen[g] = now_mine / total + others * shrink
    state.known[g] += is_new
    state.day[g] = t.day[rows]
