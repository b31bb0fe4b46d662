"""On PostgreSQL nothing of a person is left either: every table, every file of the server, of the deployment, of what was exported."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import residue, retention, rotate, serve, withdraw
from pipeline.site import open_site
from pipeline.walk import walk
from store import tables
from store.subjects import SEALED
from tests.pipeline.withdrawn import run_with, values_of
from tests.servers.fixtures import postgres  # noqa: F401 - a fixture
from tests.support import run_of

pytestmark = pytest.mark.server
PERSONS = 100


@pytest.fixture
def lender(postgres, portfolio, tmp_path):  # noqa: F811 - the fixture
    """A deployment whose store is an own database of a real server."""
    name = f"residue_{tmp_path.name.replace('-', '_').lower()[:40]}"
    admin = sa.create_engine(
        postgres.url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    shutil.copytree(portfolio, tmp_path / "lender", ignore=shutil.ignore_patterns("truth"))
    file = tmp_path / "lender" / "deployment.yaml"
    url = postgres.url.replace("/postgres?", f"/{name}?")
    file.write_text(file.read_text().replace("sqlite:///state/skiptrace.db", url))
    site = open_site(tmp_path / "lender")
    yield site, postgres, portfolio
    site.store.close()
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def in_tables(site, values):
    """Which of these texts stand in any column of any table, as text."""
    hits = {}
    with site.store.subjects._engine.connect() as connection:
        for table in tables.metadata.sorted_tables:
            row_text = sa.text(f"SELECT t::text FROM {table.name} t")
            text = "\n".join(connection.execute(row_text).scalars())
            if found := [v for v in values if v in text]:
                hits[table.name] = len(found)
    return hits


def in_files(folder, needles):
    """Files of this folder that hold any of these bytes."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and (n := sum(b in path.read_bytes() for b in needles)):
            found[str(path.relative_to(folder))] = n
    return found


def sealed_of(site, cases):
    """The sealed bytes that are these cases' candidates now."""
    rows = site.store.snapshot().rows.to_pylist()
    published = {r["candidate_id"] for r in rows if r["case_id"] in cases}
    blobs = site.store.subjects.sealed("candidates", limit=100_000)
    return [blob for key, _, blob in blobs if key in published]


def assert_gone(site, postgres, values):  # noqa: F811 - the server
    with site.store.subjects._engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("CHECKPOINT"))
    assert in_tables(site, values) == {}
    assert residue.search(site, values, restricted=True).found == 0
    assert in_files(postgres.data.parent, [v.encode() for v in values]) == {}


def test_withdrawn_between_runs(lender):
    site, server, portfolio = lender
    walk(run_of(site))
    cases = sorted(set(site.store.snapshot().rows["case_id"].to_pylist()))
    who = random.Random(1).sample(cases, PERSONS)
    values, sealed = values_of(portfolio, who), sealed_of(site, set(who))
    assert residue.search(site, values).found > 0
    done = withdraw.withdraw_all(site, [withdraw.Person(case_id=c) for c in who], actor="test")
    assert done.is_complete
    assert not set(serve.candidates(site, actor="test")["case_id"].to_pylist()) & set(who)
    assert_gone(site, server, values)
    assert len(sealed) > PERSONS
    # after the daily purge the tables' files hold not even what was sealed; the write-ahead log may, until it is recycled
    retention.purge(site, actor="test")
    heap = {f: n for f, n in in_files(server.data, sealed).items() if not f.startswith("pg_wal")}
    assert heap == {}
    # a rotation that removes the old key makes that unreadable for good
    assert rotate.rotate(site, actor="test", retire=True).retired == ("k1",)
    assert {rotate.privacy.keys.key_of(blob) for blob in sealed} == {"k1"}
    assert "k1" not in rotate.privacy.keys.load(site.deployment.keys, site.folder, site.environ).sealing


def test_withdrawn_in_the_middle_of_a_run(lender):
    site, server, portfolio = lender
    who = [f"WA2026{i:07}" for i in range(PERSONS)]

    def between(step):
        if step == "match":
            assert not withdraw.withdraw_all(site, [withdraw.Person(case_id=c) for c in who], actor="test").is_complete

    run_with(run_of(site), between)
    assert not set(site.store.snapshot().rows["case_id"].to_pylist()) & set(who)
    assert set(site.store.subjects.erasures()["state"].to_pylist()) == {"deleted"}
    assert_gone(site, server, values_of(portfolio, who))


def test_the_search_looks_into_every_sealed_table(lender):
    site, _, _ = lender
    assert set(SEALED) <= {t.name for t in tables.metadata.sorted_tables}
    walk(run_of(site))
    assert in_tables(site, ["WA2026"])
