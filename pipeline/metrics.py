"""The deployment's state as gauges, for Prometheus and OpenTelemetry: counts, times and names of sources, never a value or an id.

No label grows with the rows: steps, outcomes, kinds and operations are closed lists, sources are those declared (others are `other`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from core.ledger import SUMS
from pipeline import report
from pipeline.site import Site
from store import Run

MEDIA_TYPE = "text/plain; version=0.0.4"
OTHER = "other"
# name → what it says; every one is a gauge
NAMES = {
    "skiptrace_run_last_success_timestamp_seconds": "when the newest run that was published ended",
    "skiptrace_run_last_success_interval_end_timestamp_seconds": "up to when its data reaches",
    "skiptrace_run_seconds": "how long that run took",
    "skiptrace_run_step_seconds": "how long each step of it took, all sources together",
    "skiptrace_run_failed_sources": "sources that failed alone in it",
    "skiptrace_run_source_failed": "1 for each source that failed alone in it, else 0",
    "skiptrace_run_source_warnings": "warnings in it, by source: fewer rows than usual, stale, unlike earlier runs",
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
    return "".join(_metric(name, samples) for name, samples in samples_of(site, now=now).items())


def samples_of(site: Site, *, now: datetime | None = None) -> dict[str, Samples]:
    """Every metric of NAMES with its samples: labels and value."""
    now = now or datetime.now(UTC)
    found: dict[str, Samples] = {name: [] for name in NAMES}
    done = next(iter(site.store.runs(status="done", limit=1)), None)
    if done is not None:
        found |= _of_run(site, done)
    last = site.store.last_run()
    found["skiptrace_run_failed"] = [({}, float(last is not None and last.status == "failed"))]
    is_running = last is not None and last.status == "running"
    seconds = (now - last.started_at).total_seconds() if last is not None and is_running else 0.0
    found["skiptrace_run_running_seconds"] = [({}, seconds)]
    return found | _of_waiting(site, now)


def _of_waiting(site: Site, now: datetime) -> dict[str, Samples]:
    waiting = site.store.waiting()
    aside = Counter[str]()
    for source, rows in waiting.quarantined.items():
        aside[_declared(site, source)] += rows
    found: dict[str, Samples] = {"skiptrace_quarantine_open": [({"source": s}, n) for s, n in sorted(aside.items())]}
    for name, due in (("erasures_waiting", waiting.erasures), ("requests_open", waiting.requests)):
        found[f"skiptrace_{name}"] = [({}, len(due))]
        found[f"skiptrace_{name.split('_')[0]}_overdue"] = [({}, sum(d < now for d in due))]
    return found


def _of_run(site: Site, run: Run) -> dict[str, Samples]:
    out: dict[str, Samples] = {
        "skiptrace_run_last_success_interval_end_timestamp_seconds": [({}, run.interval.end.timestamp())]
    }
    if run.finished_at is not None:
        out["skiptrace_run_last_success_timestamp_seconds"] = [({}, run.finished_at.timestamp())]
        out["skiptrace_run_seconds"] = [({}, (run.finished_at - run.started_at).total_seconds())]
    return out if run.report is None else out | _of_report(site, dict(run.report))


def _of_report(site: Site, told: report.Report) -> dict[str, Samples]:
    rows: Counter[tuple[str, str, str]] = Counter()
    for c in report.counts_of(told):
        if c.step in SUMS and c.name in SUMS[c.step][1]:
            rows[c.step, _declared(site, c.source), c.name] += c.rows
    seconds, warned = Counter[str](), Counter[str]()
    for step in told["steps"]:
        seconds[step["step"]] += step["seconds"]
        warned[step["source"]] += sum(n["level"] == "warning" for n in step["notes"])
    names = [s.name for s in site.deployment.sources]
    failed = set(told["failed_sources"])
    return {
        "skiptrace_run_rows": [
            ({"step": step, "source": source, "outcome": name}, n) for (step, source, name), n in sorted(rows.items())
        ],
        "skiptrace_run_step_seconds": [({"step": s}, n) for s, n in sorted(seconds.items()) if s in SUMS],
        "skiptrace_run_failed_sources": [({}, len(failed))],
        "skiptrace_run_source_failed": [({"source": s}, s in failed) for s in names],
        "skiptrace_run_source_warnings": [({"source": s}, warned[s]) for s in names],
        "skiptrace_run_candidates": [({"kind": k}, n) for k, n in sorted(told["candidates"].items())],
        "skiptrace_run_deltas": [({"op": k}, n) for k, n in sorted(told["deltas"].items())],
    }


def _declared(site: Site, source: str) -> str:
    """A source that is declared, or none; what an older deployment had is one name together."""
    return source if not source or any(s.name == source for s in site.deployment.sources) else OTHER


def _metric(name: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> str:
    lines = [f"# HELP {name} {NAMES[name]}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        named = ",".join(f'{k}="{_escaped(v)}"' for k, v in labels.items())
        lines.append(f"{name}{{{named}}} {value:.15g}" if named else f"{name} {value:.15g}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
