"""The audit chain: each row's hash covers the row and the hash before it, and a head says where the chain ends.

An altered row breaks its own hash, a removed or reordered one the numbering or the link, a cut-off tail the head. Someone
who may write every table can rebuild the whole chain; against that, note ``Head`` elsewhere and pass it to ``verify``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from core.events import Event
from store import heads, tables
from store.heads import Head


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What checking the chain found: intact, or the first sequence number that is wrong and how."""

    is_intact: bool
    checked: int
    head: Head
    broken_at: int | None = None
    problem: str = ""


def append(connection: sa.Connection, events: Sequence[Event], at: datetime) -> None:
    """Add these events to the chain, in this transaction. Call it last: its lock is the one everybody needs."""
    if not events:
        return
    head = heads.lock(connection, "audit")
    rows: list[dict[str, Any]] = []
    for event in events:
        row = _row(event, at, head)
        head = Head(row["seq"], row["hash"])
        rows.append(row)
    connection.execute(sa.insert(tables.audit), rows)
    heads.move(connection, "audit", head)


def verify(connection: sa.Connection, noted: Head | None = None) -> AuditVerdict:
    """Walk the whole chain. ``noted`` is a head written down earlier outside the store: the chain must still pass by it."""
    end = heads.read(connection, "audit")
    before, checked = Head(0, ""), 0
    query = sa.select(tables.audit).order_by(tables.audit.c.seq).execution_options(yield_per=10_000)
    for row in connection.execute(query).mappings():
        problem = _problem(row, before)
        if not problem and noted is not None and noted.seq == row["seq"] and noted.hash != row["hash"]:
            problem = "not the hash that was noted for it"
        if problem:
            return AuditVerdict(False, checked, end, broken_at=before.seq + 1, problem=problem)
        before, checked = Head(row["seq"], row["hash"]), checked + 1
    if before != end or (noted is not None and noted.seq > end.seq):
        return AuditVerdict(
            False, checked, end, broken_at=before.seq + 1, problem="the chain ends elsewhere than its head"
        )
    return AuditVerdict(True, checked, end)


def _row(event: Event, at: datetime, before: Head) -> dict[str, Any]:
    row: dict[str, Any] = {
        "seq": before.seq + 1,
        "at": at.astimezone(UTC),
        "event": event.name.value,
        "actor": event.actor,
        "run_key": event.run_key,
        "facts": json.dumps(dict(event.facts), sort_keys=True, ensure_ascii=False, separators=(",", ":")),
        "prev_hash": before.hash,
    }
    return row | {"hash": _hash(row)}


def _hash(row: sa.RowMapping | dict[str, Any]) -> str:
    names = ("seq", "event", "actor", "run_key", "facts", "prev_hash")
    said = json.dumps([row["at"].isoformat(), *(row[n] for n in names)], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def _problem(row: sa.RowMapping, before: Head) -> str:
    if row["seq"] != before.seq + 1:
        return "a row is missing here"
    if row["prev_hash"] != before.hash:
        return "it does not follow the row before it"
    return "" if _hash(row) == row["hash"] else "the row was altered"
