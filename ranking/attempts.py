"""Outcomes of earlier attempts → likelihoods at the point they were made at."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.kinds import ContactKind, Disposition
from ranking import fuse
from ranking.params import Params

COLUMNS = ["point", "day", "mine", "other"]


def of_outcomes(
    outcomes: pa.Table, registry: pa.Table, frame: pd.DataFrame, params: Params, as_of: float
) -> pd.DataFrame:
    """One row per attempt at a known point of a known case, not later than ``as_of``.

    An attempt at something nobody recorded tells of nothing that is ranked. Of unanswered ones only the newest few count.
    """
    rows: pd.DataFrame = outcomes.select(["case_id", "kind", "contact_value", "disposition", "at"]).to_pandas()
    case = pc.index_in(outcomes["case_id"], value_set=registry["case_id"].combine_chunks()).to_numpy(
        zero_copy_only=False
    )
    rows["case"] = case.astype(float)
    rows["day"] = rows["at"].astype("datetime64[us, UTC]").astype("int64") / 86_400_000_000
    rows = rows[rows.case.notna() & (rows.day <= as_of) & rows.disposition.isin(list(params.outcomes))].copy()
    rows["point"] = _points(rows, frame)
    rows = rows[rows.point >= 0].sort_values("day", ascending=False, kind="stable")
    is_silent = rows.disposition.eq(Disposition.NO_ANSWER.value)
    rows = rows[~is_silent | (rows.groupby(["point", "disposition"]).cumcount() < params.max_no_answers)]
    for side, likely in likelihoods(params).items():
        rows[side] = rows.disposition.map(likely).astype(float)
    return rows[COLUMNS].reset_index(drop=True)


def likelihoods(params: Params) -> dict[str, dict[str, float]]:
    """``mine`` and ``other`` → disposition → how likely; no slip of the hand makes any of them impossible."""
    table, noise = params.outcomes, params.outcome_noise
    return {
        side: {d: (1 - noise) * getattr(x, side) + noise / len(table) for d, x in table.items()}
        for side in ("mine", "other")
    }


def _points(rows: pd.DataFrame, frame: pd.DataFrame) -> np.ndarray:
    known = frame.loc[frame.point >= 0, ["case", "kind", "value", "point"]]
    known = known.assign(key=keys(known)).drop_duplicates(["case", "kind", "key"])
    wanted = rows.assign(key=keys(rows.rename(columns={"contact_value": "value"})), case=rows.case.astype(np.int64))
    found = wanted[["case", "kind", "key"]].merge(known, on=["case", "kind", "key"], how="left")["point"]
    return np.asarray(found.fillna(-1).astype(np.int64))


def keys(rows: pd.DataFrame) -> np.ndarray:
    """Addresses by place, all else by value; once per distinct text."""
    code, texts = pd.factorize(rows.value.to_numpy())
    is_address = np.zeros(len(texts), dtype=bool)
    is_address[code[rows.kind.eq(ContactKind.ADDRESS.value).to_numpy()]] = True
    keys = np.array([fuse.key(t) if a else t for t, a in zip(texts, is_address, strict=True)], dtype=object)
    return keys[code] if len(code) else np.empty(0, dtype=object)
