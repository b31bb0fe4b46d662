"""A second process of one run: it changes when things are done, never what comes of them; and it does not outlive its run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline import addresses, ahead, match, processes
from pipeline.beside import Beside
from pipeline.site import open_site
from pipeline.walk import walk
from tests.deployment import faults
from tests.support import ROOT, copy_of, run_of

NIGHT_AFTER = date(2026, 11, 2)


@pytest.fixture
def paying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is worth another process."""
    monkeypatch.setattr(processes, "cores", lambda: 2)
    monkeypatch.setattr(ahead, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(addresses, "_LEAST", 10)
    monkeypatch.setattr(match, "_ROWS", 20)


def night_in(folder: Path) -> tuple[str, list[list[object]]]:
    """Everything a night left that outlives it, and what it counted."""
    site = open_site(folder)
    report = walk(run_of(site, NIGHT_AFTER))
    counts = [[s["step"], s["source"], s["status"], s["counts"], s["measures"], s["notes"]] for s in report["steps"]]
    return faults.everything(site), counts


@pytest.fixture(scope="module")
def alone(as_run, tmp_path_factory):
    """A night of one process."""
    return night_in(copy_of(as_run[0], tmp_path_factory.mktemp("alone")))


@pytest.mark.usefixtures("paying")
def test_a_night_of_two_processes_ends_as_one_of_one(as_run, alone, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(ahead, "beside", lambda run, real=ahead.beside: asked.append(real(run)) or asked[-1])
    assert night_in(copy_of(as_run[0], tmp_path)) == alone
    others = list({id(o): o for o in asked if o is not None}.values())
    assert len(others) == 3, "one for the sources, one for addresses and links, one that masks while this one ranks"
    for other in (others[0], others[2]):
        assert all(future.result() is not None for future in other._asked.values())


@pytest.mark.usefixtures("paying")
@pytest.mark.parametrize("function", ["begin", "ask"])
def test_another_process_that_is_killed_changes_nothing(as_run, alone, tmp_path, monkeypatch, function):
    real = getattr(Beside, function)

    def killed(self, *args, **said):
        found = real(self, *args, **said)
        self._process.kill()
        return found

    monkeypatch.setattr(Beside, function, killed)
    assert night_in(copy_of(as_run[0], tmp_path)) == alone


def test_what_took_long_is_shared_by_how_long_it_took(ran, monkeypatch):
    seconds = {"notes": 50.0, "consents": 30.0, "registry": 12.0, "shop": 3.0}
    monkeypatch.setattr(ahead, "_seconds", lambda _: seconds)
    chosen = ahead._chosen(run_of(ran[0]))
    assert chosen[0] == "notes"
    assert not {"consents", "registry"} & set(chosen)


@pytest.fixture
def other(ran):
    made = Beside()
    made.begin(run_of(ran[0]))
    yield made
    made.end()


def test_what_cannot_be_done_there_is_told_so(other):
    assert (
        other.ask("pipeline.ahead:of_rows", pa.table({"text": ["北京市"]}), function="nowhere:nothing").result() is None
    )
    rows = other.ask("pipeline.ahead:of_rows", pa.table({"text": ["北京市"]}), function="pipeline.addresses:parsed")
    assert rows.result().num_rows == 1


def test_what_is_withdrawn_before_it_begins_is_not_done(other):
    asked = [other.ask("pipeline.addresses:of_registry", part=str(n)) for n in range(3)]
    other.withdraw(asked[2])
    assert asked[2].result() is None
    other.end()
    assert other.ask("pipeline.addresses:of_registry", part="0").result() is None


def test_it_ends_when_it_has_done_what_was_asked(other):
    asked = other.ask("pipeline.ahead:of_rows", pa.table({"text": ["北京市"]}), function="pipeline.addresses:parsed")
    other.finish()
    assert asked.result().num_rows == 1
    assert other._process.wait(60) == 0
    assert other.ask("pipeline.addresses:of_registry", part="0").result() is None


def test_while_it_waits_for_the_other_this_process_does_what_is_due_later(ran, monkeypatch):
    run, awaited, done = run_of(ran[0]), Future(), []
    may_go = [s.name for s in run.site.deployment.sources if ahead._may_go(s)]
    assert len(may_go) > 3

    def do(run, step, name):
        done.append(name)
        if name == may_go[1]:
            raise RuntimeError(name)
        if len(done) == 3:
            awaited.set_result(pa.table({}))

    monkeypatch.setattr(ahead, "_do", do)
    asked = {("pull", may_go[0]): awaited}
    ahead._work_while_waiting(run, asked, awaited)
    assert done == may_go[1:4], "in their order, not what is asked for already, and no more once it has been done"
    assert ("pull", may_go[1]) not in asked, "what failed is done again when it is due, where its error is told"
    assert asked["pull", may_go[2]].result() is not None


def test_it_ends_when_the_process_that_began_it_is_killed():
    code = "from pipeline.beside import Beside; import sys, time; b = Beside(); print(b._process.pid, flush=True); time.sleep(60)"
    began = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    pid = int(began.stdout.readline())
    os.kill(began.pid, signal.SIGKILL)
    began.wait()
    until = time.monotonic() + 60
    while Path(f"/proc/{pid}/stat").exists() and time.monotonic() < until:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return  # ended; nobody has asked how
        time.sleep(0.1)
    assert not Path(f"/proc/{pid}").exists()


NIGHT = """
import sys
from datetime import date
from pipeline import addresses, ahead, processes
from pipeline.site import open_site
from pipeline.walk import walk
from tests.support import run_of

processes.cores, ahead.LEAST_SECONDS, addresses._LEAST, real = lambda: 2, 0.0, 10, ahead.step


def told(run, name, source):
    print(name, source, flush=True)
    return real(run, name, source)


ahead.step = told
walk(run_of(open_site(sys.argv[1]), date(2026, 11, 2)))
"""


@pytest.mark.parametrize("steps", [1, 5, 13])
def test_a_night_killed_while_the_other_works_is_mended_by_the_next(as_run, alone, tmp_path, steps):
    folder = copy_of(as_run[0], tmp_path)
    night = subprocess.Popen(
        [sys.executable, "-c", NIGHT, str(folder)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    for _ in range(steps):
        night.stdout.readline()
    night.kill()
    night.wait()
    assert night_in(folder) == alone
