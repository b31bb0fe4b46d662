"""Arrow tables into and out of database tables, a column at a time: COPY on PostgreSQL, one executemany on SQLite.

Nested columns are JSON in the database, times are UTC on both sides.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from psycopg import sql
from pyarrow import csv
from sqlalchemy.dialects import postgresql, sqlite

from store import arrow_json

_BATCH = 65_536


def insert(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    """Insert these rows; columns by name, those the rows lack are left to their default."""
    names = [c.name for c in table.columns if c.name in rows.column_names]
    for batch in rows.select(names).to_batches(max_chunksize=_BATCH):
        if batch.num_rows == 0:
            continue
        columns = [_plain(column) for column in batch.columns]
        load = _copy if connection.dialect.name == "postgresql" else _executemany
        load(connection, table, names, columns)


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: pa.Table,
    *,
    changes: Callable[[Any], Mapping[str, Any]] | None = None,
    marks: Collection[str] = (),
) -> None:
    """Insert rows, or update those whose primary key is there. ``changes`` overrides what an update sets,
    given the ``excluded`` row. A key given twice is written twice, in order: the later row meets the earlier one.

    With ``marks``, a row that would change in nothing but these columns is left as it is: most of a nightly load is what it was.
    """
    (key,) = table.primary_key.columns
    for part in _rounds(rows, key.name):
        # in the order of the key: its index is walked once, not searched at random
        _upsert(connection, table, part.sort_by(key.name), changes, marks)


def _rounds(rows: pa.Table, key: str) -> list[pa.Table]:
    """The rows in parts in which no key is twice: first occurrences, second ones, … One statement cannot meet a row twice."""
    if rows.num_rows == pc.count_distinct(rows.column(key)).as_py():
        return [rows] if rows.num_rows else []
    seen: Counter[str] = Counter()
    nth = []
    for value in rows.column(key).to_pylist():
        nth.append(seen[value])
        seen[value] += 1
    return [rows.filter(pc.equal(pa.array(nth), n)) for n in range(max(nth) + 1)]


def _upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: pa.Table,
    changes: Callable[[Any], Mapping[str, Any]] | None,
    marks: Collection[str],
) -> None:
    names = [c.name for c in table.columns if c.name in rows.column_names]
    if connection.dialect.name != "postgresql":
        statement = _on_conflict(
            sqlite.insert(table).values({n: sa.bindparam(n) for n in names}), table, names, changes, marks
        )
        _each(connection, statement, rows.select(names))
        return
    staging = sa.Table(
        f"incoming_{table.name}", sa.MetaData(), *[sa.Column(n, table.c[n].type) for n in names], prefixes=["TEMPORARY"]
    )
    staging.create(connection, checkfirst=False)
    insert(connection, staging, rows)
    chosen = postgresql.insert(table).from_select(names, sa.select(*[staging.c[n] for n in names]))
    connection.execute(_on_conflict(chosen, table, names, changes, marks))
    staging.drop(connection, checkfirst=False)


def _on_conflict(
    statement: Any,
    table: sa.Table,
    names: list[str],
    changes: Callable[[Any], Mapping[str, Any]] | None,
    marks: Collection[str],
) -> Any:
    keys = [c.name for c in table.primary_key]
    news = {n: statement.excluded[n] for n in names if n not in keys}
    news |= dict(changes(statement.excluded) if changes else {})
    differs = (
        sa.or_(*[table.c[n].is_distinct_from(new) for n, new in news.items() if n not in marks]) if marks else None
    )
    return statement.on_conflict_do_update(index_elements=keys, set_=news, where=differs)


def _each(connection: sa.Connection, statement: Any, rows: pa.Table) -> None:
    """Run a statement of SQLite for every row; its parameters are the columns."""
    compiled = statement.compile(dialect=connection.dialect)
    for batch in rows.to_batches(max_chunksize=_BATCH):
        columns = {n: _plain(c).to_pylist() for n, c in zip(batch.schema.names, batch.columns, strict=True)}
        placed = [columns[name] for name in compiled.positiontup]
        connection.exec_driver_sql(str(compiled), list(zip(*placed, strict=True)))


def delete(connection: sa.Connection, table: sa.Table, column: str, ids: pa.Array) -> None:
    """Delete the rows whose ``column`` is one of ``ids``."""
    values = ids.to_pylist()
    if not values:
        return
    if connection.dialect.name == "postgresql":
        wanted = sa.bindparam("ids", values, type_=postgresql.ARRAY(sa.Text))
        connection.execute(sa.delete(table).where(table.c[column] == sa.func.any(wanted)))
    else:
        connection.execute(sa.delete(table).where(table.c[column] == sa.bindparam("id_")), [{"id_": v} for v in values])


def fetch(connection: sa.Connection, query: sa.Select[Any], schema: pa.Schema) -> pa.Table:
    """The rows of a query as an Arrow table; the query's columns are the schema's, by position."""
    result = connection.execute(_as_text(query, schema).execution_options(yield_per=_BATCH))
    return pa.Table.from_batches([_batch(part, schema) for part in result.partitions()], schema=schema)


class Query:
    """A query that is asked again and again for a few rows: built once for each dialect, and without a cursor on the server.

    ``build`` is given the dialect; a list in it is ``among(dialect, column, name)``, and is given by that name when it is asked.
    """

    def __init__(self, build: Callable[[str], sa.Select[Any]], schema: pa.Schema) -> None:
        self._build = build
        self._schema = schema
        self._built: dict[str, sa.Select[Any]] = {}

    def fetch(self, connection: sa.Connection, **lists: Collection[str]) -> pa.Table:
        """The rows as an Arrow table."""
        dialect = connection.dialect.name
        if dialect not in self._built:
            self._built[dialect] = _as_text(self._build(dialect), self._schema)
        given = {n: _listed(dialect, values) for n, values in lists.items()}
        rows = connection.execute(self._built[dialect], given).all()
        return pa.Table.from_batches([_batch(rows, self._schema)] if rows else [], schema=self._schema)


def _as_text(query: sa.Select[Any], schema: pa.Schema) -> sa.Select[Any]:
    """The query with what is nested, and times, as text."""
    return query.with_only_columns(
        *[
            sa.cast(column, sa.Text).label(field.name) if _is_text_inside(field.type) else column
            for column, field in zip(query.selected_columns, schema, strict=True)
        ]
    )


def _batch(rows: Sequence[Any], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(zip(*rows, strict=True), schema, strict=True)
    return pa.RecordBatch.from_arrays([_typed(values, field.type) for values, field in columns], schema=schema)


def _is_text_inside(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind) or pa.types.is_timestamp(kind))


def _typed(values: tuple[Any, ...], kind: pa.DataType) -> pa.Array:
    if not _is_text_inside(kind):
        return pa.array(values, kind)
    texts = pa.array(values, pa.string())
    if pa.types.is_nested(kind):
        return arrow_json.loads(texts, kind)
    # PostgreSQL adds the session's offset, which is UTC
    return pc.replace_substring(texts, "+00", "").cast(pa.timestamp("us")).cast(kind)


def _plain(column: pa.Array) -> pa.Array:
    """As the drivers take it: nested as JSON text, times and dates as ISO text, in UTC without an offset."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    if pa.types.is_nested(kind):
        return arrow_json.dumps(column)
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", kind.tz)).cast(pa.timestamp("us")).cast(pa.string())
    return column.cast(pa.string()) if pa.types.is_date(kind) else column


