"""Cases: the debtors of the lender's list, as tokens and queue facts."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from core import schemas
from core.schemas import TEXT
from store import bulk, tables

CASES = pa.schema(
    [
        ("case_id", TEXT),
        ("customer_token", TEXT),
        ("id_token", TEXT),
        ("status", TEXT),
        ("portfolio", TEXT),
        ("days_past_due", pa.int64()),
        ("balance", pa.float64()),
        ("lost_since", pa.date32()),
    ]
)
STORED = pa.schema([*CASES, ("last_seen_run", TEXT)])


def save(connection: sa.Connection, rows: pa.Table, run_key: str) -> None:
    """Insert or replace these cases (CASES). Absent cases stay; frozen ones stay closed. ``last_seen_run`` is the run that last
    brought something new of a case.
    """
    rows = schemas.conform(rows, CASES)
    bulk.upsert(
        connection,
        tables.cases,
        rows.append_column("last_seen_run", pa.repeat(pa.scalar(run_key), rows.num_rows)),
        marks=["last_seen_run"],
    )
    frozen = sa.select(tables.freezes.c.case_id)
    c = tables.cases
    connection.execute(sa.update(c).where(c.c.case_id.in_(frozen), c.c.status != "closed").values(status="closed"))


def read(connection: sa.Connection, status: str | None) -> pa.Table:
    """Cases (STORED), of one status or of all, by case id."""
    c = tables.cases.c
    query = sa.select(*[c[n] for n in STORED.names]).order_by(c.case_id)
    return bulk.fetch(connection, query if status is None else query.where(c.status == status), STORED)


def one(connection: sa.Connection, case_id: str) -> dict[str, Any] | None:
    """The case of this id (STORED), or None."""
    c = tables.cases.c
    found = connection.execute(sa.select(*[c[n] for n in STORED.names]).where(c.case_id == case_id)).mappings().first()
    return None if found is None else dict(found)
