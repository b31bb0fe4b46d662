"""The whole path from real servers; then each of them killed or corrupted in the middle, and run again: the same in the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from pipeline import match, parts, pull, rank, report
from pipeline.site import open_site
from pipeline.walk import walk
from tests.deployment import lender
from tests.deployment.lender import Servers
from tests.pipeline.withdrawn import run_with
from tests.servers.fixtures import postgres, rest_server, s3_server, sftp_server  # noqa: F401 - fixtures
from tests.support import NOON, ROOT, run_of

pytestmark = [pytest.mark.server, pytest.mark.slow]
PIECES = 100


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    import sample

    folder = tmp_path_factory.mktemp("people")
    sample.write(sample.WORLDS["demo"], folder, debtors=60, seed=23)
    return folder


@pytest.fixture(scope="module")
def servers(postgres, sftp_server, rest_server, s3_server):  # noqa: F811
    return Servers(postgres, sftp_server, rest_server, s3_server)


@pytest.fixture(scope="module")
def undisturbed(servers, people, tmp_path_factory):
    """The deployment after one run that nothing disturbed."""
    lender.fill(servers, people)
    folder = lender.deployed(servers, people, tmp_path_factory.mktemp("undisturbed") / "lender")
    ran(folder, servers)
    return folder


@pytest.fixture(scope="module")
def expected(servers, undisturbed):
    return state(undisturbed, servers)


@pytest.fixture
def folder(servers, people, undisturbed, tmp_path, monkeypatch):
    """A deployment like it, with an empty store, its servers whole; pieces small, so that there is a middle."""
    lender.fill(servers, people)
    monkeypatch.setattr(pull, "PIECE_ROWS", PIECES)
    return lender.deployed(servers, people, tmp_path / "lender", state=undisturbed / "state")


def opened(folder, servers):
    return open_site(folder, environ=os.environ | servers.environ)


def ran(folder, servers):
    return walk(run_of(opened(folder, servers)))


def state(folder, servers):
    """What is ranked from what is known (by one more run), what is published, and what is kept."""
    found = []
    run = run_of(opened(folder, servers))

    def look(step):
        if step == "rank":
            found.extend(sorted(map(plain, rank.candidates(run).to_pylist())))
            links = run.site.stage.read(run.key, match.STEP, "all").to_pylist()
            found.append(sorted((r["signal_id"], r["case_id"], round(r["weight_bits"], 9)) for r in links))

    run_with(run, look)
    told = report.stored(run.site)
    assert told["sums_close"]
    assert told["failed_sources"] == []
    assert sum(told["deltas"].values()) == 0, "a run without news tells something"
    rows = run.site.store.candidates(at=NOON).select(["candidate_id", "case_id", "kind", "rank"]).to_pylist()
    return found, rows, run.site.store.kept_keys().to_pylist()


def plain(candidate):
    """A candidate as text, its numbers to nine digits."""
    factors = sorted((f["factor"], round(f["log_odds"], 9), f["detail"]) for f in candidate["factors"])
    rest = {k: sorted(v) if isinstance(v, list) else v for k, v in candidate.items() if k != "factors"}
    return repr(sorted({**rest, "probability": round(rest["probability"], 9), "factors": factors}.items()))


def read_back(text):
    import datetime as dt
    import zoneinfo

    found = dict(eval(text, {"datetime": dt, "zoneinfo": zoneinfo}))
    return {k: v for k, v in found.items() if k != "factors"}


def counted(told, source, step="pull"):
    found = next(s for s in told["steps"] if (s["step"], s["source"]) == (step, source))
    return {name: rows for name, rows, _ in found["counts"]}


def same_in_the_end(folder, servers, expected):
    told = ran(folder, servers)
    assert told["failed_sources"] == [], told["steps"]
    assert told["sums_close"]
    assert state(folder, servers) == expected
    site = opened(folder, servers)
    assert site.store.verify_audit().is_intact
    seqs = site.store.deltas(0, 100_000)["seq"].to_pylist()
    assert seqs == list(range(1, len(seqs) + 1))


@pytest.fixture
def at_piece(monkeypatch):
    """Do something when the piece of this number of a source is safe."""

    def plan(source, number, action):
        add, done = parts.Parts.add, []

        def disturbed(self, batch):
            add(self, batch)
            if self.spec.name == source and self.written >= number and not done:
                done.append(source)
                action()

        monkeypatch.setattr(parts.Parts, "add", disturbed)
        return done

    return plan


# --- undisturbed ----------------------------------------------------------------------------------------------------------


def test_from_servers_comes_to_the_same_as_from_files(servers, people, undisturbed, expected, tmp_path):
    import shutil

    local = tmp_path / "files"
    shutil.copytree(people, local, ignore=shutil.ignore_patterns("truth"))
    shutil.copytree(undisturbed / "state" / "models", local / "state" / "models")
    shutil.copy(undisturbed / "state" / "keys.json", local / "state" / "keys.json")
    ran(local, servers)
    (*candidates, links), published, _ = state(local, servers)
    (*mine, my_links), my_published, kept = expected
    assert sorted(set(my_links) ^ set(links)) == []
    assert my_published == published
    # What ranking estimates over all rows depends, a little, on their order; what stands behind a candidate does not.
    for one, other in zip(map(read_back, mine), map(read_back, candidates), strict=True):
        assert one.pop("probability") == pytest.approx(other.pop("probability"), abs=0.002)
        assert one == other
    assert kept
    assert {k["source"] for k in kept} == {"shop", "courier", "crm"}


def test_with_the_store_on_the_server_too(servers, people, undisturbed, expected, tmp_path):
    with psycopg.connect(servers.postgres.url, autocommit=True) as db:
        db.execute("DROP DATABASE IF EXISTS lender_store WITH (FORCE)")
        db.execute("CREATE DATABASE lender_store")
    url = servers.postgres.url.replace("/postgres?", "/lender_store?")
    folder = lender.deployed(servers, people, tmp_path / "lender", state=undisturbed / "state", store=url)
    lender.fill(servers, people)
    same_in_the_end(folder, servers, expected)


def test_no_secret_and_no_person_is_left_in_the_deployment(servers, undisturbed, people):
    from pipeline import residue
    from tests.support import read_csv

    orders = read_csv(people / "data" / "shop" / "交易明细.csv", "utf-8-sig")
    phones = {o["联系方式"] for o in orders if o["联系方式"].isdigit()}
    found = residue.search(opened(undisturbed, servers), phones).plain
    assert found == {}
    for path in residue.deployment_files(opened(undisturbed, servers)):
        assert not [s for s in (b"canary-password", b"canary-secret", b"OPENSSH") if s in path.read_bytes()], path.name


# --- servers that are killed, or lie --------------------------------------------------------------------------------------


def test_a_database_that_dies_in_the_middle_and_comes_back_is_ridden_out(servers, folder, expected, at_piece):
    def die():
        servers.postgres.stop()
        servers.postgres.start()

    done = at_piece("shop", 2, die)
    told = ran(folder, servers)
    assert done == ["shop"]
    assert told["failed_sources"] == []
    assert counted(told, "shop")["pulled"] <= counted(told, "shop")["read"]
    assert state(folder, servers) == expected


def test_a_database_that_stays_away_fails_alone_and_is_read_by_the_next_run(servers, folder, expected, at_piece):
    at_piece("shop", 2, servers.postgres.stop)
    try:
        told = ran(folder, servers)
    finally:
        servers.postgres.start()
    assert told["failed_sources"] == ["shop"]
    assert told["sums_close"]
    assert opened(folder, servers).store.cursor("shop") is None
    same_in_the_end(folder, servers, expected)


def test_a_column_that_is_renamed_stops_its_source_and_says_which(servers, folder, expected):
    with psycopg.connect(servers.postgres.url, autocommit=True) as db:
        db.execute('ALTER TABLE shop_orders RENAME "联系方式" TO "手机"')
        told = ran(folder, servers)
        db.execute('ALTER TABLE shop_orders RENAME "手机" TO "联系方式"')
    notes = [n["message"] for s in told["steps"] if s["source"] == "shop" for n in s["notes"]]
    assert told["failed_sources"] == ["shop"]
    assert "has no column '联系方式'" in notes[0]
    same_in_the_end(folder, servers, expected)


def test_an_sftp_server_killed_in_the_middle(servers, folder, expected, at_piece):
    at_piece("courier", 1, servers.sftp.stop)
    try:
        told = ran(folder, servers)
    finally:
        servers.sftp.start()
    assert told["failed_sources"] == ["courier"]
    same_in_the_end(folder, servers, expected)


def test_a_truncated_drop_and_one_without_its_mark(servers, folder, expected):
    drop = servers.sftp.folder / "scans-1.txt.gz"
    whole = drop.read_bytes()
    drop.write_bytes(whole[: len(whole) // 2])
    told = ran(folder, servers)
    assert told["failed_sources"] == ["courier"]
    drop.write_bytes(whole)
    (servers.sftp.folder / "scans-2.txt.gz.done").unlink()
    assert ran(folder, servers)["failed_sources"] == []
    (servers.sftp.folder / "scans-2.txt.gz.done").touch()
    same_in_the_end(folder, servers, expected)


@pytest.mark.parametrize("faults", [["none", "500", "429:1", "drop"]])
def test_a_rest_server_in_passing_trouble_is_ridden_out(servers, folder, expected, faults):
    servers.rest.faults = list(faults)
    told = ran(folder, servers)
    assert told["failed_sources"] == []
    assert servers.rest.faults == []
    assert state(folder, servers) == expected


@pytest.mark.parametrize("fault", ["html", "cut"])
def test_a_rest_server_that_lies_on_its_second_page_fails_alone(servers, folder, expected, fault):
    # the first answer asks for a token
    servers.rest.faults = ["none", *[fault] * 9]
    told = ran(folder, servers)
    assert told["failed_sources"] == ["crm"]
    servers.rest.faults = []
    same_in_the_end(folder, servers, expected)


def test_a_bucket_that_is_gone_and_comes_back(servers, people, folder, expected):
    servers.s3.stop()
    try:
        told = ran(folder, servers)
    finally:
        servers.s3.start()
    assert told["failed_sources"] == ["cards"]
    lender.cards(servers, people / "data")
    same_in_the_end(folder, servers, expected)


# --- our own process, killed ----------------------------------------------------------------------------------------------

# One process imports everything once, and forks for each death that is asked of it: (where, folder) in, the exit code out.
_DYING = """
import json, os, sys, traceback
import pipeline.admit, pipeline.check, pipeline.match, pipeline.publish, pipeline.rank, pipeline.pull, pipeline.parts
import expectations.suite, store.increments
from pipeline.site import open_site
from pipeline.walk import walk
from tests.support import run_of

