"""Migrations on a store full of made-up rows: each one up, down and up again; time, waits of others meanwhile, rows lost.

    python benchmarks/migrate.py sqlite postgresql --rows 5000000

The rows are made by the database itself (tests/store/filled.py), in every table as soon as a migration has made it: after the
last migration there are as many as asked for. Beside each migration another session reads the newest delta and the cases,
and writes, every few milliseconds: its longest wait is how long users were held up. Rows are told apart by count and by the sum of a
hash over them (PostgreSQL) or by count (SQLite). Exit code 1 when a row of a table that stays is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import sqlalchemy as sa

from core.errors import Fatal, SkiptraceError
from store import engine, migrate
from tests.servers import databases
from tests.store import filled


class Beside(threading.Thread):
    """A session that reads and writes until stopped; ``longest``: seconds its longest statement took."""

    def __init__(self, url: sa.URL) -> None:
        super().__init__(daemon=True)
        self.url, self.longest, self.done, self.failed = url, {"read": 0.0, "write": 0.0}, threading.Event(), 0

    def run(self) -> None:
        mine = engine.connect(self.url, lock_timeout_seconds=300)
        while not self.done.is_set():
            for kind, statement, transaction in (
                ("read", "SELECT max(seq) FROM deltas", engine.reading),
                ("read", "SELECT status FROM cases LIMIT 1", engine.reading),
                ("write", "UPDATE heads SET hash = hash WHERE name = 'deltas'", engine.writing),
            ):
                began = time.perf_counter()
                try:
                    with transaction(mine) as connection:
                        connection.exec_driver_sql(statement)
                except SkiptraceError:
                    self.failed += 1
                self.longest[kind] = max(self.longest[kind], time.perf_counter() - began)
            time.sleep(0.005)
        mine.dispose()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stores", nargs="+", choices=["sqlite", "postgresql"])
    parser.add_argument("--rows", type=int, default=5_000_000)
    args = parser.parse_args()
    lost = 0
    for store in args.stores:
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="skiptrace-migrate-")))
            text = f"sqlite:///{home}/store.db"
            if store == "postgresql":
                text = stack.enter_context(databases.postgres()).url
            lost += _of(store, engine.locate(text, home), args.rows)
    return int(lost > 0)


State = tuple[int, dict[str, int]]  # rows, and a sum of each column


def _of(store: str, url: sa.URL, rows: int) -> int:
    if store == "sqlite":
        engine.prepare_file(url)
    known = [r.revision for r in migrate._script().walk_revisions()][::-1]  # noqa: SLF001
    raw = engine.connect(url, lock_timeout_seconds=300)
    wanted = _wanted(url, raw, rows)
    lost = 0
    for revision in known:
        lost += _step(store, url, raw, "up", revision, full=revision != known[0])
        began = time.perf_counter()
        with engine.writing(raw) as connection:
            fresh = [n for n in filled.tables(connection) if _is_empty(connection, n)]
            for name in fresh:
                filled.fill(connection, name, wanted.get(name, filled.FEW), cases=wanted["cases"])
        if store == "postgresql":
            with raw.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        _tell(store=store, filled=",".join(fresh), seconds=round(time.perf_counter() - began, 1))
    with engine.reading(raw) as connection:
        _tell(store=store, schema=known[-1], rows=sum(_count(connection, n) for n in filled.tables(connection)))
    lost += _step(store, url, raw, "down", "0300", full=True)
    lost += _step(store, url, raw, "up again", known[-1], full=True)
    for revision in known[:-1][::-1]:
        lost += _step(store, url, raw, "down", revision, full=True)
    lost += _step(store, url, raw, "up again", known[-1], full=True)
    raw.dispose()
    return lost


def _wanted(url: sa.URL, raw: sa.Engine, rows: int) -> dict[str, int]:
    """How many rows each table of the newest schema gets, from an empty store that is made for it and taken down again."""
    migrate.migrate(url, lock_timeout_seconds=60)
    with engine.reading(raw) as connection:
        wanted = dict(filled.shares(filled.tables(connection), rows))
    migrate.migrate(url, lock_timeout_seconds=60, to="base", may_drop=True)
    return wanted


def _step(store: str, url: sa.URL, raw: sa.Engine, way: str, to: str, *, full: bool) -> int:
    before, refused = _state(raw), False
    beside = Beside(url)
    if full:
        beside.start()
        time.sleep(0.2)
    began = time.perf_counter()
    try:
        migrate.migrate(url, lock_timeout_seconds=60, to=to)
    except Fatal:
        refused, began = True, time.perf_counter()
        migrate.migrate(url, lock_timeout_seconds=60, to=to, may_drop=True)
    seconds = time.perf_counter() - began
    beside.done.set()
    if full:
        beside.join()
    after = _state(raw)
    kept = set(before) & set(after)
    lost = [n for n in kept if not _has(before[n], after[n], n)]
    waits = {f"longest {k} s": round(v, 3) for k, v in beside.longest.items()}
    no_place = {n: before[n][0] for n in sorted(set(before) - kept) if before[n][0]}
    _tell(
        store=store,
        way=way,
        to=to,
        seconds=round(seconds, 2),
        **waits,
        failed=beside.failed,
        lost_in=lost,
        refused_first=refused,
        rows_without_place=no_place,
    )
    return len(lost)


def _has(before: State, after: State, name: str) -> bool:
    """The same rows in all columns that stay; the history of cases may have more of them (0310 tells what was proposed there)."""
    (rows, columns), (rows_after, columns_after) = before, after
    same = all(columns[c] == columns_after[c] for c in columns.keys() & columns_after.keys())
    return (rows == rows_after and same) or (name == "case_events" and rows_after >= rows)


def _state(raw: sa.Engine) -> dict[str, State]:
    with engine.reading(raw) as connection:
        return {n: (_count(connection, n), _sums(connection, n)) for n in filled.tables(connection)}


def _count(connection: sa.Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one())


def _sums(connection: sa.Connection, name: str) -> dict[str, int]:
    """Of each column the sum of a hash of every value beside its row's key, where the server can tell it."""
    if connection.dialect.name == "sqlite":
        return {}
    described = sa.inspect(connection)
    key = ", ".join(f'"{c}"' for c in described.get_pk_constraint(name)["constrained_columns"]) or "NULL"
    names = [c["name"] for c in described.get_columns(name)]
    sums = ", ".join(f'coalesce(sum(hashtext(ROW({key}, "{c}")::text)::bigint), 0)' for c in names)
    row = connection.exec_driver_sql(f"SELECT {sums} FROM {name}").one()
    return {c: int(v) for c, v in zip(names, row, strict=True)}


def _is_empty(connection: sa.Connection, name: str) -> bool:
    return connection.exec_driver_sql(f"SELECT 1 FROM {name} LIMIT 1").first() is None


def _tell(**figures: object) -> None:
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    sys.exit(main())
