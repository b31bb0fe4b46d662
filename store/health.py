"""What a store tells of itself without being changed: nothing is made, migrated or written here."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from store import leases, tables
from store.engine import connect, locate, translated
from store.leases import Lease
from store.migrate import known, newest, revision
from store.roles import RIGHTS, Role

_STANDING_SECONDS = 300
_PATIENCE_SECONDS = 2.0
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
    is_open_line: bool = False  # to another machine without TLS
    lease: Lease | None = None  # of a run, and not given back
    is_lease_over: bool = False
    missing_rights: tuple[str, ...] = ()
    standing: tuple[tuple[int, datetime], ...] = ()  # sessions that keep a transaction open and do nothing
    is_locked: bool = False


def file_of(url: str, base: Path) -> Path | None:
    """The file of a SQLite store; None for a server. Raises ConfigError."""
    located = locate(url, base)
    return Path(str(located.database)) if located.get_backend_name() == "sqlite" else None


def files_of(url: str, base: Path) -> set[Path]:
    """Every file SQLite keeps for the store, whether it is there or not; none for a server. Raises ConfigError."""
    file = file_of(url, base)
    return set() if file is None else {Path(f"{file}{end}") for end in ("", "-wal", "-shm", "-journal")}


def examine(url: str, *, base: Path, timeout_seconds: float = 5.0) -> Health:
    """Raises ConfigError (not a store's URL), Transient (away, locked), Fatal (unreadable)."""
    located, file = locate(url, base), file_of(url, base)
    if file is not None:
        if not file.exists() or not file.stat().st_size:
            return Health(None, newest(), is_known=True)
        engine = _reader(file, timeout_seconds)
    else:
        engine = connect(located, lock_timeout_seconds=timeout_seconds)
    try:
        with translated(), engine.connect() as connection:
            found = _look(connection)
    finally:
        engine.dispose()
    return (
        found
        if file is None or found.damage
        else replace(found, is_locked=_is_locked(file, min(timeout_seconds, _PATIENCE_SECONDS)))
    )


def _reader(file: Path, timeout_seconds: float) -> sa.Engine:
    def opened() -> sqlite3.Connection:
        return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=timeout_seconds)

    return sa.create_engine("sqlite://", creator=opened, poolclass=sa.NullPool, hide_parameters=True)


def _is_locked(file: Path, timeout_seconds: float) -> bool:
    """Whether somebody holds the right to write for as long as this; nothing is written."""
    try:
        with closing(sqlite3.connect(file, timeout=timeout_seconds, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
    except sqlite3.OperationalError as e:
        return e.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False


def _look(connection: sa.Connection) -> Health:
    own = _of_server(connection) if connection.dialect.name == "postgresql" else _of_file(connection)
    schema = revision(connection)
    if own.get("damage"):
        return Health(schema, newest(), is_known=True, **own)
    there = _readable(connection)
    return Health(
        schema=schema,
        newest=newest(),
        is_known=schema is None or schema in known(),
        last_event=_last_event(connection) if "audit" in there else None,
        running=_running(connection) if "runs" in there else (),
        sealed=_sealed(connection) if "candidates" in there else (),
        **(_lease(connection) if "leases" in there else {}),
        **own,
    )


def _readable(connection: sa.Connection) -> set[str]:
    """The tables that are there and that this login may read."""
    there = set(sa.inspect(connection).get_table_names())
    if connection.dialect.name != "postgresql" or not there:
        return there
    asked = [sa.func.has_table_privilege(name, "SELECT").label(name) for name in sorted(there)]
    return {name for name, is_allowed in connection.execute(sa.select(*asked)).mappings().one().items() if is_allowed}


def _lease(connection: sa.Connection) -> dict[str, Any]:
    held = next((found for found in leases.read(connection) if found.name == "run"), None)
    if held is None:
        return {}
    return {"lease": held, "is_lease_over": leases.is_over(held, leases.now_of(connection, datetime.now(UTC)))}


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
        "is_open_line": _is_open_line(connection),
        "missing_rights": _missing_rights(connection),
        "standing": tuple(
            (r.pid, r.since) for r in connection.execute(sa.text(_STANDING), {"seconds": _STANDING_SECONDS})
        ),
    }


_OPEN_LINE = """
SELECT NOT ssl AND inet_server_addr() IS NOT NULL AND NOT inet_server_addr() <<= '127.0.0.0/8' AND inet_server_addr() <> '::1'
FROM pg_stat_ssl WHERE pid = pg_backend_pid()
"""
_STANDING = """
SELECT pid, xact_start AS since FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'
AND state_change < clock_timestamp() - make_interval(secs => :seconds) ORDER BY since
"""


def _is_open_line(connection: sa.Connection) -> bool:
    return bool(connection.exec_driver_sql(_OPEN_LINE).scalar())


def _missing_rights(connection: sa.Connection) -> tuple[str, ...]:
    """What the login may not do of what a run does, ``SELECT deltas``; and ``CREATE`` where tables are still to be made."""
    there = set(sa.inspect(connection).get_table_names())
    asked = []
    for name, rights in sorted(RIGHTS[Role.PIPELINE].items()):
        wanted = {
            "SELECT": rights.reads,
            "INSERT": rights.inserts,
            "UPDATE": rights.sets is not None,
            "DELETE": rights.deletes,
        }
        for right in (r for r, is_wanted in wanted.items() if is_wanted and name in there):
            # some of its columns: which ones is for whoever grants them
            ask = sa.func.has_any_column_privilege if right == "UPDATE" else sa.func.has_table_privilege
            asked.append(ask(name, right).label(f"{right} {name}"))
    may = connection.execute(sa.select(*asked)).mappings().one() if asked else {}
    missing = [what for what, is_allowed in may.items() if not is_allowed]
    may_make = connection.execute(sa.select(sa.func.has_schema_privilege("public", "CREATE"))).scalar()
    return (*missing, *(() if may_make or revision(connection) == newest() else ("CREATE in schema public",)))


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
