"""Each role of the database has exactly the rights that store.roles names, and nothing beside."""

from __future__ import annotations

import psycopg
import pytest

import store
from core.errors import ConfigError, Fatal
from store import engine, migrate, roles, tables
from store.roles import RIGHTS, Role

pytestmark = pytest.mark.server
KINDS = ("SELECT", "INSERT", "UPDATE", "DELETE")


@pytest.fixture(scope="module")
def database(server):
    """A migrated store with its roles, by its URL for psycopg, and a function that gives the URL of a login with some of them."""
    with psycopg.connect(server, autocommit=True) as db:
        db.execute("DROP DATABASE IF EXISTS least WITH (FORCE)")
        db.execute("CREATE DATABASE least")
    url = server.replace("/postgres?", "/least?")
    store.open(url, base=None).close()
    roles.apply(url, base=None)

    def login(*names: Role) -> str:
        name = "only_" + "_".join(names)
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(f"DROP ROLE IF EXISTS {name}")
            db.execute(f"CREATE ROLE {name} LOGIN IN ROLE {', '.join(names)}")
        return url.replace("user=postgres", f"user={name}")

    return url, login


@pytest.mark.parametrize("role", Role)
def test_the_database_grants_what_is_named_and_no_column_more(database, role):
    url, _ = database
    every = [(t.name, c.name) for t in tables.metadata.tables.values() for c in t.columns]
    with psycopg.connect(url) as db:
        for name, column in every:
            r = RIGHTS[role].get(name, roles.Rights())
            sets = r.sets is not None and (not r.sets or column in r.sets)
            wanted = (r.reads and column not in r.hidden, r.inserts, sets)
            asked = "SELECT has_column_privilege(%s, %s, %s, %s)"
            found = tuple(db.execute(asked, (role, name, column, kind)).fetchone()[0] for kind in KINDS[:3])
            assert found == wanted, (name, column)
        for name in tables.metadata.tables:
            may = db.execute("SELECT has_table_privilege(%s, %s, 'DELETE')", (role, name)).fetchone()[0]
            assert may == RIGHTS[role].get(name, roles.Rights()).deletes, name
            others = db.execute("SELECT has_table_privilege(%s, %s, 'TRUNCATE, REFERENCES, TRIGGER')", (role, name))
            assert not others.fetchone()[0], name


def test_the_feed_cannot_read_what_is_sealed_away_nor_change_what_is_decided_or_told(database):
    _, login = database
    refused = {
        "SELECT * FROM kept_signals": "kept_signals",
        "SELECT value_sealed FROM restricted": "restricted",
        "SELECT payload_sealed FROM quarantine": "quarantine",
        "SELECT password_hash FROM workbench_accounts": "workbench_accounts",
        "SELECT secret_sealed FROM feed_webhooks": "feed_webhooks",
        "SELECT identity FROM traced": "traced",
        "SELECT facts FROM audit": "audit",
        "UPDATE audit SET actor = 'x'": "audit",
        "DELETE FROM audit": "audit",
        "DELETE FROM deltas": "deltas",
        "UPDATE deltas SET payload = NULL": "deltas",
        "UPDATE grants SET withdrawn_at = NULL": "grants",
        "DELETE FROM withdrawals": "withdrawals",
        "UPDATE candidates SET probability = 1": "candidates",
        "INSERT INTO workbench_decisions DEFAULT VALUES": "workbench_decisions",
        "INSERT INTO feed_clients DEFAULT VALUES": "feed_clients",
        "TRUNCATE cases": "cases",
        "DROP TABLE cases": "cases",
        "CREATE TABLE mine (a int)": "public",
    }
    with psycopg.connect(login(Role.FEED), autocommit=True) as db:
        for statement, about in refused.items():
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match=about):
                db.execute(statement)
        assert db.execute("SELECT count(*) FROM candidates").fetchone() == (0,)


def test_roles_are_given_again_after_a_migration_and_lose_what_they_should_not_have(database):
    url, _ = database
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("GRANT ALL ON workbench_accounts TO skiptrace_feed")
        db.execute("GRANT SELECT (value_sealed) ON restricted TO skiptrace_feed")
        db.execute("GRANT SELECT ON kept_signals TO PUBLIC; REVOKE ALL ON kept_signals FROM PUBLIC")
    roles.apply(url, base=None)
    with psycopg.connect(url) as db:
        asked = "SELECT has_table_privilege('skiptrace_feed', 'workbench_accounts', 'SELECT'), has_column_privilege('skiptrace_feed', 'restricted', 'value_sealed', 'SELECT')"
        assert db.execute(asked).fetchone() == (False, False)


def test_a_store_that_is_behind_names_who_has_to_migrate_it(database):
    url, login = database
    mine = login(Role.PIPELINE)
    located = engine.locate(url, None)
    migrate.migrate(located, lock_timeout_seconds=5, to="0300")
    try:
        with pytest.raises(Fatal, match=r"schema 0300.*skiptrace store migrate"):
            store.open(mine, base=None)
    finally:
        migrate.migrate(located, lock_timeout_seconds=5)
        roles.apply(url, base=None)  # of tables made anew nobody has any rights


def test_the_rights_of_a_role_are_told_by_the_doctors_look_at_the_store(database):
    url, login = database
    assert store.examine(login(Role.PIPELINE), base=None).missing_rights == ()
    assert "INSERT candidates" in store.examine(login(Role.FEED), base=None).missing_rights
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("REVOKE DELETE ON candidates FROM skiptrace_pipeline")
    assert store.examine(login(Role.PIPELINE), base=None).missing_rights == ("DELETE candidates",)
    roles.apply(url, base=None)


def test_every_table_is_somebodys():
    named = {name for rights in RIGHTS.values() for name in rights}
    assert named == {*tables.metadata.tables, migrate.VERSION_TABLE}


def test_sqlite_has_no_roles(tmp_path):
    with pytest.raises(ConfigError, match="only PostgreSQL has roles"):
        roles.apply("sqlite:///store.db", base=tmp_path)
