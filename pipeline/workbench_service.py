"""workbench: what analysts may see and decide, through the third consent gate. HTTP and words are `workbench`'s.

A page asks the gate when it is read; the queue only says in which order to look. A decision belongs to a candidate's stable
id, is added and never changed, and no run touches it. Who did what is in the audit chain, by account and id, never by value.
"""

from __future__ import annotations

import json
import math
import re
import secrets
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

import policy
import ranking
from core.events import Event, EventName
from core.kinds import CaseStatus, ContactKind
from pipeline import contact
from pipeline.report import by_detail, counts_of
from pipeline.serve import MIN_REASON_LENGTH
from pipeline.site import Site
from store import WorkbenchStore
from store.workbench import SORTS, UNDONE, Stale, Wanted

__all__ = ["ACTIONS", "REASONS", "SORTS", "Case", "NotFound", "Refused", "Stale", "Verdict", "Wanted", "Workbench"]

PER_PAGE = 50
_LOOKS_PERSONAL = re.compile(r"\d{5}|@")


def _now() -> datetime:
    return datetime.now(UTC)


class WorkbenchEvent(StrEnum):
    """Like ``core.events.EventName``; these belong there."""

    ACCOUNT_SAVED = "account.saved"
    SIGNED_IN = "account.signed_in"
    SIGN_IN_REFUSED = "account.sign_in_refused"
    DECISION_RECORDED = "decision.recorded"
    PROPOSAL_MADE = "proposal.made"
    PROPOSAL_SETTLED = "proposal.settled"
    AUDIT_READ = "audit.read"

    def of(self, actor: str, **facts: str | float | bool) -> Event:
        return Event(cast(EventName, self), actor, facts=facts)


class Verdict(StrEnum):
    """What a person says of a candidate. UNDONE takes the last one back."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNSURE = "unsure"
    UNDONE = UNDONE


# The closed list of reasons: codes, so that nothing about a person is kept which could not be erased.
REASONS: dict[Verdict, tuple[str, ...]] = {
    Verdict.ACCEPT: ("sources_agree", "recent", "confirmed_by_contact", "fits_history"),
    Verdict.REJECT: ("other_person", "outdated", "public_place", "contradicted", "must_not_use"),
    Verdict.UNSURE: ("too_little", "sources_disagree", "ask_colleague"),
    Verdict.UNDONE: ("mistake",),
}
ACTIONS: dict[str, tuple[str, ...]] = {
    ContactKind.PHONE: ("call",),
    ContactKind.ADDRESS: ("letter", "visit"),
    ContactKind.EMAIL: ("write",),
    ContactKind.MESSAGING: ("write",),
    ContactKind.REGION: (),
}
PROPOSABLE = ("letter", "visit")
PROPOSAL_REASONS = ("no_other_way", "other_ways_failed", "customer_asked")


class NotFound(LookupError):
    """There is no such thing, or nothing of it may be seen now."""


class Refused(ValueError):
    """What was asked is not done; ``code`` says why (a key of the catalogue)."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Case:
    """A debtor as a page shows them: masked candidates, one page of them, and what is known of each."""

    facts: Mapping[str, Any]
    candidates: Sequence[Mapping[str, Any]]
    total: int
    regions: Sequence[Mapping[str, Any]]
    consents: Sequence[Mapping[str, Any]]
    decisions: Sequence[Mapping[str, Any]]
    proposals: Sequence[Mapping[str, Any]]
    trace: Sequence[Mapping[str, Any]]
    hidden: int


