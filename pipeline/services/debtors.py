"""The queue and one debtor, masked, through the third gate; one value for a reason."""

from __future__ import annotations

import json
import math
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

import policy
from casework.vocabulary import Action, Status
from core.events import Event, EventName
from core.kinds import CaseStatus, ContactKind
from pipeline import case_now, contact
from pipeline.serve import MIN_REASON_LENGTH
from pipeline.services.verdicts import ACTIONS, PROPOSABLE, NotFound, Refused, Verdict
from pipeline.site import Site
from store import WorkbenchStore
from store.workbench import SORTS, Wanted

__all__ = ["PER_PAGE", "SORTS", "Case", "Debtors", "Wanted"]

PER_PAGE = 50
_LOOKS_PERSONAL = re.compile(r"\d{5}|@")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """A debtor as a page shows them: masked candidates, one page of them, and what is known of each."""

    facts: Mapping[str, Any]
    candidates: Sequence[Mapping[str, Any]]
    total: int
    regions: Sequence[Mapping[str, Any]]
    consents: Sequence[Mapping[str, Any]]
    decisions: Sequence[Mapping[str, Any]]
    trace: Sequence[Mapping[str, Any]]
    hidden: int
    now: case_now.CasesNow


@dataclass
class Debtors:
    """What is seen of debtors."""

    site: Site
    clock: Callable[[], datetime] = _now
    _made_at: str = ""
    _making: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.store = WorkbenchStore.of(self.site.store)

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
        """The case that still waits for a decision and comes next after this one; the first when there is no such one."""
        self.refresh()
        return self.store.after_in_queue(after)

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
        now = case_now.load(self.site, [case_id], self.clock())
        regions = visible.filter(pc.equal(visible["kind"], ContactKind.REGION.value)).slice(0, 12)
        return Case(
            facts=facts,
            candidates=[self._shown(c, decisions, now) for c in rows_of(shown)],
            total=visible.num_rows,
            regions=[{"value": r["value_masked"], "probability": r["probability"]} for r in rows_of(regions)],
            consents=_consents(visible, grants),
            decisions=decisions,
            trace=trace(self.store.audit_page(about=case_id, limit=60)),
            hidden=self.store.published_of(case_id) - visible.num_rows,
            now=now,
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
        own = sorted(
            (c for c in rows_of(visible) if c["candidate_id"] in place), key=lambda c: place[c["candidate_id"]]
        )
        decisions = self.store.decisions_of(candidate_ids=ids)
        shown = [self._shown(c, decisions) for c in own[:limit]]
        read = Event(EventName.CANDIDATES_READ, actor, facts={"rows": len(shown), "case_id": "*", "by": "workbench"})
        self.store.record(read)
        return shown

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

    def _candidate(self, case_id: str, candidate_id: str) -> dict[str, Any]:
        visible, _ = self._visible([case_id])
        found = visible.filter(pc.equal(visible["candidate_id"], candidate_id)).to_pylist()
        if not found:
            raise NotFound
        return cast(dict[str, Any], found[0])

    def _shown(
        self, row: Mapping[str, Any], decisions: Sequence[Mapping[str, Any]], now: case_now.CasesNow | None = None
    ) -> dict[str, Any]:
        last = last_decisions(decisions).get(row["candidate_id"])
        p = min(max(row["probability"], 1e-6), 1 - 1e-6)
        is_held = last is not None and last["verdict"] == Verdict.REJECT
        actions = {} if is_held or now is None else {a: _state(a, row, now) for a in ACTIONS.get(row["kind"], ())}
        return {k: v for k, v in row.items() if k not in {"value_sealed", "content_hash"}} | {
            "decision": None if last is None or last["verdict"] == Verdict.UNDONE else last,
            "version": 0 if last is None else last["version"],
            "log_odds": math.log(p / (1 - p)),
            "actions": actions,
        }


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    names = [c for c in table.column_names if c != "value_sealed"]
    return cast(list[dict[str, Any]], table.select(names).to_pylist())


def last_decisions(decisions: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The last decision on each candidate."""
    out: dict[str, Mapping[str, Any]] = {}
    for d in decisions:
        if d["candidate_id"] not in out or d["version"] > out[d["candidate_id"]]["version"]:
            out[d["candidate_id"]] = d
    return out


def _state(action: str, row: Mapping[str, Any], now: case_now.CasesNow) -> str:
    """``free`` to do within the hours and caps; a letter or a visit once a second person approved it for this address."""
    if action not in PROPOSABLE:
        return "free"
    status, point = now.status(row["case_id"], Action(action))
    if point != row["candidate_id"] or status not in (Status.REQUESTED, Status.APPROVED, Status.DECLINED):
        return "needs_approval"
    return "open" if status is Status.REQUESTED else str(status)


def _consents(visible: pa.Table, grants: pa.Table) -> list[dict[str, Any]]:
    used = {c for ids in visible["consent_ids"].to_pylist() for c in ids or []}
    names = ["consent_id", "purpose", "scope", "granted_at", "expires_at", "withdrawn_at", "notice_version"]
    return [g for g in grants.select(names).to_pylist() if g["consent_id"] in used]


def trace(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = ("seq", "at", "event", "actor", "run_key")
    return [{n: r[n] for n in names} | {"facts": json.loads(r["facts"])} for r in rows]
