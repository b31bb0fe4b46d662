"""The stage in a bucket: on a real S3 server and on fsspec's memory, the same rows, references and promises as in a folder."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from core.errors import ConfigError, Fatal, Transient
from core.types import Ref
from privacy.cipher import FileCipher
from privacy.keys import KeyRing
from store import stage_bucket
from store.stage import Stage, open_stage
from tests.servers.fixtures import s3_server  # noqa: F401 - a fixture
from tests.servers.objects import LOGIN
from tests.servers.ports import free

ROWS = pa.table({"n": range(20_000), "who": [f"Testperson-{i}-{i * i}" for i in range(20_000)]})


@pytest.fixture
def login(monkeypatch):
    for name, value in (("ACCESS_KEY_ID", LOGIN["access_key"]), ("SECRET_ACCESS_KEY", LOGIN["secret_key"])):
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.server)])
def where(request, login):
    """The URL of an empty stage."""
    name = f"stage-{uuid.uuid4().hex[:8]}"
    if request.param == "memory":
        return f"memory://{name}"
    return f"s3://drops/{name}?endpoint={request.getfixturevalue('s3_server').endpoint}"


@pytest.fixture
def stage(where, tmp_path, monkeypatch):
    monkeypatch.setattr(stage_bucket, "PIECE", 64 << 10)  # several pieces a file
    return open_stage(where, base=tmp_path)


@pytest.fixture
def sealed(stage):
    ring = KeyRing("k1", {"k1": secrets.token_bytes(32)}, "t1", secrets.token_bytes(32))
    return Stage(stage.place, FileCipher(ring))


def files(stage):
    return stage.place.files()


def content(stage, key):
    return stage.place.raw(key)


def test_rows_and_references_are_those_of_a_folder(stage, tmp_path):
    ref = stage.write("run-1", "pull", "orders", ROWS)
    assert ref == Stage(tmp_path / "folder").write("run-1", "pull", "orders", ROWS)
    assert len(files(stage)) > 3
    assert stage.read(ref).equals(ROWS)
    assert stage.read("run-1", "pull", "orders", columns=["who"]).equals(ROWS.select(["who"]))
    assert stage.ref("run-1", "pull", "orders") == ref
    assert sum(b.num_rows for b in stage.iter_batches(ref, batch_rows=999)) == ROWS.num_rows


def test_a_step_run_again_replaces_its_file_and_leaves_no_piece_of_the_old_one(stage):
    stage.write("run-1", "pull", "orders", ROWS)
    again = stage.write("run-1", "pull", "orders", ROWS)
    assert stage.read(again).equals(ROWS)
    fewer = stage.write("run-1", "pull", "orders", ROWS.slice(0, 3))
    assert stage.read("run-1", "pull", "orders").num_rows == fewer.rows == 3
    assert len(files(stage)) == 2  # a manifest, a piece
    with pytest.raises(Fatal, match="not what step pull wrote"):
        stage.read(again)


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(stage):
    before = stage.write("run-1", "pull", "orders", ROWS)
    there = files(stage)

    def broken():
        yield ROWS
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        stage.write("run-1", "pull", "orders", broken())
    assert files(stage) == there
    assert stage.read(before).equals(ROWS)


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_file_of_which_not_every_piece_was_put_is_not_there(stage, monkeypatch, nth):
    puts, put = [], stage_bucket.Bucket._put

    def breaks(self, key, data):
        puts.append(key)
        if len(puts) == nth:
            raise Transient("stage: the bucket does not answer as it should")
        put(self, key, data)

    monkeypatch.setattr(stage_bucket.Bucket, "_put", breaks)
    with pytest.raises(Transient):
        stage.write("run-1", "pull", "orders", ROWS)
    assert not stage.exists("run-1", "pull", "orders")
    monkeypatch.undo()
    assert stage.purge("run-1") == nth - 1
    assert files(stage) == []


def test_an_absent_file_names_the_step_to_run_again(stage):
    assert not stage.exists("run-1", "pull", "orders")
    for ask in (lambda: stage.read("run-1", "pull", "orders"), lambda: stage.ref("run-1", "pull", "orders")):
        with pytest.raises(Fatal, match="step pull is not there"):
            ask()
    with pytest.raises(Fatal, match="out of the stage"):
        stage.read(Ref("pull", "orders", "../x.parquet", 1, ""))


def test_notes_are_whole_replaced_and_listed(stage):
    assert stage.read_note("run-1", "facts", "pull.a.json") is None
    assert stage.notes("run-1", "facts") == []
    for text in ("1", "2"):
        stage.write_note("run-1", "facts", "pull.a.json", text)
    stage.write_note("run-1", "facts", "pull.b.json", "3")
    assert stage.notes("run-1", "facts") == ["pull.a.json", "pull.b.json"]
    assert stage.read_note("run-1", "facts", "pull.a.json") == "2"


def test_purging_a_run_removes_everything_of_it_and_only_that(stage):
    stage.write("run-1", "pull", "orders", ROWS)
    stage.write("run-1", "match", "orders", ROWS)
    stage.write_note("run-1", "notes", "parts.json", "{}")
    stage.write("run-10", "pull", "orders", ROWS)  # its name begins as the other's
    of_pull = [f for f in files(stage) if f.startswith("run-1/pull/")]
    assert stage.runs() == ["run-1", "run-10"]
    assert stage.purge("run-1", but=["match", "notes"]) == len(of_pull)
    assert not stage.exists("run-1", "pull", "orders")
    assert stage.exists("run-1", "match", "orders")
    assert stage.read_note("run-1", "notes", "parts.json") == "{}"
    assert stage.purge("run-1") > 0
    assert stage.purge("run-1") == 0
    assert stage.runs() == ["run-10"]
    assert stage.read("run-10", "pull", "orders").equals(ROWS)


@pytest.mark.server
def test_runs_nothing_was_written_in_for_long_are_purged(login, s3_server, tmp_path):  # noqa: F811
    stage = open_stage(f"s3://drops/aged?endpoint={s3_server.endpoint}", base=tmp_path)
    stage.write("old", "pull", "orders", ROWS)
    now = datetime.now(UTC)
    assert stage.purge_older(now - timedelta(days=1)) == []
    assert stage.purge_older(now + timedelta(days=1)) == ["old"]
    assert files(stage) == []


def test_where_a_storage_tells_no_times_nothing_is_old(tmp_path):
    stage = open_stage(f"memory://stage-{uuid.uuid4().hex[:8]}", base=tmp_path)
    stage.write("run-1", "pull", "orders", ROWS)
    assert stage.purge_older(datetime.now(UTC) - timedelta(seconds=5)) == []


def test_no_value_is_in_any_object_and_names_are_no_secret(sealed):
    ref = sealed.write("run-1", "pull", "orders", ROWS)
    assert sealed.read(ref).equals(ROWS)
    for key in files(sealed):
        assert b"Testperson" not in content(sealed, key)
        assert b"PAR1" not in content(sealed, key)


@pytest.mark.parametrize("harm", ["flip", "cut", "gone", "swap"])
def test_a_piece_that_was_altered_cut_removed_or_swapped_is_refused(sealed, harm):
    sealed.write("run-1", "pull", "orders", ROWS)
    first, second, *_ = [k for k in files(sealed) if ".pieces/" in k]
    data = bytearray(content(sealed, second))
    if harm == "gone":
        sealed.place._system.delete_file(sealed.place._at(second))
    else:
        data[len(data) // 2] ^= harm == "flip"
        new = bytes(data[:-1]) if harm == "cut" else content(sealed, first) if harm == "swap" else bytes(data)
        sealed.place._put(second, new)
    with pytest.raises(Fatal):
        sealed.read("run-1", "pull", "orders")


@pytest.mark.server
def test_a_writer_killed_in_the_middle_leaves_nothing_that_is_taken_for_a_file_nor_hidden(login, s3_server, tmp_path):  # noqa: F811
    where = f"s3://drops/killed?endpoint={s3_server.endpoint}"
    script = """
