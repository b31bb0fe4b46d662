from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic import command

import store
from core.errors import ConfigError, Fatal
from store import engine, migrate, tables
from tests.store import filled
from tests.store.conftest import AT, candidate, candidates


@pytest.fixture
def located(url, tmp_path):
    return engine.locate(url, tmp_path)


@pytest.fixture
def raw(located):
    out = engine.connect(located, lock_timeout_seconds=5)
    yield out
    out.dispose()


def test_the_migrations_make_exactly_the_tables_of_the_code(db, raw):
    with engine.writing(raw) as connection:
        command.check(migrate.config(connection))
        made = set(sa.inspect(connection).get_table_names())
    assert made == {*tables.metadata.tables, migrate.VERSION_TABLE}


def test_constraints_are_named_as_the_code_names_them(db, raw):
    with engine.reading(raw) as connection:
        for table in tables.metadata.tables.values():
            made = {c["name"] for c in sa.inspect(connection).get_check_constraints(table.name)}
            assert made == {c.name for c in table.constraints if isinstance(c, sa.CheckConstraint)}


def test_down_and_up_again_on_a_filled_store_loses_nothing(db, located, open_store):
    db.publish(candidates(candidate(1), candidate(2)), run_key="run-1", at=AT)
    before = db.snapshot()
    db.close()
    migrate.migrate(located, lock_timeout_seconds=5, to="0001")
    again = open_store()
    assert again.snapshot().rows.equals(before.rows)
    assert again.snapshot().seq == 2
    assert again.verify_audit().is_intact


def test_down_to_nothing_and_up_again_is_an_empty_store(db, located, raw, open_store):
    db.publish(candidates(candidate(1)), run_key="run-1", at=AT)
    db.close()
    migrate.migrate(located, lock_timeout_seconds=5, to="base", may_drop=True)
    with engine.reading(raw) as connection:
        assert sa.inspect(connection).get_table_names() == [migrate.VERSION_TABLE]
    assert open_store().snapshot().rows.num_rows == 0


def test_opening_twice_migrates_once(db, open_store):
    db.publish(candidates(candidate(1)), run_key="run-1", at=AT)
    assert open_store().snapshot().seq == 1


def test_several_may_open_a_new_store_at_once(located, open_store):
    with ThreadPoolExecutor(4) as pool:
        opened = [f.result() for f in [pool.submit(open_store) for _ in range(4)]]
    assert [db.snapshot().seq for db in opened] == [0, 0, 0, 0]
    assert opened[0].publish(candidates(candidate(1)), run_key="run-1", at=AT).last_seq == 1


