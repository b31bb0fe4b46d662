"""A number one digit (or two swapped ones) off another of the same debtor is that one, written wrongly.

Two numbers of one person agree in all digits but one by chance once in some ten thousand pairs; a clerk or a garbled copy is
off by a digit once in a hundred. Only what a single record says gives way, and never what a customer announced; and only where
the portfolio shows that well attested numbers of one debtor are no neighbours: some lenders hand them out in a row.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.kinds import ContactKind
from ranking.observations import OTHER

_MASK = "*"
_ATTESTED = 2  # records of a number that is no slip
_ENOUGH, _RARE = 50, 0.02  # so many pairs of attested numbers must there be, and so few of them neighbours
_BY_CONTRACT = 2  # records that a declared number is worth: it was tried when the contract was signed


def corrected(frame: pd.DataFrame) -> pd.Series:
    """The column ``value`` with such numbers replaced. ``frame``: all observations of signals and contracts."""
    is_own = frame.kind.eq(ContactKind.PHONE.value) & (frame.holder < OTHER)
    phones = frame.loc[is_own & ~frame.value.astype(str).str.contains(_MASK, regex=False)]
    numbers = _numbers(phones)
    pairs = numbers.merge(numbers, on="case", suffixes=("", "_other"))
    pairs = pairs[pairs.value != pairs.value_other]
    is_alike = _alike(pairs.value.to_numpy(), pairs.value_other.to_numpy())
    is_attested = (pairs.records >= _ATTESTED) & (pairs.records_other >= _ATTESTED)
    if is_attested.sum() < 2 * _ENOUGH or is_alike[is_attested].mean() > _RARE:  # each pair stands there twice
        return frame["value"]
    pairs = pairs[is_alike & (pairs.records == 1) & ~pairs.is_firm]
    # the better attested spelling; of equals the one that was there first, then the smaller
    worse = (pairs.records_other > pairs.records) | (
        (pairs.records_other == pairs.records)
        & ((pairs.day_other < pairs.day) | ((pairs.day_other == pairs.day) & (pairs.value_other < pairs.value)))
    )
    order = ["case", "value", "records_other", "day_other", "value_other"]
    best = pairs[worse].sort_values(order, ascending=[True, True, False, True, True])
    right = best.drop_duplicates(["case", "value"]).set_index(["case", "value"]).value_other
    if right.empty:
        return frame["value"]
    out = frame["value"].astype(object)
    said = pd.MultiIndex.from_frame(phones[["case", "value"]])
    found = right.reindex(said).to_numpy(dtype=object)
    is_wrong = pd.notna(found)
    out.loc[phones.index[is_wrong]] = found[is_wrong]
    return out


def _numbers(phones: pd.DataFrame) -> pd.DataFrame:
    """Each number of each debtor: how many distinct records say it, when first, whether it was declared or announced."""
    is_declared = phones.link < 0
    rows = phones.assign(
        value=phones.value.astype(object), is_declared=is_declared, is_firm=is_declared | phones.announces
    )
    by = rows.groupby(["case", "value"], sort=True)
    out = by.agg(
        records=("origin", "nunique"),
        day=("day", "min"),
        is_declared=("is_declared", "max"),
        is_firm=("is_firm", "max"),
    ).reset_index()
    out["records"] += (_BY_CONTRACT - 1) * out.is_declared
    return out[out.groupby("case")["value"].transform("size") > 1]


def _alike(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Do two numbers of one length differ in one digit, or in two neighbouring ones that are swapped?"""
    if not len(a):
        return np.empty(0, dtype=bool)
    left, right = np.asarray(a, dtype="U"), np.asarray(b, dtype="U")
    width = max(left.dtype.itemsize, right.dtype.itemsize) // 4
    x, y = (s.astype(f"U{width}").view(np.uint32).reshape(len(s), width) for s in (left, right))
    differs = x != y
    n = differs.sum(axis=1)
    swapped = np.zeros(len(a), dtype=bool)
    if width > 1:
        crossed = (x[:, :-1] == y[:, 1:]) & (x[:, 1:] == y[:, :-1]) & differs[:, :-1] & differs[:, 1:]
        swapped = (n == 2) & crossed.any(axis=1)
    same_length = np.char.str_len(left) == np.char.str_len(right)
    return np.asarray(same_length & ((n == 1) | swapped))
