"""Runs, and what each left behind in counts: withheld rows by rule, and the state of each source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from core.errors import Fatal
from core.types import Interval
from store import bulk, tables


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one data interval. ``report`` is the run report as JSON-ready data: counts, no values."""

    run_key: str
    interval: Interval
    as_of: datetime
    status: str  # running | done | failed
    started_at: datetime
    finished_at: datetime | None = None
    model_id: str | None = None
    pack_version: str | None = None
    report: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SourceState:
    """What one source gave in one run. ``watermark`` is the source's own mark of how far it was read."""

    source: str
    run_key: str
    at: datetime
    rows: int
    quarantined: int = 0
    watermark: str | None = None


WITHHELD = pa.schema([("source", pa.string()), ("rule_id", pa.string()), ("rows", pa.int64())])


def save(connection: sa.Connection, run: Run) -> None:
    """Open a run; running the same interval again opens it again, in place."""
    row = _row(run)
    t = tables.runs
    is_there = connection.execute(sa.update(t).where(t.c.run_key == run.run_key).values(row)).rowcount
    if not is_there:
        connection.execute(sa.insert(t).values(row))


def finish(
    connection: sa.Connection, run_key: str, status: str, at: datetime, report: Mapping[str, Any] | None
) -> None:
    """Close an open run. Raises Fatal when there is no such run."""
    t = tables.runs
    changes: dict[str, Any] = {
        "status": status,
        "finished_at": at,
        "report": sa.null() if report is None else dict(report),
    }
    if not connection.execute(sa.update(t).where(t.c.run_key == run_key).values(changes)).rowcount:
        raise Fatal(f"store: no run {run_key}")


def read(connection: sa.Connection, *, run_key: str | None, status: str | None, limit: int | None) -> list[Run]:
    """Runs, the latest interval first."""
    t = tables.runs.c
    wanted = {t.run_key: run_key, t.status: status}
    query = sa.select(tables.runs).where(*[c == v for c, v in wanted.items() if v is not None])
    rows = connection.execute(query.order_by(t.as_of.desc(), t.started_at.desc()).limit(limit)).mappings()
    return [_run(row) for row in rows]


def save_withheld(connection: sa.Connection, run_key: str, counts: Iterable[tuple[str, str, int]]) -> None:
    """Replace this run's withheld counts: (source, rule id, rows)."""
    t = tables.withheld
    connection.execute(sa.delete(t).where(t.c.run_key == run_key))
    rows = [{"run_key": run_key, "source": s, "rule_id": r, "rows": n} for s, r, n in counts]
    if rows:
        connection.execute(sa.insert(t), rows)


def withheld(connection: sa.Connection, run_key: str) -> pa.Table:
    """The run's withheld counts (WITHHELD)."""
    t = tables.withheld.c
    query = sa.select(t.source, t.rule_id, t.rows).where(t.run_key == run_key).order_by(t.source, t.rule_id)
    return bulk.fetch(connection, query, WITHHELD)


def save_source(connection: sa.Connection, state: SourceState) -> None:
    """Record what a source gave in a run; a rerun replaces it."""
    t = tables.sources_state
    connection.execute(sa.delete(t).where(t.c.source == state.source, t.c.run_key == state.run_key))
    names = ("source", "run_key", "at", "rows", "quarantined", "watermark")
    connection.execute(sa.insert(t).values({n: getattr(state, n) for n in names}))


def source_history(connection: sa.Connection, source: str, limit: int) -> list[SourceState]:
    """What this source gave in its last runs, the newest first."""
    t = tables.sources_state.c
    query = sa.select(tables.sources_state).where(t.source == source).order_by(t.at.desc(), t.run_key.desc())
    return [SourceState(**row) for row in connection.execute(query.limit(limit)).mappings()]


def _row(run: Run) -> dict[str, Any]:
    names = ("run_key", "as_of", "status", "started_at", "finished_at", "model_id", "pack_version")
    return {n: getattr(run, n) for n in names} | {
        "interval_start": run.interval.start,
        "interval_end": run.interval.end,
        "report": sa.null() if run.report is None else dict(run.report),
    }


def _run(row: sa.RowMapping) -> Run:
    names = ("run_key", "as_of", "status", "started_at", "finished_at", "model_id", "pack_version", "report")
    return Run(interval=Interval(row["interval_start"], row["interval_end"]), **{n: row[n] for n in names})
