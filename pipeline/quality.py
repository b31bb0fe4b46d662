"""The quality of every source as figures and as one page that needs nothing else: expected, found, quarantined; run by run.

Counts, dates and the keys of rows; never a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import jinja2

from pipeline import profile
from pipeline.report import by_detail, counts_of
from pipeline.site import Site

_RUNS, _KEYS = 30, 100
_WIDTH, _HEIGHT = 120, 28


def sources(site: Site) -> list[dict[str, Any]]:
    """Per declared source: its runs, the oldest first, what its contract found in the last, and the rows set aside now."""
    runs = [(r.run_key, dict(r.report)) for r in site.store.runs(status="done", limit=_RUNS) if r.report][::-1]
    return [
        {"source": s.name, "kind": s.kind.value, "runs": [_of(key, report, s.name) for key, report in runs]}
        | _last(runs[-1][1] if runs else {}, s.name)
        | {"keys": _keys(site, s.name)}
        for s in site.deployment.sources
    ]


def page(site: Site, *, lang: str = "en") -> str:
    """All of them as one HTML page: no script, no font, no request."""
    source = (files("pipeline") / "templates" / "quality.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.globals["points"] = points
    name = site.deployment.deployment
    return environment.from_string(source).render(sources=sources(site), lang=lang, deployment=name, most_keys=_KEYS)


def points(values: Sequence[float]) -> str:
    """A line through the values, as the points of an SVG polyline of 120 x 28."""
    if not values:
        return ""
    low, high = min(values), max(values)
    step = _WIDTH / max(len(values) - 1, 1)
    return " ".join(f"{i * step:.1f},{_y(v, low, high):.1f}" for i, v in enumerate(values))


def _y(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low) if high > low else 0.5
    return _HEIGHT - 3 - share * (_HEIGHT - 6)


def _of(run_key: str, report: Mapping[str, Any], source: str) -> dict[str, Any]:
    steps = [s for s in report["steps"] if s["source"] == source]
    counts: dict[str, int] = {}
    for c in counts_of(dict(report)):
        if c.source == source and c.step in ("pull", "check"):
            counts[f"{c.step}.{c.name}"] = counts.get(f"{c.step}.{c.name}", 0) + c.rows
    bad = counts.get("pull.unreadable", 0) + counts.get("check.quarantined", 0)
    rows = counts.get("pull.read", 0)
    found = profile.of(report, source)
    filled = (
        sum(found.filled.values()) / len(found.filled) / found.rows if found and found.rows and found.filled else 0.0
    )
    return {
        "run": run_key,
        "rows": rows,
        "clean": counts.get("check.clean", 0),
        "bad": bad,
        "share": bad / rows if rows else 0.0,
        "filled": filled,
        "outcome": _outcome(steps, bad),
    }


def _outcome(steps: Sequence[Mapping[str, Any]], bad: int) -> str:
    if any(s["status"] == "failed" for s in steps):
        return "stop"
    return "warn" if bad or any(n["level"] == "warning" for s in steps for n in s["notes"]) else "pass"


def _last(report: Mapping[str, Any], source: str) -> dict[str, Any]:
    steps = [s for s in report.get("steps", ()) if s["source"] == source]
    reasons: dict[str, int] = {}
    for step, name in (("pull", "unreadable"), ("check", "quarantined")) if steps else ():
        reasons |= {d: n for (s, d), n in by_detail(dict(report), step, name).items() if s == source}
    found = profile.of(report, source)
    return {
        "measures": [m for s in steps for m in s["measures"]],
        "notes": [n for s in steps for n in s["notes"]],
        "reasons": reasons,
        "filled": {c: n / found.rows for c, n in found.filled.items()} if found and found.rows else {},
    }


def _keys(site: Site, source: str) -> list[dict[str, Any]]:
    rows = site.store.quarantine_list(source=source, status="open").slice(0, _KEYS)
    return [
        {"row": r["row"], "record_id": r["record_id"], "field": r["field"], "reason": r["reason"]}
        for r in rows.to_pylist()
    ]
