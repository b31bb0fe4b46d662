from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Fatal, Transient
from core.types import Ref
from store import stage as stage_module
from store.stage import Stage

ROWS = pa.table({"a": pa.array(range(10)), "b": pa.array([f"测试-{i}" for i in range(10)])})


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path / "stage")


def bytes_of(stage, ref):
    return (stage.folder / ref.path).read_bytes()


def files(stage):
    return sorted(p for p in stage.folder.rglob("*") if p.is_file())


def test_rows_come_back_by_reference_and_by_name(stage):
    ref = stage.write("run-1", "pull", "orders", ROWS)
    assert ref == Ref("pull", "orders", "run-1/pull/orders.parquet", 10, ref.digest)
    assert stage.read(ref).equals(ROWS)
    assert stage.read("run-1", "pull", "orders").equals(ROWS)
    assert stage.read(ref, columns=["b"]).equals(ROWS.select(["b"]))
    assert stage.ref("run-1", "pull", "orders") == ref


def test_a_step_run_again_replaces_its_file(stage):
    stage.write("run-1", "pull", "orders", ROWS)
    ref = stage.write("run-1", "pull", "orders", ROWS.slice(0, 3))
    assert stage.read("run-1", "pull", "orders").num_rows == ref.rows == 3
    assert len(files(stage)) == 1


def test_files_and_folders_are_their_owners_alone(stage):
    ref = stage.write("run-1", "pull", "orders", ROWS)
    path = stage.folder / ref.path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    folders = [path.parent, path.parent.parent, stage.folder]
    assert {stat.S_IMODE(f.stat().st_mode) for f in folders} == {0o700}


@settings(max_examples=10, deadline=None)
@given(cuts=st.lists(st.integers(0, 1000), max_size=5), group=st.sampled_from([7, 250, 1000, 5000]))
def test_the_same_rows_give_the_same_bytes_however_they_were_batched(tmp_path_factory, cuts, group):
    stage = Stage(tmp_path_factory.mktemp("stage"))
    words = pa.array([f"w{i % 13}" for i in range(1000)])
    rows = pa.table(
        {"i": pa.array(np.arange(1000)), "w": words, "l": pa.array([[str(i)] * (i % 3) for i in range(1000)])}
    )
    edges = [0, *sorted(cuts), 1000]
    parts = [rows.slice(a, b - a) for a, b in pairwise(edges)]
    encoded = rows.set_column(1, "w", words.dictionary_encode()).replace_schema_metadata({"pandas": "{}"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage_module, "_ROW_GROUP", group)
        whole = stage.write("r", "s", "whole", rows)
        assert stage.write("r", "s", "parts", parts).digest == whole.digest
        assert stage.write("r", "s", "batches", iter(rows.to_batches(max_chunksize=33))).digest == whole.digest
        assert stage.write("r", "s", "encoded", encoded).digest == whole.digest
        assert pq.ParquetFile(stage.folder / whole.path).num_row_groups == -(-1000 // group)
        assert stage.read(whole).equals(rows)


def test_batches_are_read_one_at_a_time(stage):
    ref = stage.write("run-1", "pull", "orders", ROWS)
    sizes = [b.num_rows for b in stage.iter_batches(ref, batch_rows=4)]
    assert sum(sizes) == 10
    assert max(sizes) <= 4


def test_no_batch_at_all_is_an_empty_file_where_the_schema_is_known(stage):
    ref = stage.write("run-1", "pull", "orders", [], schema=ROWS.schema)
    assert stage.read(ref).equals(ROWS.schema.empty_table())
    assert stage.write("run-1", "pull", "none", ROWS.slice(0, 0)).rows == 0
    with pytest.raises(Fatal, match="no schema"):
        stage.write("run-1", "pull", "unknown", [])


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(stage):
    before = stage.write("run-1", "pull", "orders", ROWS)

    def broken():
        yield ROWS
        raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        stage.write("run-1", "pull", "orders", broken())
    assert stage.read(before).equals(ROWS)
    assert len(files(stage)) == 1


def test_batches_of_different_schemas_are_refused(stage):
    with pytest.raises(Fatal, match="different schemas"):
        stage.write("run-1", "pull", "orders", [ROWS, ROWS.select(["a"])])


def test_a_file_changed_since_it_was_written_is_refused(stage):
    ref = stage.write("run-1", "pull", "orders", ROWS)
    stage.write("run-1", "pull", "orders", ROWS.slice(1))
    with pytest.raises(Fatal, match="not what step pull wrote"):
        stage.read(ref)
    with pytest.raises(Fatal, match="not what step pull wrote"):
        list(stage.iter_batches(ref))


def test_an_absent_file_names_the_step_to_run_again(stage):
    assert not stage.exists("run-1", "pull", "orders")
    with pytest.raises(Fatal, match="step pull is not there"):
        stage.read("run-1", "pull", "orders")


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "", ".hidden", "a\nb", "/etc"])
def test_names_stay_inside_the_stage(stage, name):
    for names in ((name, "pull", "orders"), ("run-1", name, "orders"), ("run-1", "pull", name)):
        with pytest.raises(Fatal, match="plain name"):
            stage.write(*names, ROWS)
    with pytest.raises(Fatal, match="plain name"):
        stage.purge(name)
    for path in ("../x.parquet", "/etc/passwd"):
        with pytest.raises(Fatal, match="out of the stage"):
            stage.read(Ref("pull", "orders", path, 1, ""))


@pytest.mark.parametrize(("code", "kind"), [(errno.ENOSPC, Transient), (errno.EROFS, Fatal), (errno.EACCES, Fatal)])
def test_a_full_disk_is_worth_another_attempt_and_a_read_only_one_is_not(stage, monkeypatch, code, kind):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(kind, match="stage"):
        stage.write("run-1", "pull", "orders", ROWS)
    assert files(stage) == []


def test_purging_a_run_removes_everything_of_it_and_only_that(stage):
    stage.write("run-1", "pull", "orders", ROWS)
    stage.write("run-1", "match", "orders", ROWS)
    kept = stage.write("run-2", "pull", "orders", ROWS)
    (stage.folder / "run-1" / "pull" / ".orders.abc.tmp").write_bytes(b"half-written")
    assert stage.purge("run-1") == 3
    assert files(stage) == [stage.folder / kept.path]
    assert stage.purge("run-1") == 0


def test_runs_nothing_was_written_in_for_long_are_purged(stage):
    for key in ("old", "new"):
        stage.write(key, "pull", "orders", ROWS)
    past = datetime(2026, 1, 1, tzinfo=UTC)
    for path in [stage.folder / "old", *(stage.folder / "old").rglob("*")]:
        os.utime(path, (past.timestamp(), past.timestamp()))
    assert stage.purge_older(past) == []
    assert stage.purge_older(past + timedelta(days=1)) == ["old"]
    assert stage.exists("new", "pull", "orders")


def test_a_writer_killed_in_the_middle_leaves_no_file_and_purge_removes_its_rest(stage):
    script = """
import os, signal, sys
from pathlib import Path
import pyarrow as pa
from store.stage import Stage
def rows():
    yield pa.table({"a": range(300_000)})
    os.kill(os.getpid(), signal.SIGKILL)
Stage(Path(sys.argv[1])).write("run-1", "pull", "orders", rows())
"""
    done = subprocess.run([sys.executable, "-c", script, str(stage.folder)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert not stage.exists("run-1", "pull", "orders")
    assert len(files(stage)) == 1
    assert stage.purge("run-1") == 1
    assert files(stage) == []
