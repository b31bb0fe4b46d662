"""Which observations are news: a record that repeats another, by its own word or by its source's habit, counts once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.kinds import ContactKind
from ranking.observations import EMERGENCY, OTHER

_CONTACTS = [ContactKind.PHONE.value, ContactKind.ADDRESS.value]
# A source is held to copy another when more than half of what only the other could have told it (its customers' gift
# receivers and relatives) was there before; two independent sources share one such contact in four (Beta(1, 3)).
_PRIOR = (1.0, 3.0)
# ... or when it says of so many of its records that they come from another's.
_ADMITS = 0.1


def settle(frame: pd.DataFrame) -> pd.DataFrame:
    """Add ``is_echo`` (repeats an earlier record of its origin) and ``is_garbled`` (contradicts its own origin).

    A copying source's record without an origin takes the origin of the newest earlier record that shows the same; where
    none is at hand it is as old as such copies usually are.
    """
    out = frame.sort_values(["case", "kind", "point", "day"], kind="stable").reset_index(drop=True)
    for copying, copied in copiers(out):
        out = _attribute(out, copying, copied)
    signals = out.link >= 0
    point = out.assign(source=out.source.astype(object)).loc[signals].sort_values("day", kind="stable")
    by_origin = point.groupby(["case", "kind", "origin"], sort=False)
    first_point = by_origin["point"].transform("first")
    first_source = by_origin["source"].transform("first")
    is_later = by_origin.cumcount() > 0
    same = first_point == point.point
    seen = point.duplicated(["point", "origin"])
    out["is_echo"] = False
    out["is_garbled"] = False
    out.loc[point.index, "is_echo"] = seen | (is_later & same)
    out.loc[point.index, "is_garbled"] = is_later & ~same & (first_source != point.source)
    return out


def copiers(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """(source that copies, source it copies from), most certain first; at most one original a source."""
    contacts = frame[frame.kind.isin(_CONTACTS) & (frame.point >= 0) & (frame.link >= 0)]
    names = [str(s) for s in contacts.source.unique()]
    found: dict[str, tuple[float, str]] = {}
    for copying in names:
        mine = contacts[contacts.source == copying]
        for copied in names:
            if copied == copying:
                continue
            belief = _belief(mine, contacts[contacts.source == copied])
            if belief > max(0.5, found.get(copying, (0.0, ""))[0]):
                found[copying] = (belief, copied)
    pairs = [(c, o) for c, (b, o) in found.items() if o not in found or found[o][0] < b]
    return sorted(pairs)


def _belief(mine: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """How sure it is that ``mine`` repeats ``theirs``: 1 by its own word, else the posterior share of tell-tale repeats."""
    first_day = theirs.groupby("origin")["day"].min().reindex(mine.origin).to_numpy()
    told = float(np.mean(first_day < mine.day.to_numpy())) if len(mine) else 0.0
    if told > _ADMITS:
        return 1.0 + told
    telltale = mine[mine.holder.between(OTHER, EMERGENCY)]
    earlier = theirs.groupby("point")["day"].min().reindex(telltale.point).to_numpy()
    hits = int(np.sum(earlier < telltale.day.to_numpy()))
    return (_PRIOR[0] + hits) / (sum(_PRIOR) + len(telltale))


def _attribute(frame: pd.DataFrame, copying: str, copied: str) -> pd.DataFrame:
    """Give a copy the origin and the day of what it repeats; one whose original is not at hand, the usual delay."""
    theirs = frame.loc[(frame.source == copied).to_numpy(), ["point", "origin", "day"]].sort_values("day")
    mine = frame.loc[(frame.source == copying).to_numpy(), ["point", "origin", "day"]].sort_values("day")
    earlier = pd.merge_asof(mine, theirs.assign(there=theirs.day), on="day", by="point", suffixes=("", "_there"))
    told = mine.origin.map(theirs.groupby("origin")["day"].min()).to_numpy()
    there, day = earlier.there.to_numpy(), mine.day.to_numpy()
    original = np.where(np.isnan(told), there, told)
    delays = (day - original)[~np.isnan(original)]
    delay = float(np.median(delays)) if len(delays) else 0.0
    out = frame.copy()
    out.loc[mine.index, "day"] = np.minimum(np.where(np.isnan(original), day - delay, original), day)
    finds = np.isnan(told) & ~np.isnan(there)
    out.loc[mine.index[finds], "origin"] = earlier.origin_there.to_numpy()[finds].astype(np.int64)
    return out
