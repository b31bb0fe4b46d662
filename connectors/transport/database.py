"""Databases by SQLAlchemy URL, streamed from a cursor of the server; SQLite also by its path. Always read only."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from connectors import block, cursor, watermark
from connectors.block import Block
from connectors.last import with_last
from connectors.request import Request
from connectors.watermark import Watermark
from core.errors import SourceUnusable, Transient

_OPTIONS: Mapping[str, str] = {
    "table": "the table (or view) to read; only mapped columns are asked for",
    "schema": "the table's schema, where it is not the default one",
    "query": "a SELECT to read instead of a table",
    "watermark": watermark.OPTION,
    "timeout_seconds": "how long to wait for a lock (SQLite; 5 where it is not given) or for an answer (300)",
}
_KIND = "sql"
# Rows a round trip; Python values of no more rows than this are held at a time.
_FETCH = 16_384
_CONNECT_SECONDS = 15
_ANY_ZONE = timedelta(days=1)

# Which driver speaks to a database, where its URL does not say.
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}

# What no further attempt will mend.
_LASTING = re.compile(
    "unable to open|malformed|disk I/O|authentication failed|does not exist|[Aa]ccess denied|no password supplied"
    "|no pg_hba.conf|[Uu]nknown database|certificate|认证失败|不存在|role .* is not permitted"
)
_NO_SUCH = re.compile(r"no such (table|column): ([\w.]+)")
_NO_SUCH_IN_SERVER = re.compile(
    r"(column|relation|table) [\"']?([\w.]+)[\"']? (?:of relation .*)?does(?: not|n't) exist", re.IGNORECASE
)
_UNKNOWN_COLUMN = re.compile(r"Unknown (column) '([\w.]+)'")

# What a server says by number (PostgreSQL's SQLSTATE) that is worth another attempt.
_TRANSIENT_STATES = ("08", "40", "53", "55", "57", "58")
_TIMED_OUT = "57014"


class Database:
    """Any database SQLAlchemy has a driver for: ``location`` is its URL."""

    name = "sql"
    options = _OPTIONS

    def read(self, request: Request) -> Iterator[Block]:
        try:
            url = sa.make_url(request.location)
        except sa.exc.ArgumentError:
            raise request.unusable("its location is not a database URL") from None
        if url.get_backend_name() == "sqlite" and url.database:
            return _read(request, _sqlite(request, url.database), Path(url.database).name)
        return _read(request, _engine(request, url), f"the {url.get_backend_name()} database")


class Sqlite:
    """An SQLite file: ``location`` is its path."""

    name = "sqlite"
    options = _OPTIONS

    def read(self, request: Request) -> Iterator[Block]:
        return _read(request, _sqlite(request, request.location), Path(request.location).name)


TRANSPORTS = (Database(), Sqlite())


def _engine(request: Request, url: sa.URL) -> sa.Engine:
    login = request.credentials()
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if login.user or login.password or login.secret:
        url = url.set(username=login.user or url.username, password=login.password or login.secret)
    try:
        connect_args = _connect_args(url.get_backend_name(), _timeout(request, 300))
        return sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool, connect_args=connect_args)
    except (sa.exc.ArgumentError, ImportError):
        raise request.unusable(f"there is no driver here for {url.drivername}") from None


def _timeout(request: Request, default: float) -> float:
    return float(request.option("timeout_seconds", (int, float), default))


def _connect_args(backend: str, seconds: float) -> dict[str, Any]:
    """What each driver is told so that no silence of a server lasts forever."""
    if backend == "postgresql":
        wait = {"tcp_user_timeout": int(seconds * 1000), "keepalives_idle": 30, "keepalives_interval": 10}
        return {"connect_timeout": _CONNECT_SECONDS, "application_name": "skiptrace", **wait}
    if backend in {"mysql", "mariadb"}:
        read_only = "SET SESSION TRANSACTION READ ONLY"
        return {"connect_timeout": _CONNECT_SECONDS, "read_timeout": int(seconds) + 5, "init_command": read_only}
    return {}


def _sqlite(request: Request, location: str) -> sa.Engine:
    """An engine that cannot write, nor make a file that is not there."""
    path = (request.base / location).resolve()
    if not path.is_file():
        raise request.unusable(f"{path.name} is not there")
    # A database in write-ahead mode on a read-only medium opens only if SQLite is told that nobody else writes.
    is_fixed = not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists()
    uri = f"file:{quote(str(path))}?mode=ro" + ("&immutable=1" if is_fixed else "")
    timeout = _timeout(request, 5)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, timeout=timeout, check_same_thread=False)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace_by_mark")
        return connection

    return sa.create_engine("sqlite://", creator=connect, hide_parameters=True, poolclass=sa.NullPool)


def _read(request: Request, engine: sa.Engine, where: str) -> Iterator[Block]:
    mark = Watermark.of(request)
    if mark is not None and not request.has_ids:
        raise request.unusable(
            "option watermark needs the field record_id: only with ids are late rows told from new ones"
        )
    with _errors(request, where), engine.connect() as connection:
        streaming = _streaming(connection, request)
        result = streaming.execute(_statement(request, engine, where, mark))
        keys = tuple(result.keys())
        request.require(keys, where)
        first, high = 1, None
        for rows, is_last in with_last(result.partitions()):
            high = _highest(request, keys, rows, mark, high)
            yield _block(request, where, keys, rows, first, _cursor(request, mark, high, is_last=is_last))
            first += len(rows)


def _streaming(connection: sa.Connection, request: Request) -> sa.Connection:
    """The connection, told to stream and, in a transaction that sees one moment, to write nothing."""
    if connection.dialect.name == "postgresql":
        connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(_timeout(request, 300) * 1000)}")
    return connection.execution_options(stream_results=True, yield_per=min(request.batch_rows, _FETCH))


def _highest(
    request: Request, keys: Sequence[str], rows: Sequence[sa.Row[Any]], mark: Watermark | None, so_far: Any
) -> Any:
    """The highest value of the watermark's column up to these rows; none of a time that cannot be yet."""
    if mark is None:
        return None
    at = keys.index(mark.column)
    found = [row[at] for row in rows if row[at] is not None and watermark.is_plausible(row[at])]
    try:
        return max(found if so_far is None else [so_far, *found], default=None)
    except TypeError:  # SQLite keeps values of any type in a column
        raise _without_order(request) from None


