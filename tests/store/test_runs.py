from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest

import store
from core.errors import Fatal
from core.types import Interval
from tests.store.conftest import AT

DAY = timedelta(days=1)


def opened(db, day, run_key=None):
    end = AT + day * DAY
    interval = Interval(end - DAY, end)
    return db.save_run(run_key or interval.key, interval=interval, as_of=end, model_id="m1", pack_version="cn-1")


def test_a_run_is_opened_and_closed_with_its_report(open_store):
    db = open_store(clock=lambda: AT)
    run = opened(db, 0)
    assert db.run(run.run_key) == run
    assert run.status == "running"
    db.finish_run(run.run_key, report={"pulled": 10, "源": ["a"], "seconds": 1.5})
    closed = db.last_run()
    assert (closed.status, closed.finished_at) == ("done", AT)
    assert closed.report == {"pulled": 10, "源": ["a"], "seconds": 1.5}
    assert closed.interval == run.interval
    assert db.verify_audit().head.seq == 2


def test_a_rerun_of_an_interval_is_the_same_run_opened_again(db):
    run = opened(db, 0)
    db.finish_run(run.run_key, status="failed")
    opened(db, 0)
    assert [r.status for r in db.runs()] == ["running"]
    assert db.runs()[0].finished_at is None


def test_the_last_run_is_that_of_the_latest_interval(db):
    assert db.last_run() is None
    for day in (2, 1, 3):
        opened(db, day, f"run-{day}")
    db.finish_run("run-1")
    assert db.last_run().run_key == "run-3"
    assert db.last_run("done").run_key == "run-1"
    assert [r.run_key for r in db.runs(limit=2)] == ["run-3", "run-2"]


def test_closing_a_run_that_never_opened_is_refused_and_leaves_no_event(db):
    with pytest.raises(Fatal, match="no run run-x"):
        db.finish_run("run-x")
    assert db.verify_audit().head.seq == 0


def test_withheld_counts_are_replaced_by_a_rerun(db):
    db.save_withheld("run-1", [("orders", "CN-1", 5), ("notes", "CN-2", 1)])
    db.save_withheld("run-1", [("orders", "CN-1", 4)])
    assert db.withheld("run-1").to_pylist() == [{"source": "orders", "rule_id": "CN-1", "rows": 4}]


def test_the_history_of_a_source_is_newest_first(db):
    states = [store.SourceState("orders", f"run-{d}", AT + d * DAY, rows=d * 10, watermark=f"w{d}") for d in (1, 2, 3)]
    for state in [*states, store.SourceState("notes", "run-1", AT, rows=1), states[0]]:
        db.save_source_state(state)
    assert db.source_history("orders") == states[::-1]
    assert db.source_history("orders", limit=1) == [states[2]]


def test_cases_are_replaced_by_id_and_found_by_status(db):
    rows = [
        {
            "case_id": "case-1",
            "customer_token": "t1",
            "status": "open",
            "balance": 12.5,
            "lost_since": date(2026, 1, 2),
        },
        {"case_id": "case-2", "customer_token": "t2", "status": "open", "days_past_due": 90, "portfolio": "P"},
    ]
    db.save_cases(pa.Table.from_pylist(rows, schema=store.CASES), run_key="run-1")
    assert db.cases().select(store.CASES.names).to_pylist() == pa.Table.from_pylist(rows, store.CASES).to_pylist()
    db.save_cases(pa.Table.from_pylist([rows[1] | {"status": "closed"}], schema=store.CASES), run_key="run-2")
    assert db.cases("open")["case_id"].to_pylist() == ["case-1"]
    assert db.cases("closed")["last_seen_run"].to_pylist() == ["run-2"]
