"""Rows that could not be used: keys, field and reason in plain, the row itself sealed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from core import schemas
from core.reasons import Reason
from core.schemas import TEXT, TIME
from store import bulk, heads, tables

ROWS = pa.schema([*schemas.QUARANTINE, ("payload_sealed", pa.binary())])
STORED = pa.schema(
    [
        ("id", TEXT),
        ("run_key", TEXT),
        *ROWS,
        ("status", TEXT),
        ("first_seen", TIME),
        ("last_seen", TIME),
    ]
)


def add(connection: sa.Connection, rows: pa.Table, *, run_key: str, at: datetime) -> int:
    """Keep these rows (ROWS, or QUARANTINE without payload); how many are new.

    The same row failing again for the same reason is one entry, open again. Rows of one call that share their record id
    are told apart by their order, duplicates by their row number.
    """
    rows = schemas.conform(rows, ROWS)
    n = rows.num_rows
    if n == 0:
        return 0
    heads.lock(connection, "quarantine")
    before = _count(connection)
    constants = {
        "run_key": (run_key, TEXT),
        "status": ("open", TEXT),
        "first_seen": (at, TIME),
        "last_seen": (at, TIME),
    }
    full = rows.append_column("id", pa.array(_ids(rows), TEXT))
    for name, (value, kind) in constants.items():
        full = full.append_column(name, pa.repeat(pa.scalar(value, kind), n))
    bulk.upsert(connection, tables.quarantine, full, changes=_keep_first)
    return _count(connection) - before


def read(
    connection: sa.Connection, *, status: str | None, source: str | None, run_key: str | None, limit: int | None
) -> pa.Table:
    """Entries (STORED) by source and row; ``None`` is any."""
    q = tables.quarantine.c
    wanted = {q.status: status, q.source: source, q.run_key: run_key}
    query = sa.select(*[q[n] for n in STORED.names]).order_by(q.source, q.row, q.id).limit(limit)
    return bulk.fetch(connection, query.where(*[c == v for c, v in wanted.items() if v is not None]), STORED)


def mark(connection: sa.Connection, ids: Collection[str], status: str) -> int:
    """Set the status of these entries; how many there were."""
    q = tables.quarantine
    heads.lock(connection, "quarantine")
    return sum(
        connection.execute(sa.update(q).where(q.c.id == i).values(status=status)).rowcount for i in sorted(set(ids))
    )


def _keep_first(new: Any) -> dict[str, Any]:
    q = tables.quarantine.c
    return {"first_seen": q.first_seen, "payload_sealed": sa.func.coalesce(new.payload_sealed, q.payload_sealed)}


def _count(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(tables.quarantine)).scalar_one()


def _ids(rows: pa.Table) -> list[str]:
    seen: Counter[tuple[Any, ...]] = Counter()
    out = []
    names = ("source", "record_id", "row", "field", "reason")
    for source, record_id, row, field, reason in zip(*[rows.column(n).to_pylist() for n in names], strict=True):
        is_known_by_row = record_id is None or reason == Reason.DUPLICATE_ID  # the id is just what it shares
        key = (source, row if is_known_by_row else record_id, field, reason)
        out.append(hashlib.sha256(repr((*key, seen[key])).encode()).hexdigest()[:32])
        seen[key] += 1
    return out
