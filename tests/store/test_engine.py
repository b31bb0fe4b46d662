from __future__ import annotations

import sqlite3
import stat

import pytest
import sqlalchemy as sa

import store
from core.errors import ConfigError, Fatal, Transient
from core.events import Event, EventName
from store import engine, tables
from tests.store.conftest import AT, candidate, candidates


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_relative_path_is_under_the_base_and_private(tmp_path):
    with store.open("sqlite:///state/a.db", base=tmp_path) as db:
        db.publish(candidates(candidate(1)), run_key="run-1", at=AT)
        assert mode(tmp_path / "state") == 0o700
        assert {mode(f) for f in (tmp_path / "state").iterdir()} == {0o600}


def test_sqlite_writes_ahead_and_keeps_foreign_keys(tmp_path):
    raw = engine.connect(engine.locate("sqlite:///a.db", tmp_path), lock_timeout_seconds=5)
    with engine.reading(raw) as connection:
        found = {
            p: connection.exec_driver_sql(f"PRAGMA {p}").scalar()
            for p in ("journal_mode", "foreign_keys", "secure_delete")
        }
    raw.dispose()
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1}


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "nonsense"])
def test_a_url_that_is_no_store_is_a_configuration_error(url, tmp_path):
    with pytest.raises(ConfigError, match="store"):
        store.open(url, base=tmp_path)


def test_a_locked_database_is_worth_another_attempt(tmp_path):
    with store.open("sqlite:///a.db", base=tmp_path, lock_timeout_seconds=0.05) as db:
        other = sqlite3.connect(tmp_path / "a.db")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Transient, match="locked"):
            db.publish(candidates(candidate(1)), run_key="run-1", at=AT)
        assert db.snapshot().seq == 0  # reading goes on
        other.rollback()
        assert db.publish(candidates(candidate(1)), run_key="run-1", at=AT).added == 1


def test_a_new_database_that_is_locked_is_worth_another_attempt(tmp_path):
    other = sqlite3.connect(tmp_path / "a.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Transient, match="locked"):
        store.open("sqlite:///a.db", base=tmp_path, lock_timeout_seconds=0.05)


def test_a_row_locked_by_another_writer_is_worth_another_attempt(url, tmp_path, open_store):
    db = open_store(lock_timeout_seconds=0.1)
    raw = engine.connect(engine.locate(url, tmp_path), lock_timeout_seconds=5)
    with engine.writing(raw) as connection:
        connection.execute(sa.select(tables.heads).where(tables.heads.c.name == "deltas").with_for_update())
        with pytest.raises(Transient):
            db.publish(candidates(candidate(1)), run_key="run-1", at=AT)
    raw.dispose()


def test_a_server_that_is_away_is_worth_another_attempt(tmp_path):
    with pytest.raises(Transient, match="cannot be reached") as error:
        store.open(f"postgresql://u:secret-word@/x?host={tmp_path}", base=tmp_path)
    assert "secret-word" not in str(error.value)


def test_a_file_that_is_no_database_is_fatal_with_a_remedy(tmp_path):
    (tmp_path / "a.db").write_bytes(b"not a database at all, " * 100)
    with pytest.raises(Fatal, match="restore a backup"):
        store.open("sqlite:///a.db", base=tmp_path)


def test_a_folder_that_cannot_be_made_is_fatal_with_a_remedy(tmp_path):
    (tmp_path / "state").write_text("a file, not a folder")
    with pytest.raises(Fatal, match="check the folder"):
        store.open("sqlite:///state/a.db", base=tmp_path)


def test_a_reader_sees_one_state_while_another_writes(url, tmp_path, db):
    db.publish(candidates(candidate(1)), run_key="run-1", at=AT)
    raw = engine.connect(engine.locate(url, tmp_path), lock_timeout_seconds=5)
    count = sa.select(sa.func.count()).select_from(tables.candidates)
    with engine.reading(raw) as connection:
        before = connection.execute(count).scalar()
        db.publish(candidates(candidate(1), candidate(2)), run_key="run-2", at=AT)
        assert connection.execute(count).scalar() == before == 1
    raw.dispose()


def test_an_event_is_recorded_at_the_time_of_the_clock(open_store, url, tmp_path):
    db = open_store(clock=lambda: AT)
    db.record(Event(EventName.STAGE_PURGED, "pipeline"))
    raw = engine.connect(engine.locate(url, tmp_path), lock_timeout_seconds=5)
    with engine.reading(raw) as connection:
        assert connection.execute(sa.select(tables.audit.c.at)).scalar_one() == AT
    raw.dispose()
