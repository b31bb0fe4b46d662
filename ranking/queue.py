"""In which order to work the debtors: the chance to reach them × what is at stake × how fast it is lost. Nothing else.

No trait of a person enters: not age, sex, origin, region, name or kind of work; only what is known of their contacts, the
balance and the days past due.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from core.kinds import ContactKind

_TRIED = 3  # points a debtor that one round of attempts gets to
_HALF_LIFE_DAYS = 360.0  # an overdue balance is worth half when so many days have passed
_CONTACTS = (ContactKind.PHONE.value, ContactKind.ADDRESS.value, ContactKind.EMAIL.value, ContactKind.MESSAGING.value)
SCHEMA = pa.schema(
    [
        ("case_id", pa.string()),
        ("position", pa.int32()),
        ("expected_value", pa.float64()),
        ("probability", pa.float64()),
        ("balance", pa.float64()),
        ("time_factor", pa.float64()),
        ("days_past_due", pa.int64()),
    ]
)


def order(candidates: pa.Table, registry: pa.Table, *, as_of: datetime) -> pa.Table:
    """Every debtor with a contact to try, the most worthwhile first: ``expected_value = probability × balance × time_factor``.

    ``probability``: one of the three best contacts reaches the debtor. An unknown balance counts as the portfolio's median.
    """
    del as_of  # days past due are the registry's own, of its day
    rows: pd.DataFrame = candidates.select(["case_id", "kind", "probability"]).to_pandas()
    rows = rows[rows.kind.isin(_CONTACTS)].sort_values("probability", ascending=False, kind="stable")
    best = rows.groupby("case_id", sort=True).head(_TRIED)
    missed = (1 - best.probability).groupby(best.case_id).prod()
    facts = (
        registry.select(["case_id", "balance", "days_past_due"]).to_pandas().set_index("case_id").reindex(missed.index)
    )
    balance = facts.balance.fillna(facts.balance.median()).fillna(1.0).clip(lower=0)
    due = facts.days_past_due.fillna(facts.days_past_due.median()).fillna(0).clip(lower=0)
    out = pd.DataFrame({"probability": 1 - missed, "balance": balance, "time_factor": 0.5 ** (due / _HALF_LIFE_DAYS)})
    out["expected_value"] = out.probability * out.balance * out.time_factor
    out["days_past_due"] = due.astype(np.int64)
    out = out.sort_values("expected_value", ascending=False, kind="stable").reset_index()
    out["position"] = np.arange(1, len(out) + 1)
    return pa.Table.from_pandas(out[SCHEMA.names], schema=SCHEMA, preserve_index=False)
