"""Connections: SQLite (WAL, foreign keys, one writer at a time) or PostgreSQL by psycopg, and what their errors mean here.

PostgreSQL's messages do not reach a caller: they quote the offending row.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import ConfigError, Fatal, Transient

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_FULL}
_UNREADABLE = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CORRUPT,
}
_READ = "import shutil, sys; shutil.copyfileobj(open(sys.argv[1], 'rb'), sys.stdout.buffer)"
_CACHE_KIB = 65_536
# SQLSTATE classes and codes worth another attempt: connection, resources, shutdown, deadlock, serialisation, lock timeout
_AGAIN = ("08", "53", "57P", "40", "55P03")


def locate(url: str, base: Path) -> sa.URL:
    """The URL with a driver we ship, a relative SQLite path resolved against ``base``. Raises ConfigError."""
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise ConfigError("not a database URL", key="store") from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ConfigError(f"no store on {backend}: use sqlite:///<path> or postgresql://", key="store")
    if parsed.database in (None, "", ":memory:"):
        raise ConfigError("the store needs a file: sqlite:///state/skiptrace.db", key="store")
    return parsed.set(drivername="sqlite", database=str(base / parsed.database))


def prepare_file(url: sa.URL) -> None:
    """Make the SQLite file, readable by its owner only, before SQLite makes it with the process's umask.

    One that is there is not opened: to close it again would drop every lock this process holds on it (see ``raw``).
    """
    path = Path(str(url.database))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as e:
        raise Fatal(f"store: cannot make or open {path}: {e.strerror}; check the folder's owner and mode") from None


def raw(path: Path) -> bytes:
    """The bytes of a store's file. Another process reads it: POSIX takes all locks of a process on a file when it closes any
    descriptor of it, and a process that ends beside a SQLite without its locks removes the log it writes to. Raises OSError.
    """
    done = subprocess.run([sys.executable, "-S", "-c", _READ, str(path)], capture_output=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise OSError(errno.EIO, "cannot be read", str(path))
    return done.stdout


def connect(url: sa.URL, *, lock_timeout_seconds: float, foreign_keys: bool = True) -> sa.Engine:
    """An engine whose statements never show their parameters."""
    if url.get_backend_name() == "postgresql":
        settings = f"-c timezone=utc -c lock_timeout={int(lock_timeout_seconds * 1000)}"
        return sa.create_engine(
            url, hide_parameters=True, pool_pre_ping=True, connect_args={"options": settings, "connect_timeout": 10}
        )
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": lock_timeout_seconds})
    sa.event.listen(engine, "connect", _sqlite_pragmas(lock_timeout_seconds, foreign_keys=foreign_keys))
    sa.event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_pragmas(lock_timeout_seconds: float, *, foreign_keys: bool) -> Any:
    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = (
            None  # we say BEGIN ourselves: the driver's own BEGIN comes too late and is deferred
        )
        for pragma in (
            f"busy_timeout = {int(lock_timeout_seconds * 1000)}",
            "journal_mode = wal",
            f"foreign_keys = {'on' if foreign_keys else 'off'}",
            f"cache_size = -{_CACHE_KIB}",  # SQLite's own 2 MB is less than the inner pages of a million rows
            "secure_delete = on",  # deleted rows are overwritten, not just unlinked
        ):
            connection.execute(f"PRAGMA {pragma}")

    return on_connect


def _sqlite_begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that writes: all of it or nothing. On SQLite it holds the write lock from its start."""
    with translated(), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that reads one state of the store, whatever is written meanwhile."""
    server = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    options = server if engine.dialect.name == "postgresql" else {}
    with translated(), engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Database errors as ours: Transient where another attempt may do, else Fatal. Without the driver's own words."""
    try:
        yield
    except DBAPIError as e:
        raise _meaning(e.orig, is_cut_off=e.connection_invalidated) from None
    except psycopg.Error as e:  # COPY goes past SQLAlchemy
        raise _meaning(e, is_cut_off=False) from None
    except PoolTimeout:
        raise Transient("store: no free connection") from None
    except SQLAlchemyError as e:
        raise Fatal(f"store: {type(e).__name__}") from None


def _meaning(cause: BaseException | None, *, is_cut_off: bool) -> Transient | Fatal:
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        name = getattr(cause, "sqlite_errorname", "SQLITE_ERROR")
        if code in _BUSY:
            return Transient(f"store: the database is locked or full ({name})")
        remedy = "; check the file, its mode and its disk, or restore a backup" if code in _UNREADABLE else ""
        return Fatal(f"store: {cause} ({name}){remedy}")  # SQLite names tables and columns, never values
    state = getattr(cause, "sqlstate", None)
    if is_cut_off or (state is None and type(cause).__name__ == "OperationalError"):
        return Transient("store: the database server cannot be reached")
    if state is not None and state.startswith(_AGAIN):
        return Transient(f"store: the database is busy (SQLSTATE {state})")
    diagnosis = getattr(cause, "diag", None)
    about = getattr(diagnosis, "constraint_name", None)
    if state is not None and state.startswith("42"):  # statements and rights: names of tables and columns, never rows
        about = getattr(diagnosis, "message_primary", None)
    return Fatal(f"store: {type(cause).__name__} (SQLSTATE {state}{f', {about}' if about else ''})")
