"""Leases on both databases: one holder at a time; what ends by itself, what ends with its process."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from core.errors import Transient
from store import leases, new_holder
from tests.store.conftest import AT, candidate, candidates

_HOLD = """
import sys, time
from pathlib import Path
import store
db = store.open(sys.argv[1], base=Path("."))
print(db.take("run", holder=store.new_holder(), about="r1", seconds=3600).holder, flush=True)
time.sleep(60)
"""


def take(db, holder, *, seconds=60.0, about="r1"):
    return db.take("run", holder=holder, about=about, seconds=seconds).holder


def test_one_holder_at_a_time_until_it_is_given_back(db):
    mine, other = new_holder(), new_holder()
    assert take(db, mine) == mine
    assert take(db, other) == mine
    db.give_back("run", holder=other)
    assert take(db, other) == mine
    db.give_back("run", holder=mine)
    assert db.lease("run") is None
    assert take(db, other) == other


def test_other_names_are_other_leases(db):
    mine, other = new_holder(), new_holder()
    assert take(db, mine) == mine
    assert db.take("rotation", holder=other, about="", seconds=60).holder == other


def test_keeping_it_moves_its_end_and_not_its_begin(db):
    mine = new_holder()
    first = db.take("run", holder=mine, about="r1", seconds=60)
    again = db.take("run", holder=mine, about="r1", seconds=120)
    assert again.since == first.since
    assert again.until > first.until


@pytest.mark.parametrize("holder", ["airflow/scheduled__2026", "worker-7/12/345/otherboot.1/abcd"])
def test_a_holder_elsewhere_has_it_until_its_time_has_passed(db, holder):
    take(db, holder, seconds=0.3)
    mine = new_holder()
    assert take(db, mine) == holder
    time.sleep(0.35)
    assert take(db, mine) == mine


def test_a_killed_process_of_this_machine_has_it_no_more(db, url):
    process = subprocess.Popen([sys.executable, "-c", _HOLD, url], stdout=subprocess.PIPE, text=True)
    theirs = process.stdout.readline().strip()
    mine = new_holder()
    assert take(db, mine) == theirs
    assert not leases.is_dead(theirs)
    process.kill()
    process.wait()
    assert leases.is_dead(theirs)
    assert take(db, mine) == mine


def test_another_process_of_the_same_number_is_not_the_holder():
    host, pid, _, machine, own = new_holder().split("/")
    assert leases.is_dead(f"{host}/{pid}/1/{machine}/{own}")


def test_nothing_is_published_with_a_lease_that_went_to_another(db):
    old, new = "elsewhere/1", new_holder()
    take(db, old, seconds=0.01)
    time.sleep(0.02)
    take(db, new)
    rows = candidates(candidate(1))
    with pytest.raises(Transient, match="went to another"):
        db.publish(rows, run_key="r1", at=AT, lease=("run", old))
    assert db.snapshot().seq == 0
    assert db.publish(rows, run_key="r1", at=AT, lease=("run", new)).added == 1
