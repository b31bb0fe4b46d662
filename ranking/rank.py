"""The door: links of all debtors → their ranked, explained candidates, and the fate of every link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from core import schemas
from core.kinds import ContactKind, Holder
from ranking import observations, points, region
from ranking.params import Params

_MASK = "*"


@dataclass(frozen=True)
class Ranking:
    """``candidates`` has schema CANDIDATES; ``fates`` says of each link: supporting, third_party or unusable."""

    candidates: pa.Table
    fates: pa.Table


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

    ``signals``: ADMITTED of the linked signals with their ``kind``; ``third_party``: per link, whether its number is the
    case's emergency contact's. A declared contact is a candidate only where a consented signal confirms it.
    """
    moment = pd.Timestamp(as_of).tz_convert("UTC")
    signals = signals.rename_columns([{"kind": "source_kind"}.get(n, n) for n in signals.column_names])
    seen = observations.of_links(links, signals, registry, third_party)
    usable = _usable(seen)
    declared = observations.declared(registry)
    weighed = points.weigh(pd.concat([seen[usable & seen.kind.ne(ContactKind.REGION)], declared]), params, moment)
    fused = points.fuse(weighed, params)
    fused = fused[fused.signal_ids.map(len) > 0]
    scored = points.score(points.apply_outcomes(fused, _keyed(outcomes), params, moment))
    regions = region.home(seen[usable], params, moment)
    frame = _table(scored, regions, min_probability, max_per_kind)
    return Ranking(frame, _fates(links, seen, frame))


def _usable(seen: pd.DataFrame) -> pd.Series:
    """A masked number can be neither dialled nor told from others: it does not become a point."""
    return ~(seen.kind.eq(ContactKind.PHONE) & seen.value.str.contains(_MASK, regex=False))


def _keyed(outcomes: pa.Table) -> pd.DataFrame:
    frame = outcomes.to_pandas().rename(columns={"contact_value": "value"})
    frame = frame.assign(**{c: None for c in observations.COLUMNS if c not in frame.columns})
    keyed = observations.with_keys(frame.copy())
    return keyed.assign(disposition=frame.disposition, at=frame["at"])


def _table(scored: pd.DataFrame, regions: pd.DataFrame, min_probability: float, max_per_kind: int) -> pa.Table:
    scored["reasons"] = [points.reasons(r) for r in scored.itertuples()]
    scored["factors"] = pd.Series(_factors(scored, points.FACTORS), index=scored.index, dtype=object)
    regions["factors"] = pd.Series(_factors(regions, ["f_region"]), index=regions.index, dtype=object)
    out = pd.concat([scored, regions], ignore_index=True)
    out = out[out.holder.ne(Holder.THIRD_PARTY) & (out.probability >= min_probability)]
    out = out.sort_values(["case_id", "probability", "kind", "value"], ascending=[True, False, True, True])
    out = out[out.groupby(["case_id", "kind"]).cumcount() < max_per_kind]
    out["rank"] = out.groupby("case_id").cumcount() + 1
    for name in ("first_seen", "last_seen"):
        out[name] = pd.to_datetime(out[name], utc=True)
    columns = {f.name: pa.array(out[f.name], f.type, from_pandas=True) for f in schemas.CANDIDATES}
    return pa.table(columns, schema=schemas.CANDIDATES)


def _factors(frame: pd.DataFrame, names: list[str]) -> list[list[dict[str, object]]]:
    matrix = frame[names].to_numpy(float)
    return [
        [{"factor": n[2:], "log_odds": float(v), "detail": None} for n, v in zip(names, row, strict=True) if v != 0]
        for row in matrix
    ]


def _fates(links: pa.Table, seen: pd.DataFrame, candidates: pa.Table) -> pa.Table:
    """supporting: it stands behind a candidate; third_party: another's contact; unusable: masked, outweighed or too weak."""
    frame = links.select(["signal_id", "case_id"]).to_pandas()
    third = seen.loc[seen.holder_class.isin(["other_name", "emergency_contact"]), ["signal_id", "case_id"]]
    behind = candidates.select(["case_id", "signal_ids"]).to_pandas().explode("signal_ids")
    pairs = pd.MultiIndex.from_frame(frame)
    is_third = pairs.isin(pd.MultiIndex.from_frame(third))
    is_behind = pairs.isin(pd.MultiIndex.from_frame(behind[["signal_ids", "case_id"]].dropna()))
    fate = np.where(is_behind, "supporting", np.where(is_third, "third_party", "unusable"))
    return pa.table({"signal_id": frame.signal_id, "case_id": frame.case_id, "fate": pa.array(fate, pa.string())})
