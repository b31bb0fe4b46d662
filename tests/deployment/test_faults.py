"""The short form of benchmarks/crash.py: a few faults in the middle of a run from nothing, and the next run comes to the same."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.slow

# In an interpreter of its own: it forks, and the suite has threads.
_SHORT = """
import json, sys
from pathlib import Path
from tests.deployment import faults
made = faults.lender(Path(sys.argv[1]), debtors=12, nights=1, is_run_again=False)
places = made.places[1]
def at(name):
    return places.index(next(p for p in places if p.startswith(name)))
plan = [
    faults.Fault("kill", at("check write") + 1, 1),
    faults.Fault("kill", at("publish sql COPY" if made.server else "publish sql INSERT INTO deltas"), 1),
    faults.Fault("full", at("admit write"), 1),
]
print(json.dumps([[t.ended, t.error, t.is_same, t.problems] for t in faults.campaign(made, plan)]))
"""


def test_killed_in_the_middle_of_a_step_or_of_the_commit_or_on_a_full_disk_the_next_run_comes_to_the_same(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", _SHORT, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told == [["killed", "", True, []], ["killed", "", True, []], ["stopped", "Transient", True, []]]
