"""Where a debtor lives, from where and on what a card was used and what the app was allowed to see: city, province, or nothing.

A sighting is in the home city with a probability that depends on what was bought (groceries at home, hotels travelling); days
away recur at the same places. One sighting a city and week counts: a trip is one trip. Older ones count less, expired ones
not at all.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

import values.merchant
import values.regions
from core.kinds import ContactKind, SourceKind
from ranking import fuse
from ranking.accounts import DEFAULT_AGE_YEARS
from ranking.observations import OTHER
from ranking.params import Params
from ranking.points import logit

_DERIVED = [SourceKind.TRANSACTION_REGIONS.value, SourceKind.APP_REGIONS.value]
_OTHER_GROUP = {SourceKind.APP_REGIONS.value: "app", SourceKind.SERVICE_NOTES.value: "note"}
FACTORS = ["f_sightings", "f_elsewhere"]
COLUMNS = ["case", "city", "probability", *FACTORS]


def sightings(frame: pd.DataFrame, params: Params, as_of: float, moves_a_year: float) -> pd.DataFrame:
    """The region observations that may still be used, each with its ``city`` and ``weight`` (log-odds that it is home)."""
    seen = frame[frame.kind == ContactKind.REGION.value].copy()
    age = as_of - seen.day
    seen = seen[(age <= params.region.ttl_days) | ~seen.source_kind.isin(_DERIVED)]
    cities = {code: values.regions.city_of(code) or code for code in seen.value.unique()}
    weight = _weight(_at_home(seen, params) * seen.sure, as_of - seen.day, params, moves_a_year)
    placed = seen.assign(city=seen.value.map(cities).astype("str"), weight=weight)
    return placed[~_says_less(placed)]


def _says_less(placed: pd.DataFrame) -> np.ndarray:
    """Sightings that tell nothing: in a nation (England), or in a province of which the case was seen in a city too."""
    out = np.zeros(len(placed), dtype=bool)
    codes = placed.city.unique()
    for wide in (c for c in codes if values.regions.is_code(c) and values.regions.city_of(c) is None):
        here = placed.city.eq(wide).to_numpy()
        inside = [c for c in codes if c != wide and values.regions.is_within(c, wide)]
        known = placed.case[placed.city.isin(inside)].unique()
        out |= here & (placed.case.isin(known).to_numpy() | values.regions.is_nation(wide))
    return out


def of_addresses(
    contacts: pd.DataFrame, params: Params, as_of: float, moves_a_year: float, stale: float
) -> pd.DataFrame:
    """The debtor's own addresses as sightings of their city: of use longer than the addresses themselves.

    ``stale``: the share of accounts that show what was saved long before.
    """
    own = contacts[contacts.kind.eq(ContactKind.ADDRESS.value) & (contacts.link >= 0) & (contacts.holder < OTHER)]
    own = own[~own.is_echo].copy()
    own["city"] = pd.array(fuse.cities(own), dtype="str")
    left = 1 - np.exp(-moves_a_year * params.region.leaves_city * DEFAULT_AGE_YEARS)
    at_home = params.region.at_home["address"] * own.sure * (1 - stale * left)
    own["weight"] = _weight(at_home, as_of - own.day, params, moves_a_year)
    return own[own.city.notna()]


def _weight(at_home: pd.Series, age: pd.Series, params: Params, moves_a_year: float) -> pd.Series:
    """Log-odds that a sighting tells today's city: home then, and no move to another city in the ``age`` days since."""
    still = np.clip(at_home * np.exp(-moves_a_year * params.region.leaves_city * age / 365), 0.01, 0.99)
    weight: pd.Series = np.log(still / ((1 - still) * params.region.recurs))
    return weight


def posteriors(seen: pd.DataFrame, params: Params) -> pd.DataFrame:
    """P(home) per case and city; what remains of one is somewhere nobody saw."""
    if seen.empty:
        return pd.DataFrame({c: pd.Series(dtype="str" if c == "city" else float) for c in COLUMNS})
    # an account's address is one opinion however often it is used
    week = (seen.day // 7).where(seen.kind.eq(ContactKind.REGION.value), 0).astype(int)
    trips = seen.assign(week=week).groupby(["case", "city", "week"], as_index=False)["weight"].max()
    out: pd.DataFrame = trips.groupby(["case", "city"], as_index=False)["weight"].sum()
    odds = np.exp(np.clip(out.weight + np.log(params.region.recurs), -20, 20))
    total = odds.groupby(out.case).transform("sum") + 1
    out["probability"] = odds / total * (1 - params.region.surprise)
    out["f_sightings"] = logit(odds / (odds + 1))
    out["f_elsewhere"] = logit(out.probability) - out.f_sightings
    return out[COLUMNS]


def candidates(posterior: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Cities where the likeliest is clear enough; else the province, where that is; else the case is left out."""
    best = posterior.groupby("case")["probability"].transform("max")
    clear = posterior[best >= params.region.min_posterior]
    vague = posterior[best < params.region.min_posterior]
    province = vague.assign(city=vague.city.map({c: values.regions.province_of(c) or c for c in vague.city.unique()}))
    wide = province.groupby(["case", "city"], as_index=False)["probability"].sum()
    wide = wide[wide.probability >= params.region.min_posterior]
    wide = wide.assign(f_sightings=logit(wide.probability), f_elsewhere=0.0)
    return pd.concat([clear, wide], ignore_index=True) if len(wide) else clear.reset_index(drop=True)


def support(points: pd.DataFrame, posterior: pd.DataFrame, params: Params) -> np.ndarray:
    """Log-odds that the region adds to each address: for it in the likely city, against it elsewhere; 0 where nothing is known.

    ``points`` has ``case``, ``city`` and ``kind``. In between, by how much of the posterior lies in the address's city.
    """
    known = posterior.groupby("case")["probability"].sum().reindex(points.case).fillna(0).to_numpy()
    index = pd.MultiIndex.from_arrays([points.case, points.city])
    here = posterior.set_index(["case", "city"])["probability"].reindex(index).fillna(0).to_numpy()
    agrees, disagrees = np.exp(params.region_agrees_log_odds), np.exp(params.region_disagrees_log_odds)
    ratio = here * agrees + (known - here) * disagrees + (1 - known)
    applies = points.kind.eq(ContactKind.ADDRESS.value).to_numpy() & points.city.notna().to_numpy()
    return np.where(applies, np.log(ratio), 0.0)


def _at_home(seen: pd.DataFrame, params: Params) -> np.ndarray:
    table = params.region.at_home
    groups = {m: values.merchant.group(m) for m in seen.mcc.astype(object).dropna().unique()}
    group = (
        seen.mcc.astype(object).map(groups).where(seen.mcc.notna(), seen.source_kind.astype(object).map(_OTHER_GROUP))
    )
    return group.map(table).fillna(table["other"]).to_numpy(dtype=float)