def test_a_store_of_a_newer_version_is_refused_with_a_remedy(db, raw, open_store):
    with engine.writing(raw) as connection:
        connection.exec_driver_sql(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(Fatal, match=r"newer version of skiptrace.*upgrade skiptrace"):
        open_store()


def test_a_migration_that_fails_leaves_the_store_as_it_was(located, raw, tmp_path, monkeypatch, url):
    if located.get_backend_name() == "sqlite":
        engine.prepare_file(located)
    migrate.migrate(located, lock_timeout_seconds=5, to="0001")
    with engine.writing(raw) as connection:
        # something that 0002 is about to make is there already
        statements = {
            "sqlite": "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT 1; END",
            "postgresql": "CREATE TRIGGER audit_append_only BEFORE DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        }
        connection.exec_driver_sql(statements[connection.dialect.name])
    with pytest.raises(Fatal):
        store.open(url, base=tmp_path)
    with engine.reading(raw) as connection:
        assert migrate.revision(connection) == "0001"


def test_proposals_of_before_are_asked_for_and_settled_in_the_history_of_their_case_and_come_back(located, raw):
    if located.get_backend_name() == "sqlite":
        engine.prepare_file(located)
    names = "id, candidate_id, case_id, action, reason, proposed_by, proposed_at, status, settled_by, settled_at"
    told = ["('p1', 'cand-1', 'case-1', 'letter', 'best', 'ann', '2026-10-01', 'open', NULL, NULL)",
            "('p2', 'cand-2', 'case-2', 'visit', 'best', 'ann', '2026-10-02', 'approved', 'bo', '2026-10-03')"]  # fmt: skip
    migrate.migrate(located, lock_timeout_seconds=5, to="0300")
    with engine.writing(raw) as connection:
        connection.exec_driver_sql(f"INSERT INTO workbench_proposals ({names}) VALUES {', '.join(told)}")

    def rows(table: str, columns: str) -> list[tuple]:
        with engine.reading(raw) as connection:
            return [tuple(r) for r in connection.exec_driver_sql(f"SELECT {columns} FROM {table} ORDER BY 1")]

    before = rows("workbench_proposals", names)
    for _ in range(2):
        migrate.migrate(located, lock_timeout_seconds=5)
        history = rows("case_events", "seq, case_id, kind, code, point_id, actor")
        assert history == [
            (1, "case-1", "requested", "letter", "cand-1", "ann"),
            (2, "case-2", "requested", "visit", "cand-2", "ann"),
            (3, "case-2", "approved", "visit", "cand-2", "bo"),
        ]
        assert ("case_events", 3) in rows("heads", "name, seq")
        migrate.migrate(located, lock_timeout_seconds=5, to="0300")
        assert rows("workbench_proposals", names) == before


def test_a_way_down_that_would_lose_rows_is_refused_and_changes_nothing(db, located, raw):
    db.publish(candidates(candidate(1)), run_key="run-1", at=AT)
    db.take("run", holder="h", about="a", seconds=1)
    db.close()
    with pytest.raises(Fatal, match=r"schema 0200 has no place for the rows of leases; nothing was changed"):
        migrate.migrate(located, lock_timeout_seconds=5, to="0200")
    with engine.reading(raw) as connection:
        assert migrate.revision(connection) == migrate.newest()
    migrate.migrate(located, lock_timeout_seconds=5, to="0200", may_drop=True)
    with engine.reading(raw) as connection:
        assert migrate.revision(connection) == "0200"


def test_a_schema_nobody_made_is_named(db, located):
    with pytest.raises(ConfigError, match="no schema 0007"):
        migrate.migrate(located, lock_timeout_seconds=5, to="0007")


def test_tables_full_of_rows_keep_them_all_up_and_down(located, raw):
    if located.get_backend_name() == "sqlite":
        engine.prepare_file(located)
    migrate.migrate(located, lock_timeout_seconds=5, to="0200", may_drop=True)
    with engine.writing(raw) as connection:
        names = filled.tables(connection)
        for name, number in filled.shares(names, 4000).items():
            filled.fill(connection, name, number, cases=100)
    before = _rows(raw, names)
    migrate.migrate(located, lock_timeout_seconds=5)
    proposals = before.pop("workbench_proposals")
    width = {n: len(next(iter(rows))) for n, rows in before.items()}
    after = {n: {r[: width[n]] for r in rows} for n, rows in _rows(raw, before).items()}  # without columns that are new
    told = after["case_events"] - before["case_events"]  # each proposal asked for; none of the made-up ones was settled
    assert len(told) == len(proposals)
    assert all(after[name] >= rows for name, rows in before.items())
    assert {n for n in after if after[n] != before[n]} == {"case_events"}
    migrate.migrate(located, lock_timeout_seconds=5, to="0200", may_drop=True)
    back = _rows(raw, names)
    assert len(back.pop("workbench_proposals")) == len(proposals)
    assert back == after


def _rows(raw: sa.Engine, names: Iterable[str]) -> dict[str, set[tuple[str, ...]]]:
    with engine.reading(raw) as connection:
        return {n: {tuple(map(str, r)) for r in connection.exec_driver_sql(f"SELECT * FROM {n}")} for n in names}


@pytest.mark.server
def test_a_migration_that_waits_for_a_reader_does_not_hold_up_the_others(server, tmp_path, monkeypatch):
    """Who waits for a table's lock stands in front of all who come later: it waits for moments, and again."""
    monkeypatch.setattr(migrate, "_MOMENT_SECONDS", 0.2)
    there = sa.create_engine(server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with there.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS waiting WITH (FORCE)")
        connection.exec_driver_sql("CREATE DATABASE waiting")
    there.dispose()
    url = engine.locate(server.replace("/postgres?", "/waiting?"), tmp_path)
    migrate.migrate(url, lock_timeout_seconds=5, to="0300")
    mine = engine.connect(url, lock_timeout_seconds=5)
    with ThreadPoolExecutor(1) as pool:
        with engine.reading(mine) as reader:
            reader.exec_driver_sql("SELECT count(*) FROM workbench_proposals")
            done = pool.submit(migrate.migrate, url, lock_timeout_seconds=20)
            longest, until = 0.0, time.monotonic() + 1.2
            while time.monotonic() < until:
                began = time.monotonic()
                with engine.reading(mine) as other:
                    other.exec_driver_sql("SELECT count(*) FROM workbench_proposals")
                longest = max(longest, time.monotonic() - began)
                time.sleep(0.02)
            assert not done.done()
        done.result(timeout=10)
    mine.dispose()
    assert longest < 1.0
