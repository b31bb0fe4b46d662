"""Whose a contact point is, by all that names it: this debtor's records, and those of everybody else."""

from __future__ import annotations

import numpy as np
import pandas as pd

import values.name
from core.kinds import ContactKind, Holder
from ranking.observations import COMPATIBLE, EMERGENCY, OTHER, SAME, UNNAMED
from ranking.params import Params

# A household shares a number or a home; from the third unrelated person on it is a counter, an office, a shop.
_HOUSEHOLD = 2
# A number given up lies idle before it is issued again (China: 90 days): within that, two people share it.
_IDLE_DAYS = 90.0


def of_points(
    frame: pd.DataFrame, points: pd.DataFrame, people: np.ndarray, names: np.ndarray, params: Params
) -> pd.DataFrame:
    """Add ``holder`` (core.kinds.Holder) and ``f_shared`` (log-odds) to ``points`` (indexed by point, with case and kind).

    ``frame``: all observations with ``point``; ``people`` and ``names``: person code and debtor's name of each case.
    """
    seen = frame[frame.point >= 0]
    last = seen.pivot_table(index="point", columns="holder", values="day", aggfunc="max").reindex(
        index=points.index, columns=[SAME, COMPATIBLE, UNNAMED, OTHER, EMERGENCY]
    )
    is_signal = (
        seen[(seen.link >= 0) & (seen.holder < OTHER)].groupby("point")["day"].size().reindex(points.index).fillna(0)
        > 0
    )
    other, emergency = last[OTHER].notna(), last[EMERGENCY].notna()
    is_phone = points.kind.ne(ContactKind.ADDRESS.value)
    third = (
        emergency & is_phone | other & ~_named(seen, points.index) & (is_phone | ~last[UNNAMED].notna()) | ~is_signal
    )
    mixed = other & ~third
    superseded = mixed & is_phone & (last[OTHER] > last[[SAME, COMPATIBLE, UNNAMED]].max(axis=1))
    shared, taken = _elsewhere(seen, points, people, names)
    odds = np.where(mixed & is_phone & ~superseded, params.mixed_names_log_odds, 0.0)
    odds = odds + np.where(
        taken | superseded, params.taken_over_log_odds, np.where(shared, params.shared_log_odds, 0.0)
    )
    uncertain = mixed | shared | taken
    holder = np.where(third, Holder.THIRD_PARTY.value, np.where(uncertain, Holder.UNCERTAIN.value, Holder.DEBTOR.value))
    return points.assign(holder=holder, f_shared=odds)


def _named(seen: pd.DataFrame, index: pd.Index) -> pd.Series:
    """Did a consented record give the debtor's full name as this contact's receiver?"""
    own = seen[(seen.holder == SAME) & (seen.link >= 0)].groupby("point").size()
    return own.reindex(index).fillna(0) > 0


def _elsewhere(
    seen: pd.DataFrame, points: pd.DataFrame, people: np.ndarray, names: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Per point: (somebody else has this number too, somebody else had it later)."""
    phones = seen[seen.kind.eq(ContactKind.PHONE.value) & (seen.holder != EMERGENCY)]
    number = phones.value.astype("category").cat.codes.to_numpy()
    person = people[phones.case.to_numpy()]
    each = pd.DataFrame(
        {"number": number, "person": person, "case": phones.case.to_numpy(), "point": phones.point.to_numpy()}
    )
    each["day"] = phones.day.to_numpy()
    each["is_other"] = (phones.holder == OTHER).to_numpy()
    each["receiver"] = phones.receiver.astype(object).to_numpy()
    several = each.groupby("number")["person"].transform("nunique") > 1
    each = each[several]
    own = each[~each.is_other].groupby(["number", "point", "case", "person"], as_index=False)["day"].max()
    theirs = each.groupby(["number", "person", "case", "is_other", "receiver"], as_index=False, dropna=False)[
        "day"
    ].max()
    pairs = own.merge(theirs, on="number", suffixes=("", "_there"))
    pairs = pairs[pairs.person != pairs.person_there]
    each_pair = zip(pairs.case, pairs.case_there, pairs.is_other, pairs.receiver, strict=True)
    differs = [_differs(names[a], r if o else names[b]) for a, b, o, r in each_pair]
    pairs = pairs[np.array(differs, dtype=bool)]
    gap = pairs.day_there - pairs.day
    taken = pd.Index(pairs.point[gap > _IDLE_DAYS].unique())
    shared = pd.Index(pairs.point[gap.abs() <= _IDLE_DAYS].unique())
    return points.index.isin(shared), points.index.isin(taken)


def _differs(debtor: str, holder: str | None) -> bool:
    return isinstance(holder, str) and values.name.compatible(holder, debtor) is None


def crowded(frame: pd.DataFrame, place: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Per row: do more unrelated people receive at this place (a code over all cases) than live in a household?"""
    rows = pd.DataFrame({"place": place, "person": people[frame.case.to_numpy()]})
    many = rows.drop_duplicates().groupby("place")["person"].size() > _HOUSEHOLD
    return np.asarray(rows.place.map(many).fillna(value=False), dtype=bool)
