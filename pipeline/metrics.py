"""The deployment's state as Prometheus gauges, for a textfile collector: counts, times and names of sources, never a value or an id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from core.ledger import SUMS
from pipeline import report
from pipeline.site import Site
from store import Run

# name → what it says; every one is a gauge
NAMES = {
    "skiptrace_run_last_success_timestamp_seconds": "when the newest run that was published ended",
    "skiptrace_run_last_success_interval_end_timestamp_seconds": "up to when its data reaches",
    "skiptrace_run_seconds": "how long that run took",
    "skiptrace_run_failed_sources": "sources that failed alone in it",
    "skiptrace_run_rows": "rows that left a step of it, by source and by the name under which they left",
    "skiptrace_run_candidates": "candidates it published, by kind",
    "skiptrace_run_deltas": "deltas it wrote, by operation",
    "skiptrace_run_failed": "1 when the newest run ended without being published",
    "skiptrace_run_running_seconds": "for how long the newest run has been under way, 0 when none is",
    "skiptrace_quarantine_open": "rows that are set aside, by source",
    "skiptrace_erasures_waiting": "withdrawals and closings whose last byte is not yet gone",
    "skiptrace_erasures_overdue": "of these, those past their date",
    "skiptrace_requests_open": "requests and complaints that are not answered",
    "skiptrace_requests_overdue": "of these, those past their date",
}
Samples = list[tuple[Mapping[str, str], float]]


def text(site: Site, *, now: datetime | None = None) -> str:
    """The exposition format: every metric of NAMES, with no sample where there is nothing to tell."""
    now = now or datetime.now(UTC)
    found: dict[str, Samples] = {name: [] for name in NAMES}
    done = next(iter(site.store.runs(status="done", limit=1)), None)
    if done is not None:
        found |= _of_run(done)
    last = site.store.last_run()
    found["skiptrace_run_failed"] = [({}, float(last is not None and last.status == "failed"))]
    is_running = last is not None and last.status == "running"
    seconds = (now - last.started_at).total_seconds() if last is not None and is_running else 0.0
    found["skiptrace_run_running_seconds"] = [({}, seconds)]
    aside = Counter(site.store.quarantine_list(status="open")["source"].to_pylist())
    found["skiptrace_quarantine_open"] = [({"source": s}, n) for s, n in sorted(aside.items())]
    waiting = {
        "erasures_waiting": site.store.subjects.erasures("withdrawn")["due_at"].to_pylist(),
        "requests_open": site.store.subjects.requests()["due_at"].to_pylist(),
    }
    for name, due in waiting.items():
        found[f"skiptrace_{name}"] = [({}, len(due))]
        found[f"skiptrace_{name.split('_')[0]}_overdue"] = [({}, sum(d < now for d in due))]
    return "".join(_metric(name, samples) for name, samples in found.items())


def _of_run(run: Run) -> dict[str, Samples]:
    out: dict[str, Samples] = {
        "skiptrace_run_last_success_interval_end_timestamp_seconds": [({}, run.interval.end.timestamp())]
    }
    if run.finished_at is not None:
        out["skiptrace_run_last_success_timestamp_seconds"] = [({}, run.finished_at.timestamp())]
        out["skiptrace_run_seconds"] = [({}, (run.finished_at - run.started_at).total_seconds())]
    if run.report is None:
        return out
    told = dict(run.report)
    rows: Counter[tuple[str, str, str]] = Counter()
    for c in report.counts_of(told):
        if c.step in SUMS and c.name in SUMS[c.step][1]:
            rows[c.step, c.source, c.name] += c.rows
    out["skiptrace_run_rows"] = [
        ({"step": step, "source": source, "outcome": name}, n) for (step, source, name), n in sorted(rows.items())
    ]
    out["skiptrace_run_failed_sources"] = [({}, len(told["failed_sources"]))]
    out["skiptrace_run_candidates"] = [({"kind": k}, n) for k, n in sorted(told["candidates"].items())]
    out["skiptrace_run_deltas"] = [({"op": k}, n) for k, n in sorted(told["deltas"].items())]
    return out


def _metric(name: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> str:
    lines = [f"# HELP {name} {NAMES[name]}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        named = ",".join(f'{k}="{_escaped(v)}"' for k, v in labels.items())
        lines.append(f"{name}{{{named}}} {value:.15g}" if named else f"{name} {value:.15g}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
