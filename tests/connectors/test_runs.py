"""Sorted runs beside one another: long ones lie on disk, and are told from no others."""

from __future__ import annotations

import mmap

import numpy as np
import pyarrow as pa
import pytest

from connectors import identity, runs, versions


@pytest.fixture
def short(monkeypatch):
    """What is long here: a run of 64."""
    monkeypatch.setattr(runs, "LONG", 64)


def seen_again(batches):
    """What two memories tell of the same batches of numbers: whether each came before; which versions were passed."""
    seen, newest = identity.Seen(), versions.Newest()
    repeated, passed = [], []
    for batch in batches:
        found = identity.digests("s", pa.array([str(i) for i in batch], pa.string()))
        repeated += seen.add(found).tolist()
        passed += newest.passed(found, pa.chunked_array([pa.array([i * 7 % 5 for i in batch], pa.int64())])).tolist()
    return seen, newest, repeated, passed


BATCHES = [np.random.default_rng(n).integers(0, 3000, 100).tolist() for n in range(40)]


def test_long_runs_on_disk_tell_the_same_as_runs_in_memory(monkeypatch):
    in_memory = seen_again(BATCHES)
    monkeypatch.setattr(runs, "LONG", 64)
    on_disk = seen_again(BATCHES)
    assert len(on_disk[0]._runs._long) > 5
    assert len(on_disk[1]._runs._long) > 5
    assert not in_memory[0]._runs._long
    assert on_disk[2:] == in_memory[2:]
    known = set()
    assert on_disk[2] == [i in known or known.add(i) is not None for batch in BATCHES for i in batch]


def test_what_is_kept_in_memory_does_not_grow_with_what_was_seen(short):
    seen, newest, *_ = seen_again(BATCHES)
    for memory in (seen, newest):
        assert sum(len(run[0]) for run in memory._runs._short) < 64
        assert all(isinstance(m, mmap.mmap) for run in memory._runs._long for m in run._maps)


def test_no_file_of_it_has_a_name(short, tmp_path, monkeypatch):
    monkeypatch.setattr(runs.tempfile, "tempdir", str(tmp_path))
    seen_again(BATCHES)
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_room_on_disk_nothing_is_forgotten(short, monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    expected = seen_again(BATCHES)[2:]
    monkeypatch.setattr(runs.tempfile, "TemporaryFile", full)
    seen, _, *found = seen_again(BATCHES)
    assert not seen._runs._long
    assert tuple(found) == expected