@dataclass
class Workbench:
    """The workbench of one site. Shared by all requests of a process."""

    site: Site
    clock: Callable[[], datetime] = _now
    _made_at: str = ""
    _making: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.store = WorkbenchStore.of(self.site.store)

    # --- the queue ------------------------------------------------------------------------------------------------------

    def refresh(self, *, wait: bool = False) -> None:
        """Bring the queue up to date where something was published since; beside the requests once it was made."""
        mark = self.store.mark()
        if mark == self._made_at:
            return
        if wait or not self._made_at:
            self._make(mark)
        else:
            threading.Thread(target=self._make, args=(mark,), daemon=True).start()

    def _make(self, mark: str) -> None:
        with self._making:
            if mark != self._made_at:
                self.store.rebuild_queue()
                self._made_at = mark

    def queue(self, wanted: Wanted) -> tuple[list[dict[str, Any]], int]:
        """Cases in order with their visible candidates in brief (no value), and how many there are."""
        self.refresh()
        rows, total = self.store.queue_page(wanted)
        visible, _ = self._visible([r["case_id"] for r in rows])
        brief: dict[str, list[dict[str, Any]]] = defaultdict(list)
        names = ("case_id", "kind", "probability", "reasons", "sources", "origins", "last_seen")
        for c in visible.select(names).to_pylist():
            brief[c["case_id"]].append(c)
        for row in rows:
            own = brief[row["case_id"]]
            points = [c for c in own if c["kind"] != ContactKind.REGION]
            row["seen"] = len(own)
            row["kinds"] = dict(Counter(c["kind"] for c in own))
            row["first"] = max(points or own, key=lambda c: c["probability"], default=None)
        return rows, total

    def portfolios(self) -> list[str]:
        return self.store.portfolios()

    def next_case(self, after: str = "") -> str | None:
        """The first case that still waits for a decision, other than this one."""
        self.refresh()
        rows, _ = self.store.queue_page(Wanted(limit=2))
        return next((r["case_id"] for r in rows if r["case_id"] != after), None)

    # --- a debtor ---------------------------------------------------------------------------------------------------------

    def case(self, case_id: str, actor: str, offset: int = 0, limit: int = PER_PAGE) -> Case:
        """A debtor, masked. Every read is an audit event. Raises NotFound."""
        facts = self.store.case(case_id)
        if facts is None:
            raise NotFound
        visible, grants = self._visible([case_id])
        shown = visible.slice(offset, limit)
        read = Event(
            EventName.CANDIDATES_READ, actor, facts={"rows": shown.num_rows, "case_id": case_id, "by": "workbench"}
        )
        self.store.record(read)
        decisions = self.store.decisions_of(case_id=case_id)
        proposals = self.store.proposals_of(case_id=case_id)
        regions = visible.filter(pc.equal(visible["kind"], ContactKind.REGION.value)).slice(0, 12)
        return Case(
            facts=facts,
            candidates=[self._shown(c, decisions, proposals) for c in _rows(shown)],
            total=visible.num_rows,
            regions=[{"value": r["value_masked"], "probability": r["probability"]} for r in _rows(regions)],
            consents=_consents(visible, grants),
            decisions=decisions,
            proposals=proposals,
            trace=_trace(self.store.audit_page(about=case_id, limit=60)),
            hidden=self._published(case_id) - visible.num_rows,
        )

    def reveal(self, case_id: str, candidate_id: str, actor: str, reason: str) -> str:
        """One value, for a reason, on record before it is shown. Raises Refused, NotFound."""
        reason = " ".join(reason.split())
        if len(reason) < MIN_REASON_LENGTH:
            raise Refused("reason_short")
        if len(reason) > 200 or _LOOKS_PERSONAL.search(reason):
            raise Refused("reason_personal")
        row = self._candidate(case_id, candidate_id)
        facts = {"candidate_id": candidate_id, "case_id": case_id, "reason": reason}
        self.store.record(Event(EventName.CANDIDATE_REVEALED, actor, facts=facts))
        return contact.shown(row["kind"], self.site.keys.open(row["value_sealed"], f"candidate:{candidate_id}"))

    def doubtful(self, actor: str, limit: int = 20) -> list[dict[str, Any]]:
        """The uncertain middle, masked: undecided candidates, the nearest to a coin toss first."""
        self.refresh()
        ids = self.store.doubtful(limit * 3)
        cases = self.store.cases_of_candidates(ids)
        visible, _ = self._visible(set(cases.values()))
        place = {c: i for i, c in enumerate(ids)}
        own = sorted((c for c in _rows(visible) if c["candidate_id"] in place), key=lambda c: place[c["candidate_id"]])
        decisions = self.store.decisions_of(candidate_ids=ids)
        shown = [self._shown(c, decisions, []) for c in own[:limit]]
        read = Event(EventName.CANDIDATES_READ, actor, facts={"rows": len(shown), "case_id": "*", "by": "workbench"})
        self.store.record(read)
        return shown

    # --- deciding -----------------------------------------------------------------------------------------------------------

    def decide(
        self, candidate_id: str, verdict: Verdict, reason: str, *, case_id: str, version: int, actor: str
    ) -> None:
        """Add a decision on top of the one the page showed (``version``). Raises Stale, Refused, NotFound."""
        self.decide_all([(case_id, candidate_id, verdict, reason, version)], actor)

    def decide_all(self, told: Sequence[tuple[str, str, Verdict, str, int]], actor: str) -> None:
        """Several decisions, all or none: (case, candidate, verdict, reason, version seen)."""
        at = self.clock()
        now = {r["candidate_id"]: r for r in _rows(self._visible({t[0] for t in told})[0])}
        rows, events = [], []
        for case_id, candidate_id, verdict, reason, version in told:
            if reason not in REASONS[verdict]:
                raise Refused("reason_unknown")
            candidate = now.get(candidate_id)
            if candidate is None or candidate["case_id"] != case_id:
                raise NotFound
            if verdict is Verdict.UNDONE and version < 1:
                raise Refused("nothing_to_undo")
            keys: dict[str, Any] = {"candidate_id": candidate_id, "case_id": case_id, "version": version + 1}
            words = {"verdict": verdict.value, "reason": reason}
            rows.append(keys | words | {"probability": candidate["probability"], "actor": actor, "at": at})
            events.append(WorkbenchEvent.DECISION_RECORDED.of(actor, **keys, **words))
        self._require_unseen([(t[1], t[4]) for t in told])
        if rows:
            self.store.decide(rows, events, at)

    def _require_unseen(self, seen: Sequence[tuple[str, int]]) -> None:
        """A page that shows an older (or an invented later) version than the last is stale."""
        last = {c: d["version"] for c, d in _last(self.store.decisions_of(candidate_ids=[s[0] for s in seen])).items()}
        if any(last.get(c, 0) != version for c, version in seen):
            raise Stale

    def propose(self, case_id: str, candidate_id: str, action: str, reason: str, actor: str) -> None:
        """Ask a second person for a letter or a visit. Raises Refused, NotFound."""
        row = self._candidate(case_id, candidate_id)
        if action not in PROPOSABLE or action not in ACTIONS.get(row["kind"], ()) or reason not in PROPOSAL_REASONS:
            raise Refused("reason_unknown")
        open_ones = self.store.proposals_of(case_id=case_id, status="open")
        if any(p["candidate_id"] == candidate_id and p["action"] == action for p in open_ones):
            raise Refused("already_proposed")
        facts = {"candidate_id": candidate_id, "case_id": case_id, "action": action, "reason": reason}
        said: dict[str, Any] = facts | {
            "id": secrets.token_hex(8),
            "proposed_by": actor,
            "proposed_at": self.clock(),
            "status": "open",
        }
        self.store.propose(said, WorkbenchEvent.PROPOSAL_MADE.of(actor, proposal=said["id"], **facts))

    def proposals(self, status: str | None = None) -> list[dict[str, Any]]:
        return self.store.proposals_of(status=status)

    def settle(self, proposal_id: str, status: str, actor: str) -> None:
        """The second pair of eyes. Raises Refused when it is not open, or the proposer's own."""
        if status not in {"approved", "declined"}:
            raise Refused("reason_unknown")
        event = WorkbenchEvent.PROPOSAL_SETTLED.of(actor, proposal=proposal_id, status=status)
        if not self.store.settle(proposal_id, status, event, actor=actor, at=self.clock()):
            raise Refused("not_yours_to_settle")

    # --- the machine room -----------------------------------------------------------------------------------------------------

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
        return [self._quality(s.name, s.kind.value, reports) for s in self.site.deployment.sources]

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

    def model(self) -> dict[str, Any]:
        """The newest linkage model's tables, its provenance, and the ranking's parameters."""
        file, raw = self._newest_model()
        comparisons = [
            {"name": n, "rows": [_level(c, i) for i in reversed(range(len(c["levels"])))]}
            for n, c in sorted(raw.get("comparisons", {}).items())
        ]
        names = ("spec", "spec_digest", "match_rate", "temperature", "provenance", "warnings", "counts")
        ranked = ranking.default_params().model_dump(mode="json")
        return {"file": file, "comparisons": comparisons, "ranking": ranked} | {n: raw.get(n) for n in names}

    def _newest_model(self) -> tuple[str | None, dict[str, Any]]:
        """The newest linkage model's file name and text; other files in that folder are not for this page."""
        for file in sorted(self.site.models.glob("*.json"), key=lambda f: f.stat().st_mtime, reverse=True):
            raw = json.loads(file.read_text(encoding="utf-8"))
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
        rows = _trace(self.store.audit_page(event=event, actor=by, about=about, before=before, limit=limit))
        self.store.record(WorkbenchEvent.AUDIT_READ.of(actor, rows=len(rows)))
        return rows

    def event_names(self) -> list[str]:
        return sorted({*(e.value for e in EventName), *(e.value for e in WorkbenchEvent)})

    def chain(self) -> dict[str, Any]:
        """Is the audit chain whole?"""
        verdict = self.store.verify_audit()
        return {"is_intact": verdict.is_intact, "checked": verdict.checked, "broken_at": verdict.broken_at}

    def requests(self) -> list[dict[str, Any]]:
        """Open requests of data subjects, the earliest due first."""
        rows = self.store.subjects.requests().to_pylist()
        now = self.clock()
        return [r | {"days_left": (r["due_at"] - now).days} for r in rows]

    # --- inside -----------------------------------------------------------------------------------------------------------------

    def _visible(self, case_ids: Collection[str]) -> tuple[pa.Table, pa.Table]:
        """The candidates of these cases that the third gate lets through now, and the grants they rest on."""
        at = self.clock()
        rows, stored = self.store.candidates_of(case_ids, at)
        names = {"customer_token": "customer_no", "id_token": "id_number"}
        renamed = stored.rename_columns([names.get(c, c) for c in stored.column_names])
        grants = policy.Grants.build(renamed, purpose=self.site.deployment.purpose, at=at)
        answer = policy.may_read(rows, grants, pack=self.site.pack, at=at)
        is_open = pc.fill_null(pc.equal(rows["case_status"], CaseStatus.OPEN.value), fill_value=False)
        kept = pc.and_(answer["visible"], is_open)
        rows = rows.append_column("rule_id", answer["rule_id"])
        return rows.filter(kept), stored

    def _published(self, case_id: str) -> int:
        return int(self.store.candidates_of([case_id], self.clock())[0].num_rows)

    def _candidate(self, case_id: str, candidate_id: str) -> dict[str, Any]:
        visible, _ = self._visible([case_id])
        found = visible.filter(pc.equal(visible["candidate_id"], candidate_id)).to_pylist()
        if not found:
            raise NotFound
        return cast(dict[str, Any], found[0])

    def _shown(
        self, row: Mapping[str, Any], decisions: Sequence[Mapping[str, Any]], proposals: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        last = _last(decisions).get(row["candidate_id"])
        own = [p for p in proposals if p["candidate_id"] == row["candidate_id"]]
        p = min(max(row["probability"], 1e-6), 1 - 1e-6)
        is_held = last is not None and last["verdict"] == Verdict.REJECT
        actions = {} if is_held else {a: _state(a, own) for a in ACTIONS.get(row["kind"], ())}
        return {k: v for k, v in row.items() if k not in {"value_sealed", "content_hash"}} | {
            "decision": None if last is None or last["verdict"] == Verdict.UNDONE else last,
            "version": 0 if last is None else last["version"],
            "log_odds": math.log(p / (1 - p)),
            "actions": actions,
            "proposals": own,
        }


def funnel(report: Mapping[str, Any]) -> list[tuple[str, int]]:
    """How many rows each step let through, over all signal sources."""
    counts = counts_of(dict(report)) if report.get("steps") else []
    wanted = (
        ("pull", "pulled"), ("check", "clean"), ("admit", "admitted"), ("match", "linked"), ("rank", "supporting"),
        ("publish", "published"),
    )  # fmt: skip
    return [(name, sum(c.rows for c in counts if (c.step, c.name) == (step, name))) for step, name in wanted]


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


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    names = [c for c in table.column_names if c != "value_sealed"]
    return cast(list[dict[str, Any]], table.select(names).to_pylist())


def _last(decisions: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The last decision on each candidate."""
    out: dict[str, Mapping[str, Any]] = {}
    for d in decisions:
        if d["candidate_id"] not in out or d["version"] > out[d["candidate_id"]]["version"]:
            out[d["candidate_id"]] = d
    return out


def _state(action: str, proposals: Sequence[Mapping[str, Any]]) -> str:
    """``free`` to do within the hours and caps; a letter or a visit once a second person approved it."""
    if action not in PROPOSABLE:
        return "free"
    return next((p["status"] for p in proposals if p["action"] == action), "needs_approval")


def _consents(visible: pa.Table, grants: pa.Table) -> list[dict[str, Any]]:
    used = {c for ids in visible["consent_ids"].to_pylist() for c in ids or []}
    names = ["consent_id", "purpose", "scope", "granted_at", "expires_at", "withdrawn_at", "notice_version"]
    return [g for g in grants.select(names).to_pylist() if g["consent_id"] in used]


def _trace(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = ("seq", "at", "event", "actor", "run_key")
    return [{n: r[n] for n in names} | {"facts": json.loads(r["facts"])} for r in rows]
