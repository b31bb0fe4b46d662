"""The door: links of all debtors → their ranked, explained candidates, and the fate of every link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core import schemas
from core.kinds import ContactKind, Holder
from ranking import attempts, explain, fuse, holders, misspelt, observations, origins, places, points, region
from ranking.observations import OTHER
from ranking.params import Params
from ranking.validity import Laws

_DAY = 86_400


@dataclass(frozen=True)
class Ranking:
    """``candidates`` has schema CANDIDATES; ``fates`` says of each link: supporting, third_party or unusable.

    ``laws``: how this portfolio's contacts change and its sources err, as far as its own records tell.
    """

    candidates: pa.Table
    fates: pa.Table
    laws: Laws | None = None


def rank(
    links: pa.Table,
    signals: pa.Table,
    registry: pa.Table,
    outcomes: pa.Table,
    third_party: pa.Array,
    *,
    as_of: datetime,
    params: Params,
    min_probability: float,
    max_per_kind: int,
) -> Ranking:
    """Rank every contact point of every debtor.

    ``signals``: ADMITTED of the linked signals; ``third_party``: per link, whether its number is the case's emergency
    contact's. A declared contact is a candidate only where a consented signal confirms it. The order of the rows of any table changes nothing.
    """
    now = as_of.timestamp() / _DAY
    links, third_party = _in_order(links, third_party)
    registry = registry.sort_by([("case_id", "ascending")])
    outcomes = outcomes.sort_by([(n, "ascending") for n in ("case_id", "contact_value", "at", "disposition", "kind")])
    if not links.num_rows or not registry.num_rows:
        return Ranking(schemas.empty(schemas.CANDIDATES), _fates(links, np.zeros(0, int), np.zeros(0, int)))
    seen = observations.of_links(links, signals, registry, third_party, now)
    contacts = contacts_of(seen, registry, params, now)
    expected = params.change(ContactKind.ADDRESS.value).a_year
    of_region = region.sightings(seen, params, now, expected)
    posterior = region.posteriors(of_region, params)
    scored, laws = _scored(contacts, registry, outcomes, posterior, params, now)
    moves, stale = laws.a_year(ContactKind.ADDRESS.value), laws.stale_share(ContactKind.ADDRESS.value)
    everywhere = pd.concat(
        [region.sightings(seen, params, now, moves), region.of_addresses(contacts, params, now, moves, stale)],
        ignore_index=True,
    )
    kept = _kept(_both(scored, region.posteriors(everywhere, params), params), min_probability, max_per_kind)
    behind = explain.behind(kept, contacts, everywhere)
    candidates = explain.table(kept, behind, links, registry)
    third = contacts.link[(contacts.holder >= OTHER) & (contacts.link >= 0)]
    return Ranking(candidates, _fates(links, behind.link.to_numpy(), third.to_numpy()), laws)


def _in_order(links: pa.Table, third_party: pa.Array) -> tuple[pa.Table, pa.Array]:
    """By ids: sums of the same numbers in another order end in other bits, and the laws are fitted to such sums."""
    order = pc.sort_indices(links, [("signal_id", "ascending"), ("case_id", "ascending")])
    return links.take(order), third_party.take(order)


def contacts_of(seen: pd.DataFrame, registry: pa.Table, params: Params, now: float) -> pd.DataFrame:
    """All observations of contacts with their point, declared ones among them; what echoes, and what place it is."""
    signals = seen[seen.kind != ContactKind.REGION.value]
    both = pd.concat(
        [signals, observations.declared(registry, signals, params.declared_before_lost_days, now)], ignore_index=True
    )
    both["value"] = misspelt.corrected(both)
    both["place"] = places.kinds(both, observations.people(registry))
    for name in ("source", "source_kind"):
        both[name] = both[name].astype("category")
    fused = fuse.points(both)
    settled = origins.settle(fused[fused.point >= 0])
    codes, index = np.unique(settled.point.to_numpy(), return_inverse=True)
    del codes
    settled["point"] = index
    settled["group"] = settled.groupby(["case", "kind"]).ngroup()
    return points.weigh(settled, params)


def _scored(
    contacts: pd.DataFrame, registry: pa.Table, outcomes: pa.Table, posterior: pd.DataFrame, params: Params, now: float
) -> tuple[pd.DataFrame, Laws]:
    """One row a point: case, kind, value, holder and all factors."""
    tried = attempts.of_outcomes(outcomes, registry, contacts, params, now)
    chain, laws = points.chain(contacts, tried, params, now)
    out = chain.join(explain.facts(contacts))
    names = registry["name"].to_numpy(zero_copy_only=False)
    out = holders.of_points(contacts, out, observations.people(registry), names, params)
    out["city"] = pd.array(fuse.cities(out), dtype="str")
    out["f_region"] = region.support(out, posterior, params)
    out["f_track_record"] = points.track_record(contacts, out.index, params)
    out["f_recalibration"] = points.recalibrate(out, params)
    return points.score(out), laws


def _both(scored: pd.DataFrame, posterior: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Points and regions in one frame."""
    regions = region.candidates(posterior, params).rename(columns={"city": "value"})
    regions = regions.assign(
        kind=ContactKind.REGION.value, holder=Holder.DEBTOR.value, log_odds=points.logit(regions.probability)
    )
    publishable = scored[scored.holder != Holder.THIRD_PARTY.value].reset_index()
    return pd.concat([publishable, regions], ignore_index=True)


def _kept(scored: pd.DataFrame, min_probability: float, max_per_kind: int) -> pd.DataFrame:
    """The best of each kind, likely enough to be worth an attempt; ``rank`` from 1 within the case."""
    out = scored[scored.probability >= min_probability]
    out = out.sort_values(["case", "probability", "kind", "value"], ascending=[True, False, True, True], kind="stable")
    out = out[out.groupby(["case", "kind"]).cumcount() < max_per_kind].reset_index(drop=True)
    return out.assign(rank=out.groupby("case").cumcount() + 1)


def _fates(links: pa.Table, behind: np.ndarray, third: np.ndarray) -> pa.Table:
    """supporting: it stands behind a candidate; third_party: another's contact; unusable: masked, outweighed or too weak."""
    fate = np.full(links.num_rows, "unusable", dtype=object)
    fate[third] = "third_party"
    fate[behind] = "supporting"
    return pa.table({"signal_id": links["signal_id"], "case_id": links["case_id"], "fate": pa.array(fate, pa.string())})
