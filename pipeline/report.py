"""The run report: rows in and out of every step with sums that close, quarantine and withheld by rule, candidates by kind."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import jinja2

from core.ledger import Count, Sum, balance
from pipeline import facts
from pipeline.run import Run
from pipeline.site import Site

Report = dict[str, Any]


def build(run: Run, *, status: str = "done") -> Report:
    """The report of the steps that have ended, from the facts they left in the stage."""
    steps = facts.read(run.site.stage, run.key)
    counts = [Count(s["step"], s["source"], *c) for s in steps for c in s["counts"]]
    return {
        "run_key": run.key,
        "deployment": run.site.deployment.deployment,
        "interval": [run.covers.start.isoformat(), run.covers.end.isoformat()],
        "status": status,
        "jurisdiction": run.site.deployment.jurisdiction,
        "pack": run.site.pack.version,
        "steps": steps,
        "sums": [_sum(s) for s in balance(counts)],
        "sums_close": all(s.closes for s in balance(counts)),
        "failed_sources": sorted({s["source"] for s in steps if s["status"] == "failed"}),
        "candidates": {c.detail: c.rows for c in counts if c.step == "publish" and c.name == "by_kind"},
        "deltas": {c.detail: c.rows for c in counts if c.step == "publish" and c.name == "deltas"},
    }


def stored(site: Site, run_key: str | None = None) -> Report | None:
    """The report of this run, or of the latest; None when there is none."""
    run = site.store.run(run_key) if run_key else site.store.last_run()
    return None if run is None or run.report is None else dict(run.report)


def counts_of(report: Report) -> list[Count]:
    """The counts a report was made of."""
    return [Count(s["step"], s["source"], *c) for s in report["steps"] for c in s["counts"]]


def by_detail(report: Report, step: str, name: str) -> dict[tuple[str, str], int]:
    """(source, rule or reason) → rows, for one name of one step."""
    rows = [c for c in counts_of(report) if c.step == step and c.name == name and c.rows]
    return {(c.source, c.detail): c.rows for c in rows}


def page(report: Report, *, lang: str = "en") -> str:
    """The report as one HTML page that needs nothing else: no script, no font, no request."""
    source = (files("pipeline") / "templates" / "report.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(source).render(r=report, lang=lang, by_detail=by_detail)


def _sum(s: Sum) -> dict[str, object]:
    return {"step": s.step, "source": s.source, "in": s.entered, "out": s.left, "closes": s.closes}
