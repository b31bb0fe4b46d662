"""What a monitor is told: times, counts and names of sources, in the exposition format, without a value of a person."""

from __future__ import annotations

import re
from datetime import timedelta

from typer.testing import CliRunner

from cli.main import app
from pipeline import metrics, withdraw
from pipeline.site import open_site
from tests.support import ROOT, copy_of

LINE = re.compile(r'^(skiptrace_[a-z_]+)(?:\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*\})? -?[0-9.e+]+$')


def values(text: str) -> dict[str, float]:
    lines = [x for x in text.splitlines() if not x.startswith("#")]
    assert [x for x in lines if not LINE.match(x)] == []
    return {x.rpartition(" ")[0]: float(x.rpartition(" ")[2]) for x in lines}


def test_a_run_is_told_as_its_report_has_it(ran, canaries):
    site, report = ran
    text = metrics.text(site)
    told = values(text)
    last = site.store.last_run("done")
    assert told["skiptrace_run_last_success_timestamp_seconds"] == float(f"{last.finished_at.timestamp():.15g}")
    assert told["skiptrace_run_failed"] == 0
    assert told["skiptrace_run_running_seconds"] == 0
    for kind, n in report["candidates"].items():
        assert told[f'skiptrace_run_candidates{{kind="{kind}"}}'] == n
    for s in report["sums"]:
        named = f'skiptrace_run_rows{{step="{s["step"]}",source="{s["source"]}",'
        assert sum(n for name, n in told.items() if name.startswith(named)) == s["out"], named
    aside = sum(n for name, n in told.items() if name.startswith("skiptrace_quarantine_open"))
    assert aside == site.store.quarantine_list(status="open").num_rows > 0
    assert [c for c in canaries if c in text] == []


def test_what_is_late_is_counted(as_run, tmp_path):
    site = open_site(copy_of(as_run[0], tmp_path))
    site.store.take(
        "run", holder="someone", about="2026-11-01", seconds=60
    )  # a withdrawal beside a run waits for its end
    done = withdraw.withdraw(site, case_id=site.store.snapshot().rows["case_id"][0].as_py(), actor="test")
    assert not done.is_complete
    waiting = site.store.subjects.erasures("withdrawn").num_rows
    before, after = (values(metrics.text(site, now=done.due_at + timedelta(seconds=s))) for s in (-1, 1))
    assert (before["skiptrace_erasures_waiting"], before["skiptrace_erasures_overdue"]) == (waiting, 0)
    assert (after["skiptrace_erasures_waiting"], after["skiptrace_erasures_overdue"]) == (waiting, waiting)


def test_a_store_without_a_run_has_every_metric_and_says_nothing_untrue(fresh):
    text = metrics.text(open_site(fresh))
    assert set(re.findall(r"^# TYPE (\S+) gauge$", text, re.MULTILINE)) == set(metrics.NAMES)
    assert "skiptrace_run_last_success_timestamp_seconds" not in values(text)


def test_a_name_cannot_break_a_line():
    assert metrics._escaped('a"b\\c\nd') == 'a\\"b\\\\c\\nd'


def test_the_command_writes_a_whole_file_for_the_collector(ran, tmp_path):
    out = tmp_path / "skiptrace.prom"
    done = CliRunner().invoke(app, ["metrics", "-d", str(ran[0].folder), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert values(out.read_text())["skiptrace_run_failed"] == 0
    assert [f.name for f in tmp_path.iterdir()] == ["skiptrace.prom"]


def test_every_metric_is_documented():
    page = (ROOT / "docs" / "howto" / "monitor.md").read_text(encoding="utf-8")
    assert [n for n in metrics.NAMES if f"`{n}`" not in page] == []
