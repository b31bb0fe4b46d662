from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic import command

import store
from core.errors import Fatal
from store import engine, migrate, tables
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
    migrate.migrate(located, lock_timeout_seconds=5, to="base")
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
