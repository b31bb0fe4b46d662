"""Where a debtor lives, from where and on what a card was used and what the app was allowed to see: city level, or nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

import values.divisions
import values.merchant
from core.kinds import ContactKind
from ranking.params import Params
from ranking.points import age_days, logit


def home(observations: pd.DataFrame, params: Params, as_of: pd.Timestamp) -> pd.DataFrame:
    """One region point per case whose posterior is clear enough; others abstain. Older than the TTL counts nothing."""
    seen = observations[observations.kind.eq(ContactKind.REGION) & (observations.observed_at <= as_of)].copy()
    age = pd.Series(age_days(seen.observed_at, as_of), index=seen.index)
    fresh = (age <= params.region.ttl_days) | seen.source_kind.eq("service_notes")
    seen, age = seen[fresh], age[fresh]
    if seen.empty:
        return _no_points()
    seen["city"] = _cities(seen.key)
    seen["weight"] = _weights(seen, params) * seen.link * 0.5 ** (age / _half_lives(seen, params))
    by_city = seen.groupby(["case_id", "city"])["weight"].sum()
    share = by_city / (by_city.groupby("case_id").transform("sum") + 0.5)
    best = share.groupby("case_id").idxmax().dropna()
    top = share.loc[list(best)]
    top = top[top >= params.region.min_posterior]
    return _points(top, seen)


def _cities(keys: pd.Series) -> pd.Series:
    distinct = {k: values.divisions.city_of(k) or k for k in keys.unique()}
    return keys.map(distinct)


def _weights(seen: pd.DataFrame, params: Params) -> np.ndarray:
    table = params.region.merchant_weight
    group = {m: values.merchant.group(m) for m in seen.mcc.dropna().unique()}
    weight = seen.mcc.map(group).map(table).astype(float)
    other = seen.source_kind.map({"app_regions": table["app"], "service_notes": 2.0}).astype(float)
    return np.asarray(weight.fillna(other).fillna(table["other"]))


def _half_lives(seen: pd.DataFrame, params: Params) -> np.ndarray:
    table = {k: params.validity(k, ContactKind.REGION.value).half_life_days for k in seen.source_kind.unique()}
    return np.asarray(seen.source_kind.map(table), dtype=float)


def _points(top: pd.Series, seen: pd.DataFrame) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples(list(top.index), names=["case_id", "city"])
    here = seen.set_index(["case_id", "city"]).loc[lambda d: d.index.isin(index)]
    groups = here.groupby(level=["case_id", "city"])
    out = pd.DataFrame({"probability": top})
    out["first_seen"] = groups["observed_at"].min()
    out["last_seen"] = groups["observed_at"].max()
    out["sources"] = groups["source"].agg(lambda s: sorted(set(s)))
    out["origins"] = groups["origin_id"].nunique()
    out["signal_ids"] = groups["signal_id"].agg(lambda s: sorted(set(s)))
    out["consent_ids"] = groups["consent_id"].agg(
        lambda s: sorted({c for joined in s if isinstance(joined, str) for c in joined.split("|")})
    )
    out["f_region"] = logit(out.probability)
    out["reasons"] = [[f"region_share:{round(100 * p)}"] for p in out.probability]
    out = out.reset_index().rename(columns={"city": "value"})
    return out.assign(kind=ContactKind.REGION.value, holder="debtor", log_odds=out.f_region)


def _no_points() -> pd.DataFrame:
    names = ["case_id", "value", "probability", "first_seen", "last_seen", "sources", "origins", "signal_ids"]
    return pd.DataFrame(columns=[*names, "consent_ids", "f_region", "reasons", "kind", "holder", "log_odds"])
