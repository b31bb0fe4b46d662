"""What the doctor asks of a PostgreSQL server: rights, sessions that stand still, who is logged in."""

from __future__ import annotations

import time

import psycopg
import pytest

import store
from store import health

pytestmark = pytest.mark.server


@pytest.fixture
def database(server):
    """A store of its own, by its URL for psycopg."""
    with psycopg.connect(server, autocommit=True) as db:
        db.execute("DROP DATABASE IF EXISTS health WITH (FORCE)")
        db.execute("DROP ROLE IF EXISTS clerk")
        db.execute("CREATE DATABASE health")
        db.execute("CREATE ROLE clerk LOGIN")
    url = server.replace("/postgres?", "/health?")
    store.open(url, base=None).close()
    return url


def test_a_login_without_rights_is_told_what_it_lacks(database):
    clerk = database.replace("user=postgres", "user=clerk")
    with psycopg.connect(database, autocommit=True) as db:
        db.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk")
    assert store.examine(clerk, base=None).missing_rights == ()
    assert not store.examine(clerk, base=None).is_superuser
    with psycopg.connect(database, autocommit=True) as db:
        db.execute("REVOKE INSERT ON deltas FROM clerk")
        db.execute("REVOKE UPDATE ON runs FROM clerk")
    assert store.examine(clerk, base=None).missing_rights == ("INSERT deltas", "UPDATE runs")


def test_a_login_that_cannot_make_the_tables_that_are_missing(database):
    from store import engine, migrate
    from tests.support import ROOT

    with psycopg.connect(database, autocommit=True) as db:
        db.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk")
        db.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    migrate.migrate(engine.locate(database, ROOT), lock_timeout_seconds=5, to="0200")
    found = store.examine(database.replace("user=postgres", "user=clerk"), base=None)
    assert found.missing_rights == ("CREATE in schema public",)
    assert store.examine(database, base=None).missing_rights == ()
    assert found.schema == "0200"


def test_a_session_that_stands_still_is_told(database, monkeypatch):
    monkeypatch.setattr(health, "_STANDING_SECONDS", 0.2)
    with psycopg.connect(database) as forgotten:
        forgotten.execute("SELECT count(*) FROM deltas")
        time.sleep(0.4)
        ((pid, _),) = store.examine(database, base=None).standing
        assert pid == forgotten.info.backend_pid
    assert store.examine(database, base=None).standing == ()
    assert store.examine(database, base=None).is_superuser
    assert not store.examine(database, base=None).is_open_line  # by a socket of this machine