import os, signal, sys
from pathlib import Path
import pyarrow as pa
from store import stage_bucket
from store.stage import open_stage
stage_bucket.PIECE = 64 << 10
put, puts = stage_bucket.Bucket._put, []
def killed(self, key, data):
    put(self, key, data)
    puts.append(key)
    if len(puts) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
stage_bucket.Bucket._put = killed
rows = pa.table({"n": range(200_000), "who": [str(i * i * 7919) for i in range(200_000)]})
open_stage(sys.argv[1], base=Path(".")).write("run-1", "pull", "orders", rows)
"""
    here = tmp_path / "tmp"
    here.mkdir()
    environ = os.environ | {"TMPDIR": str(here)}
    done = subprocess.run([sys.executable, "-c", script, where], env=environ, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    stage = open_stage(where, base=tmp_path)
    assert not stage.exists("run-1", "pull", "orders")
    assert len(files(stage)) == 3
    assert list(here.iterdir()) == []
    assert unfinished_uploads(s3_server) == 0
    assert stage.purge("run-1") == 3
    assert files(stage) == []


@pytest.mark.server
def test_the_largest_piece_is_one_request(login, s3_server, tmp_path, monkeypatch):  # noqa: F811
    """An upload in parts would be seen by its tag, which then ends in the number of parts."""
    stage = open_stage(f"s3://drops/large?endpoint={s3_server.endpoint}", base=tmp_path)
    noise = pa.table({"b": [secrets.token_bytes(1 << 20) for _ in range(9)]})
    stage.write("run-1", "pull", "orders", noise)
    assert len([f for f in files(stage) if ".pieces/" in f]) == 3
    with urllib.request.urlopen(f"{s3_server.endpoint}/drops?list-type=2&prefix=large/") as answer:
        listed = answer.read().decode()
    assert "ETag" in listed
    assert "-1&quot;" not in listed
    assert '-1"</ETag>' not in listed
    assert stage.read("run-1", "pull", "orders").equals(noise)


def unfinished_uploads(server):
    with urllib.request.urlopen(f"{server.endpoint}/drops?uploads") as answer:
        return answer.read().decode().count("<UploadId>")


def test_a_bucket_that_is_away_is_worth_another_attempt_and_nothing_of_it_is_told(login, tmp_path):
    stage = open_stage(f"s3://secret-name/stage?endpoint=http://127.0.0.1:{free()}", base=tmp_path)
    with pytest.raises(Transient, match="does not answer") as caught:
        stage.exists("run-1", "pull", "orders")
    assert "secret-name" not in str(caught.value)


@pytest.mark.server
def test_a_bucket_that_is_not_there_is_fatal(login, s3_server, tmp_path):  # noqa: F811
    stage = open_stage(f"s3://nowhere/stage?endpoint={s3_server.endpoint}", base=tmp_path)
    with pytest.raises(Fatal, match="refuses, or is not there"):
        stage.write("run-1", "pull", "orders", ROWS)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://key:hunter2@bucket/stage", "no login in the URL"),
        ("s3://bucket/stage?endpiont=http://x", "no option endpiont"),
        ("s3://bucket/stage?endpoint=minio", "must be a URL"),
        ("nosuch://bucket/stage", "no driver for nosuch"),
        ("file:///var/stage", "given by its path"),
    ],
)
def test_an_url_that_cannot_be_is_told_before_anything_is_opened(url, said, tmp_path):
    with pytest.raises(ConfigError, match=said) as caught:
        open_stage(url, base=tmp_path)
    assert "hunter2" not in str(caught.value)


def test_temporary_files_have_no_name(stage, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen = []

    def rows():
        yield ROWS
        seen.extend(tmp_path.iterdir())

    stage.write("run-1", "pull", "orders", rows())
    assert seen == []