def _cursor(request: Request, mark: Watermark | None, highest: Any, *, is_last: bool) -> str | None:
    """Where to go on after these rows; the lag is taken off only at the start of a reading, not where one broke off."""
    if mark is None:
        return None
    before = (request.state(_KIND) or {}).get("watermark")
    if is_last and before is not None and _is_behind(request, highest, before):
        return cursor.write(_KIND, {"watermark": before, "whole": True})
    if highest is None:
        return None
    try:
        return cursor.write(_KIND, {"watermark": watermark.write(highest), "whole": is_last})
    except ValueError as e:
        raise request.unusable(f"option watermark: a column of type {e} has no order here") from None


def _is_behind(request: Request, highest: Any, before: list[str]) -> bool:
    """Whether what was read now ends before where the last reading did."""
    try:
        return highest is None or bool(highest < _value(request, before))
    except TypeError:
        raise _without_order(request) from None


def _without_order(request: Request) -> SourceUnusable:
    return request.unusable("option watermark: its column holds values of several types: they have no order")


def _statement(request: Request, engine: sa.Engine, where: str, mark: Watermark | None) -> sa.Executable:
    """What is asked: the wanted columns of a table or query, since the watermark, in its order."""
    query = request.option("query", str)
    if (request.option("table", str) is None) == (query is None):
        raise request.unusable("give one of the options table and query")
    if query is not None and mark is None:
        return _text(query)
    source, names = _table(request, engine, where, mark) if query is None else _subquery(request, query)
    asked = sa.select(*[_column(name) for name in names]).select_from(source)
    if mark is None:
        return asked
    if query is not None:
        asked = asked.add_columns(*[_column(n) for n in (mark.column,) if n not in names])
    column = _column(mark.column)
    start, end = _start(request, mark), None
    if start is None and query is None:
        start, end = _asked_time(request, engine, mark)
    if start is not None:
        asked = asked.where(sa.or_(column >= start, column.is_(None)))
    return (asked if end is None else asked.where(sa.or_(column < end, column.is_(None)))).order_by(column)


def _asked_time(request: Request, engine: sa.Engine, mark: Watermark) -> tuple[Any, Any]:
    """Start and end of the time that is asked for, as values of the watermark's column; none where it holds no times."""
    if request.start is None and request.end is None:
        return None, None
    found = sa.inspect(engine).get_columns(str(request.option("table", str)), request.option("schema", str))
    kind = next(column["type"] for column in found if column["name"] == mark.column)
    if not isinstance(kind, (sa.DateTime, sa.Date)) or engine.dialect.name == "sqlite":
        return None, None  # SQLite keeps times as texts of any form
    return _as_value(request.start, kind, -_ANY_ZONE), _as_value(request.end, kind, _ANY_ZONE)


