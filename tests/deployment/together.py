"""Two things at once in one deployment: a nightly run, and whatever else may happen beside it, each in a process of its own.

Afterwards nothing may be lost or doubled: deltas without a gap lead to what is published, everything sealed opens, what a person
decided, told or withdrew stands. Then one more run, and everything must be as if the two had come one after the other.
What was refused with "try again" is tried again alone, as an operator or Airflow would.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from tests.deployment import faults
from tests.support import NOON

TRY_AGAIN = 4
# Numbers and marks of the order in which things came: they differ between any two orders.
_OF_THE_ORDER = {
    "candidates": {"published_seq", "run_key"},
    "kept_signals": {"run_key"},
    "cursors": {"run_key"},
    "comparisons": {"run_key"},
    "erasures": {"id", "done_at", "due_at"},
    "withdrawals": {"id"},
    "contact_events": {"id"},
    "feed_outcomes": {"received_at"},
    "grants": {"last_seen_run"},
    "cases": {"last_seen_run"},
    "workbench_queue": set(),
    "quarantine": {"run_key", "id"},
}
_HISTORY = {"deltas", "runs", "withheld", "sources_state", "case_events", "case_states"}


@dataclass
class Pair:
    """What became of one meeting."""

    other: str
    delay: float
    refused: list[str] = field(default_factory=list)
    anomalies: list[str] = field(default_factory=list)


# --- what happens beside a run --------------------------------------------------------------------------------------------


def run(folder: Path, made: faults.Lender) -> None:
    faults.run_night(folder, 2, made)


def backfill(folder: Path, made: faults.Lender) -> None:
    from dataclasses import replace

    from core.types import Interval
    from pipeline import backfill as older
    from pipeline import walk

    september = Interval(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
    asked = older.run_of(faults.site_of(folder, made), september, actor="service:test")
    walk.walk(replace(asked, clock=lambda: NOON))


def withdrawal(folder: Path, made: faults.Lender) -> None:
    from pipeline import withdraw

    withdraw.withdraw(faults.site_of(folder, made), case_id=_chosen(made)["withdrawn"], at=NOON, actor="user:officer")


def rotation(folder: Path, made: faults.Lender) -> None:
    from pipeline import rotate

    rotate.rotate(faults.site_of(folder, made), actor="user:officer")


def retirement(folder: Path, made: faults.Lender) -> None:
    from pipeline import rotate

    rotate.rotate(faults.site_of(folder, made), actor="user:officer", retire=True)


def decisions(folder: Path, made: faults.Lender) -> None:
    from pipeline.services.verdicts import REASONS, Verdict
    from pipeline.services.workbench import Workbench

    workbench = Workbench(faults.site_of(folder, made), clock=lambda: NOON)
    for n, (candidate, case) in enumerate(_chosen(made)["decided"]):
        verdict = (Verdict.REJECT, Verdict.ACCEPT)[n % 2]
        reason = min(REASONS[verdict])
        workbench.decide(candidate, verdict, reason, case_id=case, version=0, actor="user:analyst")


def outcomes(folder: Path, made: faults.Lender) -> None:
    from pipeline.services.feed import Feed
    from pipeline.services.readers import Reader

    feed = Feed(faults.site_of(folder, made), clock=lambda: NOON)
    for candidate, _case in _chosen(made)["told"]:
        row = {"candidate_id": candidate, "disposition": "no_answer", "channel": "voice", "at": NOON}
        told = feed.outcomes(Reader("tester"), [row])
        assert [t.status for t in told] == ["accepted"], told


def reading(folder: Path, made: faults.Lender) -> None:
    """A consumer that follows the deltas, and compares what it holds with the whole set as of the same number."""
    site = faults.site_of(folder, made)
    held: dict[str, str] = {}
    at = 0
    until = time.monotonic() + 1.5 * made.seconds[2]
    while time.monotonic() < until:
        rows = site.store.deltas(at, 50).to_pylist()
        assert [r["seq"] for r in rows] == list(range(at + 1, at + 1 + len(rows)))
        faults.apply(held, rows)
        at += len(rows)
        whole = site.store.snapshot()
        if whole.seq == at:
            assert held == {r["candidate_id"]: r["content_hash"] for r in whole.rows.to_pylist()}
        time.sleep(0.01)


OTHERS: dict[str, Callable[[Path, faults.Lender], None]] = {
    "run": run,
    "backfill": backfill,
    "withdrawal": withdrawal,
    "rotation": rotation,
    "retirement": retirement,
    "decisions": decisions,
    "outcomes": outcomes,
    "reading": reading,
}


# --- the meeting ----------------------------------------------------------------------------------------------------------


def choose(made: faults.Lender) -> None:
    """Whom the others are about: candidates that stand before and after the second night, and whose cases differ."""
    out = made.home / "chosen.json"
    folder = faults.fresh(made, 2, "choose")
    before = made.home / "candidates.json"
    assert faults.in_child(lambda: _write_candidates(folder, made, before)) == 0
    assert faults.in_child(lambda: run(folder, made)) == 0
    assert faults.in_child(lambda: _write_candidates(folder, made, out)) == 0
    stood = {r[0] for r in json.loads(before.read_text(encoding="utf-8"))}
    rows = [r for r in json.loads(out.read_text(encoding="utf-8")) if r[0] in stood]
    cases = sorted({r[1] for r in rows})
    by_case = {c: [r for r in rows if r[1] == c] for c in cases}
    decided = [by_case[c][0] for c in cases[1:5]]
    told = [by_case[c][0] for c in cases[5:9]]
    out.write_text(json.dumps({"withdrawn": cases[0], "decided": decided, "told": told}), encoding="utf-8")


def _chosen(made: faults.Lender) -> Any:
    return json.loads((made.home / "chosen.json").read_text(encoding="utf-8"))


def _write_candidates(folder: Path, made: faults.Lender, out: Path) -> None:
    rows = faults.site_of(folder, made).store.candidates(at=NOON).select(["candidate_id", "case_id"]).to_pylist()
    out.write_text(json.dumps([[r["candidate_id"], r["case_id"]] for r in rows]), encoding="utf-8")


def one_after_the_other(made: faults.Lender, other: str) -> set[str]:
    """What both orders come to, after one more run."""
    found = set()
    for order in ((run, OTHERS[other]), (OTHERS[other], run)):
        folder = faults.fresh(made, 2, "order")
        for work in (*order, run):
            assert faults.in_child(partial(work, folder, made)) == 0, other
        found.add(settled(made, folder))
    return found


def met(made: faults.Lender, other: str, expected: set[str], delay: float) -> Pair:
    """A run and the other thing, which begins so many seconds later."""
    pair = Pair(other, delay)
    folder = faults.fresh(made, 2, "trial")
    works = (("run", run, 0.0), (other, OTHERS[other], delay))
    pids = [(name, work, faults.forked(partial(_late, work, after, folder, made))) for name, work, after in works]
    for name, _work, pid in pids:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code == TRY_AGAIN:
            pair.refused.append(name)
        elif code:
            pair.anomalies.append(f"{name} ended with {code}")
    for name, work, _ in pids:
        if name in pair.refused and faults.in_child(partial(work, folder, made)) != 0:
            pair.anomalies.append(f"{name}, tried again alone, failed")
    pair.anomalies += _anomalies(made, folder)
    if faults.in_child(lambda: run(folder, made)) != 0:
        pair.anomalies.append("the next run did not come through")
    pair.anomalies += _anomalies(made, folder)
    if settled(made, folder) not in expected:
        pair.anomalies.append("another state than one after the other")
    return pair


def _late(work: Callable[[Path, faults.Lender], None], delay: float, folder: Path, made: faults.Lender) -> None:
    from core.errors import Transient

    time.sleep(delay)
    try:
        work(folder, made)
    except Transient:
        os._exit(TRY_AGAIN)


def _anomalies(made: faults.Lender, folder: Path) -> list[str]:
    _, _, problems = faults.looked(made, folder)
    return problems + faults.plaintext(made, folder)


def settled(made: faults.Lender, folder: Path) -> str:
    """Everything that does not tell of the order in which things came; the digest, the text lies beside it."""
    out = folder.parent / "settled.txt"
    assert faults.in_child(lambda: _write_settled(folder, made, out)) == 0
    return faults.digest(out.read_text(encoding="utf-8"))


def _write_settled(folder: Path, made: faults.Lender, out: Path) -> None:
    text = faults.everything(faults.site_of(folder, made), skip=_OF_THE_ORDER, left_out=_HISTORY)
    out.write_text(text, encoding="utf-8")


def matrix(
    made: faults.Lender,
    rounds: int,
    seed: int = 1,
    *,
    others: Iterable[str] = tuple(OTHERS),
    told: Callable[[Pair], None] = lambda _: None,
) -> list[Pair]:
    """Every other thing beside a run, so many times, begun at random moments of it."""
    rng, out = random.Random(seed), []
    choose(made)
    for other in others:
        expected = one_after_the_other(made, other)
        for _ in range(rounds):
            out.append(met(made, other, expected, rng.uniform(0.0, made.seconds[2])))
            told(out[-1])
    return out
