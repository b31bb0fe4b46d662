"""One case as people see it, and what they may tell of it: an event is kept only when no rule stands against it.

Whoever asks gets the rule, its reason and the lawful substitute; both, what was kept and what was refused, is in the audit chain.
Nothing here dials, sends, visits or sues.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import casework
import policy.rights
from casework import archive
from casework.rules import Rule, rules
from casework.vocabulary import Action, Artefact, ComplaintCode, EventKind
from core import schemas
from core.errors import BadInput
from core.events import Event, EventName
from core.reasons import Reason
from pipeline import case_now, case_terms, closure, retention, rights
from pipeline.case_now import CasesNow
from pipeline.services.cases.second_person import waiting
from pipeline.services.cases.told import Told, checked_ref, event_row, stopped
from pipeline.services.cases.view import CaseView, case_view, step_of
from pipeline.services.cases.words import lint, rungs, script
from pipeline.site import Site
from store.casework import EVENTS

__all__ = [
    "Action",
    "Artefact",
    "CaseView",
    "Cases",
    "ComplaintCode",
    "EventKind",
    "NoCase",
    "Stopped",
    "Told",
    "lint",
    "rungs",
    "script",
    "step_of",
]

_SHA256 = re.compile(r"[0-9a-f]{64}")


def now() -> datetime:
    return datetime.now(UTC)


class NoCase(LookupError):
    """There is no such case."""


class Stopped(ValueError):
    """A rule stands against it; ``rule`` says which, why, and what to do instead."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        super().__init__(rule.id)


