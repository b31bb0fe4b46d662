"""Observations → contact points with their log-odds: the probability is the sum of the factors that are shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.kinds import ContactKind, Holder
from ranking.params import Params

_FLOOR = 1e-6


def logit(p: np.ndarray | pd.Series) -> np.ndarray:
    """ln(p / (1 - p)), kept finite."""
    q = np.clip(np.asarray(p, dtype=float), _FLOOR, 1 - _FLOOR)
    return np.asarray(np.log(q) - np.log1p(-q))


def age_days(when: pd.Series, as_of: pd.Timestamp, unknown: float = 365.0) -> np.ndarray:
    """Days before ``as_of``; never negative; an unknown time counts as a year ago."""
    seconds = (as_of - when).dt.total_seconds().fillna(unknown * 86_400)
    return np.asarray(seconds.clip(lower=0) / 86_400, dtype=float)


def weigh(observations: pd.DataFrame, params: Params, as_of: pd.Timestamp) -> pd.DataFrame:
    """Each observation with its chain of factors: source, age, holder, link. Their sum is the logit of its probability."""
    out = observations.copy()
    priors = [params.validity(s, k) for s, k in zip(out.source_kind, out.kind, strict=True)]
    valid = np.array([p.valid for p in priors])
    half_life = np.array([p.half_life_days for p in priors])
    age = age_days(out.observed_at, as_of)
    holder = out.holder_class.map(params.holder.model_dump()).to_numpy(float)
    chain = [
        valid,
        0.5 ** (age / half_life),
        holder,
        out.link.to_numpy(float) * out.confidence.fillna(1).to_numpy(float),
    ]
    product = np.ones(len(out))
    before = np.zeros(len(out))
    for name, factor in zip(("f_source", "f_age", "f_holder", "f_link"), chain, strict=True):
        product = product * factor
        now = logit(product)
        out[name] = now - before
        before = now
    out["p"] = product
    out["age_days"] = age
    return out


def fuse(weighed: pd.DataFrame, params: Params) -> pd.DataFrame:
    """One row per (case, kind, key): the best observation speaks, distinct origins corroborate, newer points contradict."""
    order = weighed.sort_values(["case_id", "kind", "key", "p", "signal_id"], ascending=[True, True, True, False, True])
    keys = ["case_id", "kind", "key"]
    groups = order.groupby(keys, sort=True)
    best = groups.head(1).set_index(keys)
    points = best[
        ["value", "f_source", "f_age", "f_holder", "f_link", "holder_class", "is_pickup_point", "source_kind"]
    ].copy()
    points["first_seen"] = groups["observed_at"].min()
    points["last_seen"] = groups["observed_at"].max()
    points["sources"] = groups["source"].agg(lambda s: sorted(set(s)))
    points["origins"] = groups["origin_id"].nunique()
    points["signal_ids"] = groups["signal_id"].agg(lambda s: sorted({x for x in s if isinstance(x, str)}))
    points["consent_ids"] = groups["consent_id"].agg(_consents)
    own = order[order.p >= _FLOOR * 10]
    points["agreeing"] = own.groupby(keys)["origin_id"].nunique().reindex(points.index).fillna(1)
    extra = (points.agreeing - 1).clip(0, params.corroboration_max_origins - 1)
    points["f_corroboration"] = params.corroboration_log_odds * np.sqrt(extra)
    points["f_pickup"] = np.where(
        points.is_pickup_point.fillna(value=False).astype(bool), params.pickup_point_log_odds, 0.0
    )
    return _contradict(points.reset_index(), order, params)


def _consents(column: pd.Series) -> list[str]:
    return sorted({c for joined in column if isinstance(joined, str) for c in joined.split("|")})


def _contradict(points: pd.DataFrame, observations: pd.DataFrame, params: Params) -> pd.DataFrame:
    """A newer point of the same kind pulls an older one down; one that announces itself as the replacement, further."""
    alive = observations[observations.p > 0.2]
    announced = alive[alive.retires_older.astype(bool)].groupby(["case_id", "kind"])["observed_at"].max()
    newest = alive.groupby(["case_id", "kind"])["observed_at"].max()
    index = pd.MultiIndex.from_frame(points[["case_id", "kind"]])
    seen = points.last_seen.fillna(pd.Timestamp(0, tz="UTC"))
    is_retired = (announced.reindex(index).to_numpy() > seen.to_numpy()) & points.kind.isin(
        ["phone", "address"]
    ).to_numpy()
    is_older = newest.reindex(index).to_numpy() > seen.to_numpy()
    points["f_contradiction"] = np.where(
        is_retired, params.retired_log_odds, np.where(is_older, params.newer_log_odds, 0.0)
    )
    return points


def apply_outcomes(points: pd.DataFrame, outcomes: pd.DataFrame, params: Params, as_of: pd.Timestamp) -> pd.DataFrame:
    """What earlier attempts at this very point say, fading with their age; unanswered ones count up to three times."""
    points["f_outcomes"] = 0.0
    if outcomes.empty or points.empty:
        return points
    known = outcomes[(outcomes["at"] <= as_of) & outcomes.disposition.isin(params.outcomes)].copy()
    age = age_days(known["at"], as_of)
    known["weight"] = known.disposition.map(params.outcomes).to_numpy(float) * 0.5 ** (
        age / params.outcome_half_life_days
    )
    known = known.sort_values("at", ascending=False)
    nth = known.groupby(["case_id", "kind", "key", "disposition"]).cumcount()
    limit = known.disposition.map(lambda d: 3 if d == "no_answer" else 1)
    known = known[nth < limit]
    total = known.groupby(["case_id", "kind", "key"])["weight"].sum()
    index = pd.MultiIndex.from_frame(points[["case_id", "kind", "key"]])
    points["f_outcomes"] = total.reindex(index).fillna(0).to_numpy()
    return points


FACTORS = ["f_source", "f_age", "f_holder", "f_link", "f_corroboration", "f_contradiction", "f_pickup", "f_outcomes"]


def score(points: pd.DataFrame) -> pd.DataFrame:
    """The probability of each point, and whose it is held to be."""
    points["log_odds"] = points[FACTORS].sum(axis=1)
    points["probability"] = 1 / (1 + np.exp(-points.log_odds))
    third = points.holder_class.isin(["other_name", "emergency_contact"])
    certain = points.holder_class.isin(["same_name", "compatible_name", "unnamed"])
    points["holder"] = np.where(third, Holder.THIRD_PARTY, np.where(certain, Holder.DEBTOR, Holder.UNCERTAIN))
    return points


def reasons(row: Any) -> list[str]:
    """The two or three codes a person reads first (translated at the edge)."""
    out = [f"seen_by:{row.source_kind}"]
    if row.origins > 1:
        out.append(f"origins:{int(row.origins)}")
    if row.f_contradiction < 0:
        out.append("newer_exists")
    if row.f_outcomes > 0:
        out.append("reached_before")
    if row.f_outcomes < 0:
        out.append("failed_before")
    if row.f_pickup < 0 and row.kind == ContactKind.ADDRESS:
        out.append("pickup_point")
    return out
