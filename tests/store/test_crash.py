"""Processes that compete for the store, and processes that die in it."""

from __future__ import annotations

import subprocess
import sys

from tests.store.conftest import AT, candidate, candidates
from tests.store.test_publishing import held, replay

# One interpreter a test: it imports once, then forks a child for each name, before anything is opened.
_COMMON = """
import os, signal, sys
from pathlib import Path
import store
from store import audit, bulk
from tests.store.conftest import AT, candidate, candidates

def in_children(work, names):
    for name in names:
        if os.fork() == 0:
            work(store.open(sys.argv[1], base=Path(".")), name)
            sys.stdout.flush()
            os._exit(0)
    return [os.waitstatus_to_exitcode(os.wait()[1]) for _ in names]
"""

_COMPETE = (
    _COMMON
    + """
def work(db, offset):
    for turn in range(12):
        rows = [candidate(i, rank=1 + (turn + offset) % 3) for i in range(1 + (turn * 3 + offset) % 5, 9)]
        result = db.publish(candidates(*rows), run_key=f"run-{offset}-{turn}", at=AT)
        print(result.first_seq, result.last_seq)
sys.exit(any(in_children(work, [0, 1])))
"""
)

_DIE = (
    _COMMON
    + """
def die(*_args, **_kw):
    os.kill(os.getpid(), signal.SIGKILL)
def work(db, moment):
    if moment == "before the commit":
        audit.append = die
    else:
        insert = bulk.insert
        bulk.insert = lambda c, table, rows: die() if table.name == moment else insert(c, table, rows)
    db.publish(candidates(candidate(2, rank=2), candidate(3)), run_key="run-2", at=AT)
codes = in_children(work, ["deltas", "candidates", "candidate_consents", "before the commit"])
sys.exit(codes != [-signal.SIGKILL] * 4)
"""
)


def run(script, url):
    done = subprocess.run([sys.executable, "-c", script, url], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_processes_publishing_at_once_leave_no_gap_and_no_double(url, db):
    output = run(_COMPETE, url)
    spans = sorted(tuple(map(int, line.split())) for line in output.splitlines())
    given = [seq for first, last in spans for seq in range(first, last + 1)]
    deltas = db.deltas(0, 10_000).to_pylist()
    assert len(spans) == 24
    assert [d["seq"] for d in deltas] == given == list(range(1, len(given) + 1))
    assert replay({}, deltas) == held(db.snapshot())
    assert db.verify_audit().checked == 24


def test_publishers_killed_anywhere_in_the_middle_leave_nothing_half_written(url, db):
    db.publish(candidates(candidate(1), candidate(2)), run_key="run-1", at=AT)
    before = db.snapshot()
    run(_DIE, url)
    after = db.snapshot()
    assert after.seq == before.seq == 2
    assert after.rows.equals(before.rows)
    assert db.deltas().num_rows == 2
    assert db.verify_audit().is_intact
    again = db.publish(candidates(candidate(2, rank=2), candidate(3)), run_key="run-2", at=AT)
    assert (again.added, again.modified, again.deleted, again.last_seq) == (1, 1, 1, 5)
    assert replay({}, db.deltas().to_pylist()) == held(db.snapshot())
