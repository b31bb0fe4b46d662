"""Every store test runs on SQLite, and on a throw-away PostgreSQL where its server is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

import store
from store import migrate, tables

AT = datetime(2026, 11, 23, tzinfo=UTC)


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def _as_server_user(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL of our own, on a Unix socket, without fsync; gone when the session ends."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed (initdb not found)")
    home = Path(tempfile.mkdtemp(prefix="skiptrace-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    data = str(home / "data")

    def run(*command: str) -> None:
        subprocess.run(_as_server_user([*command]), check=True, capture_output=True, timeout=60, cwd="/")

    options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off -c max_connections=30"
    try:
        run(str(binaries / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        run(str(binaries / "pg_ctl"), "-D", data, "-w", "-l", str(home / "log"), "-o", options, "start")
    except (OSError, subprocess.SubprocessError) as e:
        shutil.rmtree(home, ignore_errors=True)
        pytest.skip(f"PostgreSQL is installed but does not start here: {type(e).__name__}")
    try:
        yield f"postgresql:///postgres?host={home}&user=postgres"
    finally:
        subprocess.run(
            _as_server_user([str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "stop"]),
            check=False,
            capture_output=True,
            cwd="/",
        )
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite store without rows, to be copied: faster than migrating for each test."""
    base = tmp_path_factory.mktemp("empty")
    store.open("sqlite:///store.db", base=base).close()
    return base / "store.db"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store without rows, on each of the two."""
    if request.param == "sqlite":
        file = tmp_path / "state" / "store.db"
        file.parent.mkdir(mode=0o700)
        shutil.copy(request.getfixturevalue("empty_file"), file)
        return f"sqlite:///{file}"
    server_url: str = request.getfixturevalue("server")
    engine = sa.create_engine(server_url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        _empty(connection)
    return server_url


def _empty(connection: sa.Connection) -> None:
    """No rows where the schema is today's (fast), else no schema."""
    if sa.inspect(connection).has_table(migrate.VERSION_TABLE) and migrate.revision(connection) == migrate.newest():
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # past the append-only trigger
        for table in tables.metadata.tables.values():
            if table is not tables.heads:
                connection.execute(sa.delete(table))
        connection.execute(sa.update(tables.heads).values(seq=0, hash=""))
    else:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@pytest.fixture
def open_store(url: str, tmp_path: Path) -> Iterator[Callable[..., store.Store]]:
    """Opens the database of this test, again and again; all are closed at the end."""
    opened: list[store.Store] = []

    def open_(**options: object) -> store.Store:
        opened.append(store.open(url, base=tmp_path, **options))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


@pytest.fixture
def db(open_store: Callable[..., store.Store]) -> store.Store:
    """An open, empty store."""
    return open_store()


def candidate(number: int = 1, **changes: object) -> dict[str, object]:
    """One visibly synthetic candidate, as pipeline gives it to ``publish``."""
    return {
        "candidate_id": f"cand-{number:04d}",
        "case_id": f"case-{number % 3}",
        "rank": 1,
        "kind": "phone",
        "value_sealed": b"sealed-%d" % number,
        "value_masked": f"138****{number:04d}",
        "probability": 0.5,
        "holder": "debtor",
        "first_seen": AT - timedelta(days=30),
        "last_seen": AT - timedelta(days=2),
        "sources": ["shop_orders", "notes"],
        "origins": 2,
        "reasons": ["recent", "two_origins"],
        "factors": [{"factor": "recency", "log_odds": 0.25, "detail": '测试 "quoted"\n'}],
        "consent_ids": [f"consent-{number}"],
    } | changes


def candidates(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=store.CANDIDATE_ROWS)
