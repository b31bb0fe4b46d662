"""Simple ways to rank the very same usable observations, to be better than: declared, newest, best source, majority, both.

Regions too, by the city that was seen last and the one seen most often.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from core.kinds import ContactKind
from ranking import explain, observations, region
from ranking.observations import EMERGENCY
from ranking.params import Params
from ranking.rank import contacts_of

NAMES = ("B0 declared", "B1 most recent", "B2 best source", "B3 majority", "B4 recency x source")
_HALF_LIFE_DAYS = 700.0
_SCHEMA = pa.schema(
    [("case_id", pa.string()), ("kind", pa.string()), ("value", pa.string()), ("probability", pa.float64())]
)
_KINDS = (ContactKind.PHONE.value, ContactKind.ADDRESS.value)


def tables(
    links: pa.Table, signals: pa.Table, registry: pa.Table, third_party: pa.Array, *, as_of: datetime, params: Params
) -> dict[str, pa.Table]:
    """Name → case_id, kind, value, probability (only its order means anything), of each baseline."""
    now = as_of.timestamp() / 86_400
    seen = observations.of_links(links, signals, registry, third_party, now)
    contacts = contacts_of(seen, registry, params, now)
    contacts = contacts[contacts.kind.isin(_KINDS) & (contacts.holder < EMERGENCY)]
    facts = explain.facts(contacts)
    case_ids = registry["case_id"].to_numpy(zero_copy_only=False)
    consented = contacts[contacts.link >= 0]
    declared = contacts[contacts.link < 0].groupby("point")["day"].max()
    points = _points(consented, params, now)
    orders = {
        NAMES[0]: declared * 0 + 0.5,
        NAMES[1]: points.newest,
        NAMES[2]: points.best * 10_000 + points.newest,
        NAMES[3]: points.votes * 10_000 + points.newest,
        NAMES[4]: points.faded * 10_000,
    }
    of_city = _regions(region.sightings(seen, params, now, params.change(ContactKind.ADDRESS.value).a_year), case_ids)
    return {
        name: pa.concat_tables([_table(order, facts, case_ids), *([of_city[name]] if name in of_city else [])])
        for name, order in orders.items()
    }


def _regions(sightings: pd.DataFrame, case_ids: np.ndarray) -> dict[str, pa.Table]:
    by = sightings.groupby(["case", "city"])
    cities = pd.DataFrame({"newest": by.day.max(), "votes": by.size()}).reset_index()
    cities = cities.assign(kind=ContactKind.REGION.value, value=cities.city)
    orders = {NAMES[1]: cities.newest, NAMES[3]: cities.votes * 10_000 + cities.newest}
    return {name: _table(order, cities, case_ids) for name, order in orders.items()}


def _points(consented: pd.DataFrame, params: Params, now: float) -> pd.DataFrame:
    pairs = consented[["source", "source_kind", "kind"]].drop_duplicates()
    keys = zip(pairs.source, pairs.source_kind, pairs.kind, strict=True)
    share = pairs.assign(share=[params.share(str(s), str(k), str(c)).valid for s, k, c in keys])
    rows = consented.merge(share, on=["source", "source_kind", "kind"])
    rows["faded"] = rows.share * 0.5 ** ((now - rows.day) / _HALF_LIFE_DAYS)
    by = rows.groupby("point")
    return pd.DataFrame({"newest": by.day.max(), "best": by.share.max(), "votes": by.size(), "faded": by.faded.max()})


def _table(order: pd.Series, facts: pd.DataFrame, case_ids: np.ndarray) -> pa.Table:
    rows = facts.loc[order.index]
    squeezed = order.rank(method="dense") / (len(order) + 1)
    columns = {
        "case_id": case_ids[rows.case.to_numpy()],
        "kind": rows.kind,
        "value": rows.value,
        "probability": squeezed,
    }
    return pa.table({n: pa.array(c, _SCHEMA.field(n).type, from_pandas=True) for n, c in columns.items()}, _SCHEMA)
