"""One case as people see it: where it stands, and what may come next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

import policy.rights
from casework import archive, guards, ladder, segments
from casework.rules import rules
from casework.state import ACTION, STATUSES, table_of
from casework.vocabulary import Action, Artefact, Life
from pipeline.case_now import CasesNow
from pipeline.site import Site


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


def case_view(site: Site, known: CasesNow, case_id: str) -> CaseView:
    """Where this case stands."""
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
        actions=[_action(known, found, a) for a in Action],
        clocks=_clocks(site, known),
        artefacts=[_kept(known, r) for r in site.store.casework.artefacts(case_id).to_pylist()],
        missing=_missing(site, known, case_id),
        history=_history(known),
    )


def step_of(known: CasesNow, case_id: str) -> dict[str, Any]:
    """The next step of a case, with the rows of the guide it follows and the rules of its hours."""
    row = known.step(case_id)
    rung = next((r for r in ladder.rungs() if r.id == row["rung"]), None)
    return row | {"rows": list(rung.rows) if rung else [], "rule_ids": [h.rule_id for h in known.terms.hours]}


def _hardship(known: CasesNow) -> str | None:
    reasons = segments.reasons(known.replayed.state, 0, known.moment)
    return next((r.partition(":")[2] for r in reasons if r.startswith("hardship:")), None)


def _action(known: CasesNow, found: segments.Segments, action: Action) -> dict[str, Any]:
    number = int(ladder.why_not(action, known.replayed.state, known.facts, known.moment, known.terms, found)[0])
    rule = None if number == guards.ACCEPTED else list(rules().values())[number - 1]
    status = STATUSES[known.replayed.state.status[0, ACTION[action]]]
    out: dict[str, Any] = {"action": str(action), "status": str(status), "may_be_requested": rule is None}
    return out | {"rule_id": rule.id if rule else None, "rule": rule.model_dump() if rule else None}


def _clocks(site: Site, known: CasesNow) -> list[dict[str, Any]]:
    """What runs out when, by which rule."""
    s, case_id = known.replayed.state, known.replayed.case_ids[0].as_py()  # the case that was asked for comes first
    out = [
        {"clock": "complaint", "due_at": r["due_at"], "rule_id": r["rule_id"], "is_overdue": r["due_at"] < known.at}
        for r in site.store.subjects.requests(case_id=case_id).to_pylist()
        if r["kind"] == policy.rights.COMPLAINT
    ]
    told = table_of(s, known.replayed.case_ids).to_pylist()[0]
    for name, column in (("promise", "promise_due"), ("forbearance", "forborne_until")):
        if told[column] is not None:
            out.append({"clock": name, "due_at": told[column], "rule_id": None, "is_overdue": told[column] < known.at})
    for row in site.store.subjects.erasures().to_pylist():
        if row["case_id"] == case_id:
            late = row["due_at"] < known.at and row["state"] == "withdrawn"
            out.append({"clock": "deletion", "due_at": row["due_at"], "rule_id": row["rule_id"], "is_overdue": late})
    return out


def _kept(known: CasesNow, row: Mapping[str, Any]) -> dict[str, Any]:
    bounds = archive.kept(Artefact(row["artefact"]), row["made_at"], known.terms)
    return {**row, "keep_until": bounds.not_before, "delete_by": bounds.not_after}


def _missing(site: Site, known: CasesNow, case_id: str) -> list[str]:
    """What the file of a case that is over lacks, whoever closed it: for what reason says its history, or who froze it."""
    if known.life(case_id) not in (Life.CLOSED, Life.ARCHIVED):
        return []
    is_told = bool(known.replayed.state.is_closed[0])
    return archive.missing(known.replayed.state, 0, None if is_told else site.store.subjects.frozen().get(case_id))


def _history(known: CasesNow) -> list[dict[str, Any]]:
    names = ("at", "kind", "code", "point_id", "channel", "until", "amount", "actor", "ref")
    told = known.events.append_column("rule_id", known.replayed.refusals)
    mine = told.filter(pc.equal(told["case_id"], known.replayed.case_ids[0]))
    found: list[dict[str, Any]] = mine.select([*names, "rule_id"]).to_pylist()[::-1]
    return found
