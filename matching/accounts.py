"""Accounts: one account of a source is one person's, so a record that says too little of itself is linked through the others.

A parcel that gives an account and four digits of an id, and no name, points to nobody; ten parcels of that account that give
the name do. Only accounts whose sure links all name one person count, and only records that contradict none of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core import schemas

FIELD, LEVEL = "account_id", "same account"
_SURE = 0.95  # of a link that may say whose an account is
_SAME_HAND = 0.98  # of an account's records: nobody else used it for himself
_SUBJECT = ("customer_no", "id_number", "id_tail", "name", "birth_date")


class Accounts:
    """Whose the accounts of one source are, by the links found so far."""

    def __init__(self, person: Mapping[str, str]) -> None:
        """``person``: of each case, a key of its debtor."""
        self._person = person
        self._parts: list[pd.DataFrame] = []
        self._ids: list[pa.Array] = []
        self._known: pd.DataFrame | None = None

    def learn(self, links: pa.Table, signals: pa.Table) -> None:
        """What these links (LINKS) of these signals (ADMITTED) tell."""
        self._ids.append(pc.unique(links["signal_id"]))
        sure = links.select(["signal_id", "case_id", "probability"]).filter(
            pc.greater_equal(links["probability"], _SURE)
        )
        at = pc.index_in(sure["signal_id"], value_set=signals["signal_id"].combine_chunks())
        subject: pd.DataFrame = signals.select([FIELD, *_SUBJECT]).take(at).to_pandas()
        part = pd.concat([sure.to_pandas(), subject], axis=1)
        self._parts.append(part[part[FIELD].notna()])
        self._known = None

    def loose(self, signals: pa.Table) -> pa.Table:
        """Those of the signals that come from an account known to be somebody's and that nothing has linked yet."""
        owned = pc.is_in(signals[FIELD], value_set=pa.array(self._owners().account.unique(), pa.string()))
        return signals.filter(pc.and_(owned, pc.invert(pc.is_in(signals["signal_id"], value_set=self._linked()))))

    def links(self, signals: pa.Table) -> pa.Table:
        """Links (LINKS) of signals that nothing else linked, to every case of the person whose account they come from."""
        columns = ["signal_id", FIELD, *_SUBJECT] + (["consent_id"] if "consent_id" in signals.column_names else [])
        rows: pd.DataFrame = signals.select(columns).to_pandas()
        rows = rows[rows[FIELD].notna()]
        rows = rows[~self._contradicts(rows)].merge(self._owners(), left_on=FIELD, right_on="account")
        bits = np.log2(rows.probability) - np.log2(1 - rows.probability)
        evidence = [[{"field": FIELD, "level": LEVEL, "weight_bits": b, "tf_bits": 0.0}] for b in bits]
        found = {
            "signal_id": pa.array(rows.signal_id, pa.string()),
            "case_id": pa.array(rows.case_id, pa.string()),
            "weight_bits": pa.array(bits, pa.float64()),
            "probability": pa.array(rows.probability, pa.float64()),
            "evidence": pa.array(evidence, schemas.EVIDENCE),
            "consent_id": pa.array(rows.get("consent_id", pd.Series([None] * len(rows), dtype=object)), pa.string()),
        }
        return schemas.conform(pa.table(found), schemas.LINKS)

    def _owners(self) -> pd.DataFrame:
        """account, case_id, probability: accounts of exactly one person, once for each case."""
        if self._known is None:
            empty = pd.DataFrame(columns=["signal_id", "case_id", "probability", FIELD, *_SUBJECT])
            seen = pd.concat(self._parts, ignore_index=True) if self._parts else empty
            person = seen.case_id.map(dict(self._person))
            is_one = person.groupby(seen[FIELD]).transform("nunique").eq(1).to_numpy(dtype=bool)
            sure = seen.probability[is_one].astype(float).clip(upper=1 - 1e-9)
            total = (
                pd.Series(np.log1p(-sure), index=sure.index).groupby([seen[FIELD][is_one], seen.case_id[is_one]]).sum()
            )
            owners = total.rename_axis(["account", "case_id"]).reset_index(name="missed")
            self._known = owners.assign(probability=_SAME_HAND * -np.expm1(owners.missed.astype(float)))
        return self._known[["account", "case_id", "probability"]]

    def _linked(self) -> pa.Array:
        return pa.concat_arrays([pa.array([], pa.string()), *self._ids])

    def _contradicts(self, rows: pd.DataFrame) -> np.ndarray:
        """Does a record name another subject than the account's sure ones do?"""
        seen = pd.concat(self._parts, ignore_index=True)
        out = np.zeros(len(rows), dtype=bool)
        for column in _SUBJECT:
            told = seen.loc[seen[column].notna(), [FIELD, column]].drop_duplicates()
            has = rows[FIELD].isin(told[FIELD]).to_numpy() & rows[column].notna().to_numpy()
            said = pd.MultiIndex.from_frame(rows[[FIELD, column]])
            out |= has & ~said.isin(pd.MultiIndex.from_frame(told))
        return out