def _as_value(at: datetime | None, kind: sa.types.TypeEngine[Any], slack: timedelta) -> Any:
    """A time without a zone may be of any zone, hence the slack: rather a day more than an hour less."""
    if at is None:
        return None
    if isinstance(kind, sa.DateTime) and kind.timezone:
        return at
    local = (at + slack).replace(tzinfo=None)
    return local if isinstance(kind, sa.DateTime) else local.date()


def _column(name: str) -> sa.ColumnClause[Any]:
    return sa.column(name)


def _start(request: Request, mark: Watermark) -> Any:
    state = request.state(_KIND)
    if state is None:
        return None
    value = _value(request, state.get("watermark"))
    try:
        return mark.before(value) if state.get("whole") else value
    except (ValueError, TypeError):
        raise request.unusable(
            "option watermark: its lag cannot be taken off a column that holds neither times nor numbers"
        ) from None


def _value(request: Request, written: object) -> Any:
    """The value of a watermark in a cursor."""
    try:
        return watermark.read(written)
    except cursor.BadCursor as e:
        raise request.no_cursor(e) from None


def _text(query: str) -> sa.TextClause:
    """The query as it is written: a colon in it names no parameter."""
    return sa.text(query.replace(":", r"\:"))


def _subquery(request: Request, query: str) -> tuple[sa.FromClause, list[str]]:
    names = list(request.wanted)
    asked = _text(query.strip().rstrip(";")).columns(*[_column(name) for name in names])
    return asked.subquery("source_rows"), names


def _table(request: Request, engine: sa.Engine, where: str, mark: Watermark | None) -> tuple[sa.FromClause, list[str]]:
    """The table, and those of its columns that are read."""
    table, schema = str(request.option("table", str)), request.option("schema", str)
    inspector = sa.inspect(engine)
    if not inspector.has_table(table, schema):
        names = sorted([*inspector.get_table_names(schema), *inspector.get_view_names(schema)])
        raise request.unusable(f"{where} has no table {table!r}; tables there: {', '.join(names) or 'none'}")
    there = [column["name"] for column in inspector.get_columns(table, schema)]
    request.require(there, f"table {table} of {where}")
    if mark is not None and mark.column not in there:
        raise request.missing(mark.column, "watermark", there, f"table {table} of {where}")
    names = [*request.columns(there), *([mark.column] if mark else [])]
    return sa.table(table, schema=schema), list(dict.fromkeys(names))


def _block(
    request: Request, where: str, keys: Sequence[str], rows: Sequence[sa.Row[Any]], first: int, at: str | None
) -> Block:
    by_name = dict(zip(keys, zip(*rows, strict=True), strict=True))
    columns = {name: by_name[name] for name in request.columns(keys)}
    return replace(block.of_values(where, columns, range(first, first + len(rows))), cursor=at)


@contextmanager
def _errors(request: Request, where: str) -> Iterator[None]:
    """What the driver says, without what it echoes: statements and parameters stay out of messages."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError, sa.exc.ProgrammingError) as e:
        raise _said(request, where, e) from None
    except sa.exc.DBAPIError as e:
        raise request.unusable(f"{where} cannot be read ({type(e.orig).__name__})") from None
    except sa.exc.SQLAlchemyError as e:
        raise request.unusable(f"{where} cannot be read ({type(e).__name__})") from None


def _said(request: Request, where: str, error: sa.exc.DBAPIError) -> Exception:
    said, state = str(error.orig), str(getattr(error.orig, "sqlstate", None) or "")
    for named in (_NO_SUCH, _NO_SUCH_IN_SERVER, _UNKNOWN_COLUMN):
        if match := named.search(said):
            kind = match[1].lower().replace("relation", "table")
            return request.unusable(f"{where} has no {kind} {match[2]!r}")
    if state == _TIMED_OUT or "max_statement_time" in said:
        return Transient(f"source {request.source}: {where} took longer than timeout_seconds to answer")
    if "syntax" in said:
        return request.unusable("option query is not SQL this database understands")
    if state in {"25006", "42501"} or "READ ONLY" in said:
        return request.unusable(f"{where} does not let this login do that; sources are only ever read")
    if isinstance(error, (sa.exc.ProgrammingError, sa.exc.InternalError)) and not state.startswith(_TRANSIENT_STATES):
        return request.unusable(f"{where} cannot be read ({type(error.orig).__name__})")
    if _LASTING.search(said):
        return request.unusable(f"{where} cannot be opened: it is broken, or refuses these credentials or this name")
    reason = "is locked" if "locked" in said or "busy" in said else "cannot be reached just now"
    lost = " (connection lost)" if error.connection_invalidated else ""
    return Transient(f"source {request.source}: {where} {reason}{lost}")
