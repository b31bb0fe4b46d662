"""Runs, sources, model, rules, audit and requests: what the pages beside the debtors show."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from core.events import Event, EventName
from core.kinds import Disposition
from pipeline import learn, quality, rights
from pipeline.report import by_detail, counts_of
from pipeline.services.debtors import Debtors, trace
from pipeline.services.verdicts import NotFound

_BINS = 5
_TOLD: dict[str, int] = {Disposition.RIGHT_PARTY: 1, Disposition.WRONG_PARTY: 0, Disposition.DISCONNECTED: 0}


class Overview(Debtors):
    """What is known of the machine."""

    def runs(self, limit: int = 30) -> list[dict[str, Any]]:
        """The last runs, the newest first, each with its funnel."""
        found = self.store.runs(limit=limit)
        return [
            {
                "run_key": r.run_key, "status": r.status, "as_of": r.as_of, "started_at": r.started_at,
                "finished_at": r.finished_at, "pack": r.pack_version, "funnel": funnel(dict(r.report or {})),
                "deltas": (r.report or {}).get("deltas", {}), "sums_close": (r.report or {}).get("sums_close"),
            }
            for r in found
        ]  # fmt: skip

    def run(self, run_key: str) -> dict[str, Any]:
        """One run's report. Raises NotFound."""
        found = self.store.run(run_key)
        if found is None:
            raise NotFound
        return {"steps": [], "sums": [], "candidates": {}, "run_key": run_key, "status": found.status} | dict(
            found.report or {}
        )

    def quality(self) -> list[dict[str, Any]]:
        """Per declared source: what the last run pulled, found and set aside, and the shares of the runs before."""
        reports = [dict(r.report) for r in self.store.runs(status="done", limit=20) if r.report][::-1]
        trends = {s["source"]: s for s in quality.sources(self.site)}
        return [
            self._quality(s.name, s.kind.value, reports) | _trend(trends[s.name]) for s in self.site.deployment.sources
        ]

    def _quality(self, source: str, kind: str, reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
        history = [_of_source(r, source) for r in reports]
        last = history[-1] if history else _of_source({}, source)
        report = reports[-1] if reports else {"steps": []}
        steps = [s for s in report["steps"] if s["source"] == source]
        measures = [m for s in steps for m in s["measures"]]
        reasons = {d: n for (s, d), n in by_detail(report, "check", "quarantined").items() if s == source}
        reasons |= {d: n for (s, d), n in by_detail(report, "pull", "unreadable").items() if s == source}
        withheld = {d: n for step in ("admit", "match") for (s, d), n in by_detail(report, step, "withheld").items()
                    if s == source}  # fmt: skip
        return last | {
            "source": source, "kind": kind, "measures": measures, "reasons": reasons, "withheld": withheld,
            "failed": sum(1 for m in measures if m["failed"]), "history": [h["bad_share"] for h in history],
            "volume": [h["rows"] for h in history], "notes": [n for s in steps for n in s["notes"]],
            "status": "failed" if any(s["status"] == "failed" for s in steps) else "ok",
        }  # fmt: skip

    def scorecard(self) -> list[dict[str, Any]]:
        """Per source: what rests on it, and what people and case systems said of that."""
        out = {s.name: Counter[str]() for s in self.site.deployment.signal_sources}
        total: dict[str, float] = defaultdict(float)
        for text, n, mean in self.store.by_source():
            for source in json.loads(text or "[]"):
                out.setdefault(source, Counter())["candidates"] += n
                total[source] += n * mean
        for sources, verdict, disposition in self.store.verdicts_by_source():
            for source in sources or []:
                out.setdefault(source, Counter())[verdict or disposition] += 1
        return [
            {"source": s, "mean": total[s] / c["candidates"] if c["candidates"] else None, "counts": dict(c)}
            for s, c in sorted(out.items())
        ]

    def calibration(self) -> list[dict[str, Any]]:
        """Of what was said to reach the debtor with about this probability, how much did: by fifths, from attempts told.

        An attempt that nobody answered tells neither, and is left out. ``low`` and ``high``: 95 % (Wilson).
        """
        bins = [Counter[str]() for _ in range(_BINS)]
        said = [0.0] * _BINS
        for p, disposition in self.store.tried():
            if disposition in _TOLD:
                i = min(int(p * _BINS), _BINS - 1)
                bins[i]["n"] += 1
                bins[i]["reached"] += _TOLD[disposition]
                said[i] += p
        return [
            {
                "from": i / _BINS,
                "to": (i + 1) / _BINS,
                "n": b["n"],
                "said": said[i] / b["n"],
                "found": b["reached"] / b["n"],
            }
            | _wilson(b["reached"], b["n"])
            for i, b in enumerate(bins)
            if b["n"]
        ]

    def model(self) -> dict[str, Any]:
        """The newest linkage model's tables, its provenance, and the ranking's parameters."""
        file, raw = self._newest_model()
        comparisons = [
            {"name": n, "rows": [_level(c, i) for i in reversed(range(len(c["levels"])))]}
            for n, c in sorted(raw.get("comparisons", {}).items())
        ]
        names = ("spec", "spec_digest", "match_rate", "temperature", "provenance", "warnings", "counts")
        ranked = learn.params_in_force(self.site).model_dump(mode="json")
        return {"file": file, "comparisons": comparisons, "ranking": ranked} | {n: raw.get(n) for n in names}

    def _newest_model(self) -> tuple[str | None, dict[str, Any]]:
        """The newest linkage model's file name and text; other files in that folder are not for this page."""
        for file in sorted(self.site.models.glob("*.json"), key=lambda f: f.stat().st_mtime, reverse=True):
            try:
                raw = json.loads(file.read_text(encoding="utf-8"))
            except (ValueError, RecursionError):  # no model; who needs it says so
                continue
            if isinstance(raw, dict) and "comparisons" in raw:
                return file.name, raw
        return None, {}

    def pack(self) -> dict[str, Any]:
        """The rules and duties in force, as the pack says them."""
        return self.site.pack.model_dump(mode="json", by_alias=True)

    def duties(self, *topics: str) -> list[dict[str, Any]]:
        """The duties in force of these topics."""
        at = self.clock()
        found = [d for d in self.site.pack.duties if d.topic in topics and d.valid.covers(at)]
        return [d.model_dump(mode="json") for d in found]

    def audit(self, actor: str, *, event: str = "", by: str = "", about: str = "", before: int | None = None,
              limit: int = 100) -> list[dict[str, Any]]:  # fmt: skip
        """Audit rows, the newest first; that they were read is on record too."""
        rows = trace(self.store.audit_page(event=event, actor=by, about=about, before=before, limit=limit))
        self.store.record(Event(EventName.AUDIT_READ, actor, facts={"rows": len(rows)}))
        return rows

    def event_names(self) -> list[str]:
        return sorted(e.value for e in EventName)

    def chain(self) -> dict[str, Any]:
        """Is the audit chain whole?"""
        verdict = self.store.verify_audit()
        return {"is_intact": verdict.is_intact, "checked": verdict.checked, "broken_at": verdict.broken_at}

    def requests(self) -> list[dict[str, Any]]:
        """Open requests of data subjects, the earliest due first."""
        rows = rights.queue(self.site).to_pylist()
        now = self.clock()
        return [r | {"days_left": (r["due_at"] - now).days} for r in rows]


def _wilson(reached: int, n: int, z: float = 1.96) -> dict[str, float]:
    """The interval in which the share lies (Wilson 1927)."""
    p = reached / n
    middle, width = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    return {"low": max((middle - width) / whole, 0.0), "high": min((middle + width) / whole, 1.0)}


def funnel(report: Mapping[str, Any]) -> list[tuple[str, int]]:
    """How many rows each step let through, over all signal sources."""
    counts = counts_of(dict(report)) if report.get("steps") else []
    wanted = (
        ("pull", "pulled"), ("check", "clean"), ("admit", "admitted"), ("match", "linked"), ("rank", "supporting"),
        ("publish", "published"),
    )  # fmt: skip
    return [(name, sum(c.rows for c in counts if (c.step, c.name) == (step, name))) for step, name in wanted]


def _trend(found: Mapping[str, Any]) -> dict[str, Any]:
    """How each run ended for the source and how full its columns were; the rows set aside, by their keys."""
    runs = found["runs"]
    return {
        "outcome": runs[-1]["outcome"] if runs else "",
        "fullness": [r["filled"] for r in runs],
        "filled": found["filled"],
        "rows_aside": found["keys"],
    }


def _of_source(report: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Rows read, clean and bad of one source in one run."""
    found = Counter[str]()
    for c in counts_of(dict(report)) if report.get("steps") else []:
        if c.source == source:
            found[f"{c.step}.{c.name}"] += c.rows
    rows = found["pull.read"]
    bad = found["pull.unreadable"] + found["check.quarantined"]
    return {"rows": rows, "clean": found["check.clean"], "bad": bad, "bad_share": bad / rows if rows else 0.0,
            "linked": found["match.linked"], "admitted": found["admit.admitted"]}  # fmt: skip


def _level(comparison: Mapping[str, Any], i: int) -> dict[str, Any]:
    m, u = comparison["m"][i], comparison["u"][i]
    return {"level": comparison["levels"][i], "m": m, "u": u, "bits": math.log2(m / u)}
