"""What is shown of a candidate: its value in the fullest spelling, what stands behind it, and the factors that make its score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core import schemas
from core.kinds import ContactKind
from ranking import fuse, points, region
from ranking.observations import OTHER
from ranking.reasons import TELLING, RankReason

_MASK = "*"
_SHOWN = [*points.FACTORS, *region.FACTORS]
_NEGLIGIBLE = 0.02


def facts(contacts: pd.DataFrame) -> pd.DataFrame:
    """Per point: case, kind, value (fullest spelling, then newest), whether it was announced, what place it is."""
    rows = contacts.assign(fullness=_fullness(contacts), is_workplace=contacts.place.ne("home"))
    rows = rows.sort_values(["point", "fullness", "day"], ascending=[True, False, False], kind="stable")
    by_point = rows.groupby("point", sort=True)
    first = by_point[["case", "kind", "value", "place"]].first()
    first["source_kind"] = rows[rows.link >= 0].groupby("point")["source_kind"].first().astype(object)
    return first.assign(**_rivals(contacts))


def _rivals(contacts: pd.DataFrame) -> dict[str, pd.Series]:
    """Per point: has the debtor others of its kind (``has_others``), and was one recorded later than it (``has_newer``)?"""
    own = contacts[(contacts.holder < OTHER) & ~contacts.is_echo]
    last = own.groupby("point").agg(group=("group", "first"), day=("day", "max"))
    by_group = last.groupby("group")["day"]
    return {"has_others": by_group.transform("size") > 1, "has_newer": by_group.transform("max") > last.day}


def _fullness(contacts: pd.DataFrame) -> np.ndarray:
    """How much a spelling says: the parts of an address; a masked number says least; a consented one before a declared."""
    code, texts = pd.factorize(contacts.value)
    is_address = np.zeros(len(texts), dtype=bool)
    is_address[code[contacts.kind.eq(ContactKind.ADDRESS.value).to_numpy()]] = True
    fullness = np.array(
        [fuse.detail(t) if a else -(_MASK in t) for t, a in zip(texts, is_address, strict=True)], dtype=float
    )
    return np.asarray(fullness[code] + 0.5 * (contacts.link.to_numpy() >= 0))


def behind(kept: pd.DataFrame, contacts: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """One row per (candidate, link that stands behind it): ``row``, ``link``, ``day``, ``source``, ``origin``."""
    columns = ["row", "link", "day", "source", "origin"]
    rows = kept.reset_index(names="row")
    own = contacts[(contacts.link >= 0) & (contacts.holder < OTHER)]
    at_points = own.merge(rows.loc[rows.point.notna(), ["row", "point"]], on="point")[columns]
    where = (
        rows.loc[rows.kind.eq(ContactKind.REGION.value), ["row", "case", "value"]]
        .rename(columns={"value": "city"})
        .astype({"city": "str"})
    )
    province = regions.city.map({c: fuse.province(c) for c in regions.city.unique()}).astype("str")
    in_city = regions.merge(where, on=["case", "city"])[columns]
    in_province = regions.assign(city=province)[regions.city != province].merge(where, on=["case", "city"])[columns]
    parts = [p.astype({"source": object}) for p in (at_points, in_city, in_province)]
    return pd.concat(parts, ignore_index=True).sort_values(["row", "day", "link"], kind="stable")


def table(kept: pd.DataFrame, support: pd.DataFrame, links: pa.Table, registry: pa.Table) -> pa.Table:
    """The candidates in schema CANDIDATES."""
    bounds = np.searchsorted(support.row.to_numpy(), np.arange(len(kept) + 1))
    day = support.day.to_numpy()
    empty = np.diff(bounds) == 0
    last = np.where(empty, np.nan, day[np.maximum(bounds[1:] - 1, 0)] if len(day) else np.nan)
    first = np.where(empty, np.nan, day[np.minimum(bounds[:-1], len(day) - 1)] if len(day) else np.nan)
    origins = support.drop_duplicates(["row", "origin"]).groupby("row").size().reindex(range(len(kept))).fillna(0)
    columns = {
        "case_id": registry["case_id"].take(pa.array(kept.case.to_numpy(dtype=np.int64))),
        "rank": kept["rank"].to_numpy(),
        "kind": kept.kind,
        "value": kept.value,
        "probability": kept.probability,
        "holder": kept.holder,
        "first_seen": _times(first),
        "last_seen": _times(last),
        "sources": _lists(support, "source", len(kept)),
        "origins": origins.to_numpy(),
        "reasons": _reasons(kept, origins.to_numpy()),
        "factors": _factors(kept),
        "signal_ids": _of_links(support, links["signal_id"], len(kept)),
        "consent_ids": _consents(support, links["consent_id"], len(kept)),
    }
    arrays = {
        n: c if isinstance(c, pa.Array | pa.ChunkedArray) else pa.array(c, from_pandas=True) for n, c in columns.items()
    }
    return schemas.conform(pa.table(arrays), schemas.CANDIDATES)


def _times(days: np.ndarray) -> pa.Array:
    micro = np.round(np.nan_to_num(days) * 86_400_000_000).astype(np.int64)
    return pc.cast(pa.array(micro, mask=np.isnan(days)), pa.timestamp("us", tz="UTC"))


def _lists(support: pd.DataFrame, column: str, n: int) -> pa.Array:
    """Distinct texts of each candidate, sorted, as Arrow lists."""
    rows = support[["row", column]].dropna().drop_duplicates().sort_values(["row", column])
    offsets = np.searchsorted(rows.row.to_numpy(), np.arange(n + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(rows[column].to_numpy(), pa.string()))


def _of_links(support: pd.DataFrame, column: pa.ChunkedArray, n: int) -> pa.Array:
    texts = column.to_numpy(zero_copy_only=False)[support.link.to_numpy()]
    return _lists(pd.DataFrame({"row": support.row.to_numpy(), "text": texts}), "text", n)


def _consents(support: pd.DataFrame, column: pa.ChunkedArray, n: int) -> pa.Array:
    texts = column.to_numpy(zero_copy_only=False)[support.link.to_numpy()]
    rows = pd.DataFrame({"row": support.row.to_numpy(), "text": pd.Series(texts, dtype=object).str.split("|")})
    return _lists(rows.explode("text"), "text", n)


def _factors(kept: pd.DataFrame) -> pa.Array:
    """What is not zero, in order; the last one shown absorbs nothing: the sum is the log-odds to the last bit but rounding."""
    matrix = kept.reindex(columns=_SHOWN).fillna(0.0).to_numpy(float)
    row, column = np.nonzero(matrix)
    offsets = np.append(0, np.cumsum(np.count_nonzero(matrix, axis=1))).astype(np.int32)
    names = pa.array([f[2:] for f in _SHOWN])
    structs = pa.StructArray.from_arrays(
        [names.take(pa.array(column)), pa.array(matrix[row, column]), pa.nulls(len(row), pa.string())],
        names=["factor", "log_odds", "detail"],
    )
    return pa.ListArray.from_arrays(pa.array(offsets), structs)


def _reasons(kept: pd.DataFrame, origins: np.ndarray) -> list[list[str]]:
    """The two or three codes a person reads first (``ranking.reasons``; translated at the edge)."""
    value = kept.reindex(columns=_SHOWN).fillna(0.0)
    rivals = kept.reindex(columns=["has_others", "has_newer"]).eq(other=True)
    costs = value.f_contradiction < -TELLING
    flags = {
        RankReason.NEWER_EXISTS: costs & rivals.has_newer,
        RankReason.OTHERS_EXIST: costs & rivals.has_others & ~rivals.has_newer,
        RankReason.REACHED_BEFORE: value.f_outcomes > _NEGLIGIBLE,
        RankReason.FAILED_BEFORE: value.f_outcomes < -_NEGLIGIBLE,
        RankReason.SHARED: value.f_shared < 0,
        RankReason.PICKUP_POINT: kept.place.eq("pickup_point"),
        RankReason.OFFICE: kept.place.eq("office"),
        RankReason.REGION_AGREES: value.f_region > _NEGLIGIBLE,
        RankReason.REGION_DISAGREES: value.f_region < -_NEGLIGIBLE,
    }
    first = np.where(
        kept.kind.eq(ContactKind.REGION.value),
        f"{RankReason.REGION_SHARE}:" + (100 * kept.probability).round().astype(int).astype(str),
        f"{RankReason.SEEN_BY}:" + kept.source_kind.astype(str),
    )
    named = np.array([code.value for code in flags])
    hits = np.array([f.fillna(value=False).to_numpy(dtype=bool) for f in flags.values()]).T
    several = [[f"{RankReason.ORIGINS}:{int(o)}"] if o > 1 else [] for o in origins]
    return [[a, *o, *named[h]] for a, o, h in zip(first, several, hits, strict=True)]