@dataclass(frozen=True, slots=True)
class Cases:
    """The casework of one site. Shared by all requests of a process."""

    site: Site
    clock: Callable[[], datetime] = now

    # --- reading ----------------------------------------------------------------------------------------------------------

    def view(self, case_id: str, actor: str) -> CaseView:
        """Where this case stands now. Every reading is an audit event. Raises NoCase."""
        known = self._known(case_id)
        self.site.store.record(Event(EventName.CASE_READ, actor, facts={"case_id": case_id}))
        return case_view(self.site, known, case_id)

    def listed(self, *, life: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """Cases as they stood in the last run."""
        found: list[dict[str, Any]] = self.site.store.casework.states(life=life, limit=limit).to_pylist()
        return found

    def waiting(self, limit: int = 200) -> list[dict[str, Any]]:
        """What waits for a second person, the oldest first: replayed now, so that what was settled is gone."""
        return waiting(self.site, self.clock(), limit)

    def settled(self, limit: int = 50) -> list[dict[str, Any]]:
        """The last answers of second persons, the newest first."""
        return self.site.store.casework.settled(limit)

    # --- telling ----------------------------------------------------------------------------------------------------------

    def tell(self, case_id: str, told: Told, actor: str) -> str:
        """Keep this event; its id. Raises Stopped (a rule stands against it), BadInput, NoCase.

        A complaint and its answer are the request's too (pipeline.rights): its id is then the answer.
        """
        known = self._known(case_id)
        row = event_row(known, case_id, told, actor)
        fresh = schemas.conform(pa.Table.from_pylist([row], EVENTS), EVENTS)
        own = known.events.filter(pc.equal(known.events["case_id"], case_id))
        done = casework.replay(pa.concat_tables([own, fresh]), known.terms, case_ids=pa.array([case_id]))
        answer = stopped(known, case_id, told.kind) or done.refusals[-1].as_py()
        said: dict[str, str | int | float | bool] = {"case_id": case_id, "kind": row["kind"], "code": row["code"] or ""}
        if answer is not None:
            raise self._refused(answer, said, actor)
        if told.kind in (EventKind.COMPLAINT, EventKind.ANSWERED):
            return self._complaint(case_id, row, actor)
        if told.kind is EventKind.HELD:
            retention.hold(self.site, case_id, reason=row["ref"] or "casework", actor=actor)
            return str(row["event_id"])
        if told.kind is EventKind.RELEASED:
            retention.release(self.site, case_id, actor=actor)
            return str(row["event_id"])
        said |= {"event": row["event_id"], "ref": row["ref"] or ""}
        self.site.store.casework.add(fresh, told=[Event(EventName.CASE_RECORDED, actor, facts=said)])
        if told.kind is EventKind.CLOSED:
            closure.close(self.site, [case_id], closure.Reason(str(told.code)), at=self.clock(), actor=actor)
        return str(row["event_id"])

    def _complaint(self, case_id: str, row: Mapping[str, Any], actor: str) -> str:
        """A complaint that somebody tells of, or its answer (``ref`` says to which; else to the first): the request and the event."""
        if row["kind"] == EventKind.COMPLAINT:
            kept = rights.receive(
                self.site, policy.rights.COMPLAINT, case_id, received_at=row["at"], actor=actor, code=row["code"]
            )
            return str(kept["id"])
        still_open = self.site.store.subjects.requests(case_id=case_id).to_pylist()
        ids = [r["id"] for r in still_open if r["kind"] == policy.rights.COMPLAINT and row["ref"] in (None, r["id"])]
        if not ids:
            raise BadInput("ref", Reason.MISSING)
        rights.answer(self.site, ids[0], at=row["at"], actor=actor)
        return str(ids[0])

    def ask(
        self, case_id: str, action: Action, actor: str, *, ref: str | None = None, point_id: str | None = None
    ) -> str:
        """Ask a second person for an action. The facts it is decided on are kept with it.

        A visit or a letter is asked for one address: the best that was found, where none is named.
        """
        if action is Action.TRACE and ref is None:
            ref = f"{self.site.deployment.impact_assessment.id}:points_exhausted"
        if action is Action.HIGH_RISK:
            ref = self.view(case_id, actor).segment["risk"]
        if action in (Action.VISIT, Action.LETTER) and point_id is None:
            point_id = self._known(case_id).facts.candidate_address[0].as_py()
        return self.tell(case_id, Told(EventKind.REQUESTED, action, point_id=point_id, ref=ref), actor)

    def approve(self, case_id: str, action: Action, actor: str) -> str:
        """The second person: not the one who asked."""
        return self.tell(case_id, Told(EventKind.APPROVED, action), actor)

    def decline(self, case_id: str, action: Action, actor: str) -> str:
        return self.tell(case_id, Told(EventKind.DECLINED, action), actor)

    def close(self, case_id: str, reason: closure.Reason, actor: str) -> str:
        """Close on what the history proves (R54); that freezes tracing and starts the deletion clock, whoever tells of it."""
        return self.tell(case_id, Told(EventKind.CLOSED, reason.value), actor)

    def refuse(self, text: str, actor: str) -> dict[str, Any] | None:
        """A step somebody describes in words: the rules that refuse it by name with the substitute, or None when none does."""
        answer = policy.refuse_step(text)
        if answer.allowed:
            return None
        self.site.store.record(Event(EventName.STEP_REFUSED, actor, facts={"rule_id": ",".join(answer.rule_ids)}))
        first = next(r for r in policy.refusals() if r.id == answer.rule_ids[0])
        return {
            "rule_ids": list(answer.rule_ids),
            "text": first.text.model_dump(),
            "substitute": first.substitute.model_dump(),
            "citation": first.ref,
        }

    # --- the file ---------------------------------------------------------------------------------------------------------

    def file(
        self,
        case_id: str,
        artefact: Artefact,
        sha256: str,
        actor: str,
        *,
        ref: str | None = None,
        place_class: str | None = None,
        has_people: bool = False,
        made_at: datetime | None = None,
    ) -> str:
        """Enter an artefact: its class, hash and reference; the thing itself stays where it is. Raises Stopped, BadInput."""
        if not _SHA256.fullmatch(sha256):
            raise BadInput("sha256", Reason.NOT_IN_VOCABULARY)
        if (rule := archive.refusal(artefact, place_class=place_class, has_people=has_people)) is not None:
            raise self._refused(rule, {"case_id": case_id, "kind": "artefact", "code": artefact}, actor)
        entry = f"A{secrets.token_hex(8)}"
        self.tell(case_id, Told(EventKind.ARTEFACT, artefact, ref=entry), actor)
        row = {"id": entry, "case_id": case_id, "artefact": str(artefact), "sha256": sha256, "ref": checked_ref(ref)}
        row |= {"place_class": place_class, "made_at": made_at or self.clock(), "deleted_at": None}  # type: ignore[dict-item]
        self.site.store.casework.add_artefact(row)
        return entry

    def unfile(self, case_id: str, entry: str, actor: str) -> None:
        """An artefact was deleted where it was kept. Not while its minimum runs, not under a hold. Raises Stopped, BadInput."""
        found = [
            r
            for r in self.site.store.casework.artefacts(case_id).to_pylist()
            if r["id"] == entry and not r["deleted_at"]
        ]
        if not found:
            raise BadInput("artefact", Reason.MISSING)
        known = self._known(case_id)
        artefact = Artefact(found[0]["artefact"])
        is_held = bool(known.replayed.state.is_held[0]) or case_id in self.site.store.casework.held()
        if not archive.may_delete(artefact, found[0]["made_at"], known.at, known.terms, is_held=is_held):
            raise Stopped(rules()["CW-KEEP-01"])
        self.tell(case_id, Told(EventKind.ARTEFACT_DELETED, artefact, ref=entry), actor)
        self.site.store.casework.mark_deleted([entry], known.at)

    def overdue(self) -> list[dict[str, Any]]:
        """Artefacts whose maximum has run and that no hold keeps: to be deleted where they are."""
        at, held = self.clock(), self.site.store.casework.held()
        terms = case_terms.terms(self.site, at)
        rows = [r for r in self.site.store.casework.artefacts().to_pylist() if r["deleted_at"] is None]
        return [
            r
            for r in rows
            if archive.must_delete(Artefact(r["artefact"]), r["made_at"], at, terms, is_held=r["case_id"] in held)
        ]

    # --- inside -----------------------------------------------------------------------------------------------------------

    def _known(self, case_id: str) -> CasesNow:
        known = case_now.load(self.site, [case_id], self.clock())
        if case_id not in known.place:
            raise NoCase(case_id)
        return known

    def _refused(self, rule_id: str, said: Mapping[str, str | int | float | bool], actor: str) -> Stopped:
        """What to raise where a rule stands against it; that it did is in the audit chain."""
        self.site.store.record(Event(EventName.CASE_REFUSED, actor, facts={**said, "rule_id": rule_id}))
        return Stopped(rules()[rule_id])
