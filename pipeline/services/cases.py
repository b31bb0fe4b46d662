"""One case as people see it, and what they may tell of it: an event is kept only when no rule stands against it.

Whoever asks gets the rule, its reason and the lawful substitute; both, what was kept and what was refused, is in the audit chain.
Nothing here dials, sends, visits or sues.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import casework
import policy.forgetting
import policy.rights
from casework import archive, guards, ladder, segments, wording
from casework.replay import AFTER_CLOSING
from casework.rules import Rule, rules
from casework.state import ACTION, STATUS, STATUSES, table_of
from casework.vocabulary import CODES, Action, Artefact, ComplaintCode, EventKind, Life, Status
from core import schemas
from core.errors import BadInput
from core.events import Event, EventName
from core.kinds import CaseStatus
from core.reasons import Reason
from pipeline import case_now, case_terms, closure, retention, rights
from pipeline.case_now import CasesNow
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

REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,79}")
_PERSONAL = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)|@")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CLOCK_SKEW = timedelta(minutes=5)
_FACTS = ("days_past_due", "balance", "origins", "lost_since")


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
class Told:
    """Something that happened to a case. ``code`` and the rest as its kind needs (casework.vocabulary.CODES)."""

    kind: EventKind
    code: str | None = None
    point_id: str | None = None
    channel: str | None = None
    party: str | None = None
    at: datetime | None = None
    until: datetime | None = None
    amount: float | None = None
    agents: tuple[str, ...] = ()
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class CaseView:
    """Where a case stands: state, contact points, segment with reasons, the next step, what may be proposed, clocks, file."""

    state: Mapping[str, Any]
    points: Sequence[Mapping[str, Any]]
    segment: Mapping[str, Any]
    step: Mapping[str, Any]
    actions: Sequence[Mapping[str, Any]]
    clocks: Sequence[Mapping[str, Any]]
    artefacts: Sequence[Mapping[str, Any]]
    missing: Sequence[str]
    history: Sequence[Mapping[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        return {n: getattr(self, n) for n in self.__slots__}


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
        state = known.replayed.state
        found = segments.segment(state, known.moment)
        told = table_of(state, known.replayed.case_ids).to_pylist()[0]
        told["life"] = known.life(case_id)
        risk = segments.BANDS[found.risk[0]]
        return CaseView(
            state=told,
            points=known.points(case_id),
            segment={
                "risk": risk,
                "willingness": segments.BANDS[found.willingness[0]],
                "ability": segments.BANDS[found.ability[0]],
                "reasons": segments.reasons(state, 0, known.moment),
                "treatments": segments.treatments(risk),
                "offers": segments.offers(_hardship(known)),
            },
            step=step_of(known, case_id),
            actions=[self._action(known, found, a) for a in Action],
            clocks=self._clocks(known),
            artefacts=[self._kept(known, r) for r in self.site.store.casework.artefacts(case_id).to_pylist()],
            missing=self._missing(known, case_id),
            history=self._history(known),
        )

    def listed(self, *, life: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """Cases as they stood in the last run."""
        found: list[dict[str, Any]] = self.site.store.casework.states(life=life, limit=limit).to_pylist()
        return found

    def waiting(self, limit: int = 200) -> list[dict[str, Any]]:
        """What waits for a second person, the oldest first: replayed now, so that what was settled is gone."""
        cases = self.site.store.casework.with_companions(self.site.store.casework.asked())
        asked = self._events(cases.filter(pc.equal(cases["status"], CaseStatus.OPEN.value))["case_id"].to_pylist())
        done = casework.replay(asked, case_terms.terms(self.site, self.clock()))
        waits = done.state.status == STATUS[Status.REQUESTED]
        place = {c: i for i, c in enumerate(done.case_ids.to_pylist())}
        rows = asked.filter(pc.equal(asked["kind"], EventKind.REQUESTED)).sort_by("seq").to_pylist()
        last = {(r["case_id"], r["code"]): r for r in rows if waits[place[r["case_id"]], ACTION[Action(r["code"])]]}
        return [
            {"case_id": c, "action": a, "point_id": r["point_id"], "asked_by": r["actor"], "asked_at": r["at"], "ref": r["ref"]}
            for (c, a), r in last.items()
        ][:limit]  # fmt: skip

    def settled(self, limit: int = 50) -> list[dict[str, Any]]:
        """The last answers of second persons, the newest first."""
        return self.site.store.casework.settled(limit)

    # --- telling ----------------------------------------------------------------------------------------------------------

    def tell(self, case_id: str, told: Told, actor: str) -> str:
        """Keep this event; its id. Raises Stopped (a rule stands against it), BadInput, NoCase.

        A complaint and its answer are the request's too (pipeline.rights): its id is then the answer.
        """
        known = self._known(case_id)
        row = self._row(known, case_id, told, actor)
        fresh = schemas.conform(pa.Table.from_pylist([row], EVENTS), EVENTS)
        own = known.events.filter(pc.equal(known.events["case_id"], case_id))
        done = casework.replay(pa.concat_tables([own, fresh]), known.terms, case_ids=pa.array([case_id]))
        answer = _stopped(known, case_id, told.kind) or done.refusals[-1].as_py()
        said: dict[str, str | int | float | bool] = {"case_id": case_id, "kind": row["kind"], "code": row["code"] or ""}
        if answer is not None:
            self.site.store.record(Event(EventName.CASE_REFUSED, actor, facts=said | {"rule_id": answer}))
            raise Stopped(rules()[answer])
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
        waiting = self.site.store.subjects.requests(case_id=case_id).to_pylist()
        ids = [r["id"] for r in waiting if r["kind"] == policy.rights.COMPLAINT and row["ref"] in (None, r["id"])]
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
            self.site.store.record(
                Event(
                    EventName.CASE_REFUSED,
                    actor,
                    facts={"case_id": case_id, "kind": "artefact", "code": artefact, "rule_id": rule},
                )
            )
            raise Stopped(rules()[rule])
        entry = f"A{secrets.token_hex(8)}"
        self.tell(case_id, Told(EventKind.ARTEFACT, artefact, ref=entry), actor)
        row = {"id": entry, "case_id": case_id, "artefact": str(artefact), "sha256": sha256, "ref": _checked_ref(ref)}
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

    def _events(self, case_ids: Sequence[str]) -> pa.Table:
        return self.site.store.casework.events(case_ids)

    def _known(self, case_id: str) -> CasesNow:
        known = case_now.load(self.site, [case_id], self.clock())
        if case_id not in known.place:
            raise NoCase(case_id)
        return known

    def _row(self, known: CasesNow, case_id: str, told: Told, actor: str) -> dict[str, Any]:
        """The event as it is kept: what it was decided on stands in it."""
        at = told.at or known.at
        if at > known.at + _CLOCK_SKEW:
            raise BadInput("at", Reason.IN_THE_FUTURE)
        if told.code is not None and told.code not in CODES.get(told.kind, ()):
            raise BadInput("code", Reason.NOT_IN_VOCABULARY)
        point = told.point_id or known.facts.candidate_address[0].as_py()
        decided: dict[str, Any] = {n: known.rows[case_id][n] for n in ("days_past_due", "balance", "lost_since")}
        decided |= {"origins": known.seen.get(point, {}).get("origins")}
        return {
            "event_id": secrets.token_hex(16),
            "seq": 1 << 62,  # after everything there is, until the store numbers it
            "case_id": case_id,
            "at": at,
            "kind": str(told.kind),
            "code": None if told.code is None else str(told.code),
            "point_id": told.point_id,
            "channel": told.channel,
            "party": told.party,
            "until": told.until,
            "amount": told.amount,
            "agents": len({a.strip().casefold() for a in told.agents if a.strip()}) or None,
            "actor": actor,
            "ref": _checked_ref(told.ref or "+".join(sorted({a.strip() for a in told.agents})) or None),
        } | (decided if told.kind is EventKind.REQUESTED else {})

    def _action(self, known: CasesNow, found: segments.Segments, action: Action) -> dict[str, Any]:
        number = int(ladder.why_not(action, known.replayed.state, known.facts, known.moment, known.terms, found)[0])
        rule = None if number == guards.ACCEPTED else list(rules().values())[number - 1]
        status = STATUSES[known.replayed.state.status[0, ACTION[action]]]
        out: dict[str, Any] = {"action": str(action), "status": str(status), "may_be_requested": rule is None}
        return out | {"rule_id": rule.id if rule else None, "rule": rule.model_dump() if rule else None}

    def _clocks(self, known: CasesNow) -> list[dict[str, Any]]:
        """What runs out when, by which rule."""
        s, case_id = known.replayed.state, known.replayed.case_ids[0].as_py()  # the case that was asked for comes first
        out = [
            {"clock": "complaint", "due_at": r["due_at"], "rule_id": r["rule_id"], "is_overdue": r["due_at"] < known.at}
            for r in self.site.store.subjects.requests(case_id=case_id).to_pylist()
            if r["kind"] == policy.rights.COMPLAINT
        ]
        told = table_of(s, known.replayed.case_ids).to_pylist()[0]
        for name, column in (("promise", "promise_due"), ("forbearance", "forborne_until")):
            if told[column] is not None:
                out.append(
                    {"clock": name, "due_at": told[column], "rule_id": None, "is_overdue": told[column] < known.at}
                )
        for row in self.site.store.subjects.erasures().to_pylist():
            if row["case_id"] == case_id:
                late = row["due_at"] < known.at and row["state"] == "withdrawn"
                out.append(
                    {"clock": "deletion", "due_at": row["due_at"], "rule_id": row["rule_id"], "is_overdue": late}
                )
        return out

    def _kept(self, known: CasesNow, row: Mapping[str, Any]) -> dict[str, Any]:
        bounds = archive.kept(Artefact(row["artefact"]), row["made_at"], known.terms)
        return {**row, "keep_until": bounds.not_before, "delete_by": bounds.not_after}

    def _missing(self, known: CasesNow, case_id: str) -> list[str]:
        """What the file of a case that is over lacks, whoever closed it: for what reason says its history, or who froze it."""
        if known.life(case_id) not in (Life.CLOSED, Life.ARCHIVED):
            return []
        is_told = bool(known.replayed.state.is_closed[0])
        return archive.missing(
            known.replayed.state, 0, None if is_told else self.site.store.subjects.frozen().get(case_id)
        )

    def _history(self, known: CasesNow) -> list[dict[str, Any]]:
        names = ("at", "kind", "code", "point_id", "channel", "until", "amount", "actor", "ref")
        told = known.events.append_column("rule_id", known.replayed.refusals)
        mine = told.filter(pc.equal(told["case_id"], known.replayed.case_ids[0]))
        found: list[dict[str, Any]] = mine.select([*names, "rule_id"]).to_pylist()[::-1]
        return found


def script(script_id: str, lang: str) -> str:
    """The text of a script, with its fields."""
    return wording.scripts()[script_id].text.of(lang)


def rungs() -> list[str]:
    """The ladder, from the lightest step up."""
    return [r.id for r in ladder.rungs()]


def lint(text: str, audience: str, lang: str) -> list[dict[str, Any]]:
    """The rules a text breaks for this audience, in words."""
    found = wording.lint(text, wording.Audience(audience))
    return [
        {"rule_id": f.rule_id, "text": wording.bans()[f.rule_id].text.of(lang), "ref": wording.bans()[f.rule_id].ref}
        for f in found
    ]


def step_of(known: CasesNow, case_id: str) -> dict[str, Any]:
    """The next step of a case, with the rows of the guide it follows and the rules of its hours."""
    row = known.step(case_id)
    rung = next((r for r in ladder.rungs() if r.id == row["rung"]), None)
    return row | {"rows": list(rung.rows) if rung else [], "rule_ids": [h.rule_id for h in known.terms.hours]}


def _stopped(known: CasesNow, case_id: str, kind: EventKind) -> str | None:
    """What stands against an event though it is not in this case's own history: the lender's file closed the case, or froze it; or
    a complaint about another case of the same person is open.
    """
    if known.life(case_id) == Life.CLOSED and kind not in AFTER_CLOSING:
        return "CW-CLOSED-01"
    is_treatment = kind in (EventKind.REQUESTED, EventKind.APPROVED, EventKind.DONE)
    return "CW-COMPLAINT-01" if is_treatment and known.is_complaining(case_id) else None


def _hardship(known: CasesNow) -> str | None:
    reasons = segments.reasons(known.replayed.state, 0, known.moment)
    return next((r.partition(":")[2] for r in reasons if r.startswith("hardship:")), None)


def _checked_ref(ref: str | None) -> str | None:
    """An id of another system, never a person's value. Raises BadInput."""
    if ref is not None and (not REF.fullmatch(ref) or _PERSONAL.search(ref)):
        raise BadInput("ref", Reason.NOT_IN_VOCABULARY)
    return ref
