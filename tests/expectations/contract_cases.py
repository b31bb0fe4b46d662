"""Clean rows of people who do not exist, in order unless a test says otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from core import schemas

AT = datetime(2026, 11, 1, tzinfo=UTC)


def signals(rows: list[dict[str, Any]], kind: str = "deliveries") -> pa.Table:
    full = [
        {
            "signal_id": f"S{i}",
            "source": "orders",
            "kind": kind,
            "row": i + 1,
            "record_id": f"R{i}",
            "observed_at": AT - timedelta(days=3),
            "name": "测试甲",
            "contact_phone": "+8613800138000",
            "region": "330200",
            "confidence": 1.0,
        }
        | row
        for i, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(full, schema=schemas.CLEAN_SIGNALS)


def candidates(rows: list[dict[str, Any]]) -> pa.Table:
    columns = [f for f in schemas.CANDIDATES if f.name != "value"]
    extra = [("candidate_id", pa.string()), ("value_masked", pa.string()), ("row", pa.int64())]
    full = [
        {
            "row": i,
            "case_id": "C1",
            "candidate_id": f"K{i}",
            "rank": i + 1,
            "kind": "phone",
            "value_masked": "138****8000",
            "probability": 0.5,
            "holder": "debtor",
            "first_seen": AT - timedelta(days=9),
            "last_seen": AT - timedelta(days=3),
            "sources": ["orders"],
            "reasons": ["recent"],
            "consent_ids": ["E1"],
        }
        | row
        for i, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(full, schema=pa.schema([*columns, *extra]))
