"""What a store tells of itself without being changed: nothing is made, migrated or written here."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from store import tables
from store.engine import connect, locate, translated
from store.migrate import known, newest, revision

_OLDEST_SERVER = 130_000  # PostgreSQL 13, as ``server_version_num`` says it


@dataclass(frozen=True, slots=True)
class Health:
    """A look at a store. ``schema`` is None where nothing was made yet; ``sealed`` holds (candidate id, sealed value) of the
    oldest and the newest published candidate; ``clock`` is the server's, where there is one.
    """

    schema: str | None
    newest: str
    is_known: bool
    size_bytes: int = 0
    damage: str = ""
    last_event: datetime | None = None
    running: tuple[tuple[str, datetime], ...] = ()
    sealed: tuple[tuple[str, bytes], ...] = ()
    clock: datetime | None = None
    is_superuser: bool = False
    is_old_server: bool = False


def file_of(url: str, base: Path) -> Path | None:
    """The file of a SQLite store; None for a server. Raises ConfigError."""
    located = locate(url, base)
    return Path(str(located.database)) if located.get_backend_name() == "sqlite" else None


def examine(url: str, *, base: Path, timeout_seconds: float = 5.0) -> Health:
    """Raises ConfigError (not a store's URL), Transient (away, locked), Fatal (unreadable)."""
    located = locate(url, base)
    if located.get_backend_name() == "sqlite":
        file = Path(str(located.database))
        if not file.exists() or not file.stat().st_size:
            return Health(None, newest(), is_known=True)
        engine = _reader(file, timeout_seconds)
    else:
        engine = connect(located, lock_timeout_seconds=timeout_seconds)
    try:
        with translated(), engine.connect() as connection:
            return _look(connection)
    finally:
        engine.dispose()


def _reader(file: Path, timeout_seconds: float) -> sa.Engine:
    def opened() -> sqlite3.Connection:
        return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=timeout_seconds)

    return sa.create_engine("sqlite://", creator=opened, poolclass=sa.NullPool, hide_parameters=True)


def _look(connection: sa.Connection) -> Health:
    own = _of_server(connection) if connection.dialect.name == "postgresql" else _of_file(connection)
    schema = revision(connection)
    if own.get("damage"):
        return Health(schema, newest(), is_known=True, **own)
    there = set(sa.inspect(connection).get_table_names())
    return Health(
        schema=schema,
        newest=newest(),
        is_known=schema is None or schema in known(),
        last_event=_last_event(connection) if "audit" in there else None,
        running=_running(connection) if "runs" in there else (),
        sealed=_sealed(connection) if "candidates" in there else (),
        **own,
    )


def _of_file(connection: sa.Connection) -> dict[str, Any]:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    pages, size = (connection.exec_driver_sql(f"PRAGMA {p}").scalar_one() for p in ("page_count", "page_size"))
    return {"damage": "" if found == "ok" else "quick_check", "size_bytes": pages * size}


def _of_server(connection: sa.Connection) -> dict[str, Any]:
    row = connection.exec_driver_sql(
        "SELECT clock_timestamp() AS clock, pg_database_size(current_database()) AS size, "
        "current_setting('is_superuser') AS super, current_setting('server_version_num')::int AS version"
    ).one()
    return {
        "clock": row.clock,
        "size_bytes": row.size,
        "is_superuser": row.super == "on",
        "is_old_server": row.version < _OLDEST_SERVER,
    }


def _last_event(connection: sa.Connection) -> datetime | None:
    a = tables.audit.c
    found: datetime | None = connection.execute(sa.select(a.at).order_by(a.seq.desc()).limit(1)).scalar()
    return None if found is None else found.astimezone(UTC)


def _running(connection: sa.Connection) -> tuple[tuple[str, datetime], ...]:
    r = tables.runs.c
    query = sa.select(r.run_key, r.started_at).where(r.status == "running").order_by(r.started_at)
    return tuple((row.run_key, row.started_at.astimezone(UTC)) for row in connection.execute(query))


def _sealed(connection: sa.Connection) -> tuple[tuple[str, bytes], ...]:
    c = tables.candidates.c
    query = sa.select(c.candidate_id, c.value_sealed).limit(1)
    ends = (query.order_by(order) for order in (c.published_seq, c.published_seq.desc()))
    return tuple(
        {
            row.candidate_id: (row.candidate_id, bytes(row.value_sealed)) for q in ends for row in connection.execute(q)
        }.values()
    )
