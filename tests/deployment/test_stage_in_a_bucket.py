"""A whole night with its stage in a bucket ends as one with a folder; killed anywhere, the next one ends there too; nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from pipeline import residue
from pipeline.site import open_site
from pipeline.walk import walk
from store.stage import open_stage
from tests.deployment.faults import everything
from tests.servers.fixtures import s3_server  # noqa: F401 - a fixture
from tests.servers.objects import LOGIN
from tests.support import ROOT, copy_of, run_of

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture(scope="module")
def before(portfolio, tmp_path_factory):
    """A portfolio that has its keys, so that copies of it come to the same ids."""
    folder = copy_of(portfolio, tmp_path_factory.mktemp("bucket"))
    assert open_site(folder).keys
    return folder


@pytest.fixture(scope="module")
def undisturbed(before, tmp_path_factory):
    """Everything in the store after a night with a folder for its stage."""
    site = open_site(copy_of(before, tmp_path_factory.mktemp("folder")))
    walk(run_of(site))
    return everything(site)


@pytest.fixture
def in_bucket(before, s3_server, tmp_path, monkeypatch):  # noqa: F811
    """The same portfolio, its stage in a bucket that is empty."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", LOGIN["access_key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", LOGIN["secret_key"])
    s3_server.empty()
    folder = copy_of(before, tmp_path)
    file = folder / "deployment.yaml"
    where = f"stage: s3://drops/stage?endpoint={s3_server.endpoint}"
    file.write_text(file.read_text(encoding="utf-8").replace("stage: state/stage", where), encoding="utf-8")
    return folder


def test_a_night_ends_as_with_a_folder_and_leaves_nothing(in_bucket, undisturbed):
    site = open_site(in_bucket)
    assert walk(run_of(site))["sums_close"]
    assert everything(site) == undisturbed
    assert site.stage.place.files() == []
    assert not (in_bucket / "state" / "stage").exists()


KILLED = """
import os, signal, sys
from pipeline.site import open_site
from pipeline.walk import walk
from store import stage_bucket
from tests.support import run_of
put = stage_bucket.Bucket._put
def killed(self, key, data):
    put(self, key, data)
    if sys.argv[2] in key:
        os.kill(os.getpid(), signal.SIGKILL)
stage_bucket.Bucket._put = killed
walk(run_of(open_site(sys.argv[1])))
"""


@pytest.mark.parametrize("place", ["pull/cards.parquet.pieces", "check/notes.parquet.pieces", "facts/rank"])
def test_after_a_night_that_was_killed_the_next_one_ends_as_if_it_had_not_been(in_bucket, undisturbed, canaries, place):
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, str(in_bucket), place]
    assert subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode == -signal.SIGKILL
    site = open_site(in_bucket)
    stolen = open_stage(site.deployment.stage, base=site.folder).place
    left = stolen.files()
    assert left
    for key in left:  # what a thief of the bucket would have
        raw = stolen.raw(key)
        assert [c for c in canaries if c.encode() in raw] == [], key
    walk(run_of(site))
    assert everything(site) == undisturbed
    assert site.stage.place.files() == []


STEP = """
import sys
from dataclasses import replace
from pipeline import admit, advance, match, publish, rank, walk
from pipeline.site import open_site
from tests.support import run_of
run = replace(run_of(open_site(sys.argv[1])), holder="airflow/one-dag-run")
signals = run.site.deployment.signal_sources
"""
MACHINES = [
    "walk.open_run(run); [walk.ingest(run, name) for name in walk.ground(run)]",
    "[walk.ingest(run, name) for name in walk.others(run)]",
    "[admit.admit(run, s.name) for s in signals]; advance.advance(run)",
    "match.match(run)",
    "rank.rank(run)",
    "publish.publish(run); walk.close_run(run); walk.leave(run)",
]


def test_steps_on_several_machines_share_it(in_bucket, undisturbed, tmp_path):
    """Each in a process that has nothing of the others: the store's file stands for a server that all reach."""
    for n, call in enumerate(MACHINES):
        own = tmp_path / f"machine-{n}"
        own.mkdir()
        environ = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(own)}
        subprocess.run([sys.executable, "-c", STEP + call, str(in_bucket)], cwd=ROOT, env=environ, check=True)
        assert list(own.iterdir()) == []
    site = open_site(in_bucket)
    assert everything(site) == undisturbed
    assert site.stage.place.files() == []


def test_a_search_for_residue_looks_into_the_bucket(ran):
    site = ran[0]
    site = replace(site, deployment=site.deployment.model_copy(update={"stage": f"memory://residue-{os.getpid()}"}))
    assert residue.search(site, ["Testperson-in-a-note"]).found == 0
    site.stage.write_note("20261102T000000Z", "notes", "wrong.json", '"Testperson-in-a-note"')
    assert residue.search(site, ["Testperson-in-a-note"]).plain == {"20261102T000000Z/notes/wrong.json": 1}
