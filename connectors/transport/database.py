"""Databases by SQLAlchemy URL, streamed; SQLite also by its path, always read only."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from connectors import block
from connectors.block import Block
from connectors.request import Request
from core.errors import Transient

_OPTIONS: Mapping[str, str] = {
    "table": "the table (or view) to read; only mapped columns are asked for",
    "schema": "the table's schema, where it is not the default one",
    "query": "a SELECT to read instead of a table",
    "timeout_seconds": "how long to wait for a lock (SQLite); 5 where it is not given",
}
# What no further attempt will mend.
_LASTING = ("unable to open", "malformed", "disk I/O", "authentication failed", "does not exist", "Access denied")
_NO_SUCH = re.compile(r"no such (table|column): ([\w.]+)")


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
    try:
        return sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool)
    except (sa.exc.ArgumentError, ImportError):
        raise request.unusable(f"there is no driver here for {url.drivername}") from None


def _sqlite(request: Request, location: str) -> sa.Engine:
    """An engine that cannot write, nor make a file that is not there."""
    path = (request.base / location).resolve()
    if not path.is_file():
        raise request.unusable(f"{path.name} is not there")
    # A database in write-ahead mode on a read-only medium opens only if SQLite is told that nobody else writes.
    is_fixed = not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists()
    uri = f"file:{quote(str(path))}?mode=ro" + ("&immutable=1" if is_fixed else "")
    timeout = float(request.option("timeout_seconds", (int, float), 5))

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, timeout=timeout, check_same_thread=False)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace_by_mark")
        return connection

    return sa.create_engine("sqlite://", creator=connect, hide_parameters=True, poolclass=sa.NullPool)


def _read(request: Request, engine: sa.Engine, where: str) -> Iterator[Block]:
    with _errors(request, where), engine.connect() as connection:
        streaming = connection.execution_options(stream_results=True, yield_per=request.batch_rows)
        result = streaming.execute(_statement(request, engine, where))
        request.require(list(result.keys()), where)
        first = 1
        for rows in result.partitions():
            yield _block(request, where, tuple(result.keys()), rows, first)
            first += len(rows)


def _statement(request: Request, engine: sa.Engine, where: str) -> sa.Executable:
    table, query = request.option("table", str), request.option("query", str)
    if (table is None) == (query is None):
        raise request.unusable("give one of the options table and query")
    if query is not None:
        return sa.text(query)
    schema = request.option("schema", str)
    inspector = sa.inspect(engine)
    if not inspector.has_table(table, schema):
        names = sorted([*inspector.get_table_names(schema), *inspector.get_view_names(schema)])
        raise request.unusable(f"{where} has no table {table!r}; tables there: {', '.join(names) or 'none'}")
    there = [column["name"] for column in inspector.get_columns(table, schema)]
    request.require(there, f"table {table} of {where}")
    return sa.select(*[sa.column(name) for name in request.wanted]).select_from(sa.table(table, schema=schema))


def _block(request: Request, where: str, keys: Sequence[str], rows: Sequence[Sequence[object]], first: int) -> Block:
    by_name = dict(zip(keys, zip(*rows, strict=True), strict=True))
    columns = {name: by_name[name] for name in request.wanted}
    return block.of_values(where, columns, range(first, first + len(rows)))


@contextmanager
def _errors(request: Request, where: str) -> Iterator[None]:
    """What the driver says, without what it echoes: statements and parameters stay out of messages."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as e:
        raise _operational(request, where, str(e.orig), e.connection_invalidated) from None
    except sa.exc.DBAPIError as e:
        kind = type(e.orig).__name__
        raise request.unusable(f"{where} cannot be read ({kind})") from None
    except sa.exc.SQLAlchemyError as e:
        raise request.unusable(f"{where} cannot be read ({type(e).__name__})") from None


def _operational(request: Request, where: str, said: str, is_lost: bool) -> Exception:
    if match := _NO_SUCH.search(said):
        return request.unusable(f"{where} has no {match[1]} {match[2]!r}")
    if "syntax error" in said:
        return request.unusable("option query is not SQL this database understands")
    if any(sign in said for sign in _LASTING):
        return request.unusable(f"{where} cannot be opened: it is broken, or refuses these credentials or this name")
    reason = "is locked" if "locked" in said or "busy" in said else "cannot be reached just now"
    return Transient(f"source {request.source}: {where} {reason}{' (connection lost)' if is_lost else ''}")