def die(where, folder):
    pipeline.pull.PIECE_ROWS = 100
    owner, name = {
        "admit": (pipeline.admit, "admit"),
        "match": (pipeline.match, "match"),
        "the commit": (store.increments, "_replace_traced"),
        "published": (pipeline.publish, "publish"),
    }.get(where, (pipeline.parts.Parts, "add"))
    whole, count = getattr(owner, name), [0]

    def dying(*args, **kwargs):
        result = whole(*args, **kwargs)
        if where.startswith("a piece of") and args[0].spec.name != where.split()[-1]:
            return result
        count[0] += 1
        if count[0] == 2 or where in ("match", "the commit", "published"):
            os._exit(9)
        return result

    setattr(owner, name, dying)
    walk(run_of(open_site(folder)))

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        try:
            die(*json.loads(line))
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def dies(servers):
    """Runs a deployment in a process that dies where it is told to; its exit code."""
    with subprocess.Popen(
        [sys.executable, "-c", _DYING], cwd=ROOT, env=os.environ | servers.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip

        def dies(where, folder):
            process.stdin.write(json.dumps([where, str(folder)]) + "\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield dies
        process.stdin.close()


@pytest.mark.parametrize(
    "where",
    ["a piece of shop", "a piece of courier", "a piece of crm", "admit", "match", "the commit", "published"],
)  # fmt: skip
def test_killed_at_any_step_the_next_run_comes_to_the_same(servers, folder, expected, dies, where):
    assert dies(where, folder) == 9
    same_in_the_end(folder, servers, expected)


def test_a_killed_pull_reads_at_most_one_piece_of_a_source_twice(servers, folder, undisturbed, dies):
    once = report.stored(opened(undisturbed, servers), None)
    assert once is not None
    assert dies("a piece of shop", folder) == 9
    told = ran(folder, servers)
    with psycopg.connect(servers.postgres.url) as db:
        (total,) = db.execute("SELECT count(*) FROM shop_orders").fetchone()
    assert total <= counted(told, "shop")["read"] <= total + PIECES
    notes = [n["message"] for s in told["steps"] if s["source"] == "shop" for n in s["notes"]]
    assert any("goes on from there" in note for note in notes)
    assert Path(folder).is_dir()