def _executemany(connection: sa.Connection, table: sa.Table, names: list[str], columns: list[pa.Array]) -> None:
    statement = str(sa.insert(table).compile(dialect=connection.dialect, column_keys=names))
    connection.exec_driver_sql(statement, list(zip(*[c.to_pylist() for c in columns], strict=True)))


def _copy(connection: sa.Connection, table: sa.Table, names: list[str], columns: list[pa.Array]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    text = io.BytesIO()  # quoted text, bare nothing for null: what PostgreSQL reads, "" stays ""
    batch = pa.RecordBatch.from_arrays([_hex(c) for c in columns], names=names)
    csv.write_csv(batch, text, csv.WriteOptions(include_header=False))
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text.getbuffer())


def _hex(column: pa.Array) -> pa.Array:
    if not pa.types.is_binary(column.type):
        return column
    return pa.array([None if v is None else f"\\x{v.hex()}" for v in column.to_pylist()], pa.string())


def is_in(connection: sa.Connection, column: Any, values: Collection[str] | Collection[int]) -> sa.ColumnElement[bool]:
    """``column`` is one of ``values``, however many they are: one bound parameter."""
    dialect = connection.dialect.name
    return _among(dialect, column, sa.bindparam(None, _listed(dialect, values), type_=_list_type(dialect, column)))


def among(dialect: str, column: Any, name: str) -> sa.ColumnElement[bool]:
    """``column`` is one of the list that is given by this name when the query is asked."""
    return _among(dialect, column, sa.bindparam(name, type_=_list_type(dialect, column)))


def _among(dialect: str, column: Any, listed: sa.BindParameter[Any]) -> sa.ColumnElement[bool]:
    if dialect == "postgresql":
        return cast("sa.ColumnElement[bool]", column == sa.func.any(listed))
    each = sa.func.json_each(listed).table_valued("value")
    return cast("sa.ColumnElement[bool]", column.in_(sa.select(each.c.value)))


def _list_type(dialect: str, column: Any) -> Any:
    return postgresql.ARRAY(column.type) if dialect == "postgresql" else sa.Text()


def _listed(dialect: str, values: Collection[str] | Collection[int]) -> Any:
    return list(values) if dialect == "postgresql" else json.dumps(list(values))
