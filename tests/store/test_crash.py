"""Processes that compete for the store, and processes that die in it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.store.conftest import AT, candidate, candidates
from tests.store.test_publishing import held, replay

_COMMON = """
import os, signal, sys
from pathlib import Path
import store
from store import audit, bulk, publishing
from tests.store.conftest import AT, candidate, candidates
db = store.open(sys.argv[1], base=Path("."))
"""

_COMPETE = (
    _COMMON
    + """
offset = int(sys.argv[2])
for turn in range(12):
    rows = [candidate(i, rank=1 + (turn + offset) % 3) for i in range(1 + (turn * 3 + offset) % 5, 9)]
    result = db.publish(candidates(*rows), run_key=f"run-{offset}-{turn}", at=AT)
    print(result.first_seq, result.last_seq)
"""
)

_DIE = (
    _COMMON
    + """
def die(*_args, **_kw):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "before the candidates":
    insert = bulk.insert
    bulk.insert = lambda c, table, rows: die() if table.name == "candidates" else insert(c, table, rows)
else:
    audit.append = die
db.publish(candidates(candidate(2, rank=2), candidate(3)), run_key="run-2", at=AT)
"""
)


def start(script, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_two_processes_publishing_at_once_leave_no_gap_and_no_double(url, db):
    both = [start(_COMPETE, url, offset) for offset in (0, 1)]
    outputs = [p.communicate(timeout=60) for p in both]
    assert [p.returncode for p in both] == [0, 0], [e for _, e in outputs]
    spans = sorted(tuple(map(int, line.split())) for out, _ in outputs for line in out.splitlines())
    given = [seq for first, last in spans for seq in range(first, last + 1)]
    deltas = db.deltas(0, 10_000).to_pylist()
    assert len(spans) == 24
    assert [d["seq"] for d in deltas] == given == list(range(1, len(given) + 1))
    assert replay({}, deltas) == held(db.snapshot())
    assert db.verify_audit().checked == 24


@pytest.mark.parametrize("moment", ["before the candidates", "before the commit"])
def test_a_publisher_killed_in_the_middle_leaves_nothing_half_written(url, db, moment):
    db.publish(candidates(candidate(1), candidate(2)), run_key="run-1", at=AT)
    before = db.snapshot()
    victim = start(_DIE, url, moment)
    _, error = victim.communicate(timeout=60)
    assert victim.returncode == -signal.SIGKILL, error
    after = db.snapshot()
    assert after.seq == before.seq == 2
    assert after.rows.equals(before.rows)
    assert db.verify_audit().is_intact
    again = db.publish(candidates(candidate(2, rank=2), candidate(3)), run_key="run-2", at=AT)
    assert (again.added, again.modified, again.deleted, again.last_seq) == (1, 1, 1, 5)
    assert replay({}, db.deltas().to_pylist()) == held(db.snapshot())
