"""A candidate's signals beside what its debtor declared, field by field; what may be done with it now; declared contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

import matching
from casework.rules import rules
from casework.vocabulary import EventKind, PointState
from core.events import Event, EventName
from core.kinds import ContactKind, Disposition
from pipeline import case_now, contact_check
from pipeline.case_now import CasesNow
from pipeline.services.debtors import Debtors
from pipeline.services.verdicts import NotFound
from policy.contact import Permission

_STATE = {
    PointState.UNVERIFIED: "untried",
    PointState.REACHABLE: "reached",
    PointState.REFUSED: "reached",
    PointState.INVALID: "invalid",
    PointState.WRONG_PARTY: "invalid",
}
UNREACHABLE_AFTER = 3  # failures in a row (GB/T 45251-2025): the contact is then held to be of no use


@dataclass(frozen=True, slots=True)
class Line:
    """One field: masked values of both sides, how they compare, and what that weighs. ``state``: agrees, differs or silent."""

    field: str
    level: str
    weight_bits: float
    signal: Sequence[str]
    debtor: Sequence[str]
    state: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One signal beside its debtor; ``weight_bits`` is the sum of its lines."""

    source: str
    observed_at: Any
    weight_bits: float
    probability: float
    lines: Sequence[Line]


class Comparing(Debtors):
    """What a debtor's page knows beyond the candidates themselves."""

    def compare(self, candidate_id: str, actor: str) -> tuple[dict[str, Any], list[Compared]]:
        """A visible candidate, and up to three of its signals beside the debtor. Audited. Raises NotFound."""
        case_id = self.site.store.subjects.case_of(candidate_id)
        if case_id is None:
            raise NotFound
        candidate = self._candidate(case_id, candidate_id)
        names = {"case_id": case_id, "candidate_id": candidate_id, "by": "workbench"}
        self.store.record(Event(EventName.CANDIDATES_READ, actor, facts={"rows": 1, **names}))
        shown = {k: v for k, v in candidate.items() if k != "value_sealed"}
        return shown, [self._compared(row) for row in self.store.comparisons_of(candidate_id)]

    def _compared(self, row: Mapping[str, Any]) -> Compared:
        spec = matching.of_traces(self.site.deployment.jurisdiction)
        said = {e["field"]: e for e in row["evidence"]}
        lines = [
            _line(said.pop(c.name, None), c.name, _texts(row["signal"], c.left), _texts(row["debtor"], c.right))
            for c in spec.comparisons
        ]
        rest = [_line(e, e["field"], (), ()) for e in said.values()]
        shown = [line for line in lines if line.level or line.signal] + rest
        return Compared(row["source"], row["observed_at"], row["weight_bits"], row["probability"], shown)

    def declared(self, case_id: str, now: CasesNow | None = None) -> list[dict[str, Any]]:
        """What the debtor declared, masked, each with its state: untried, reached, failing, unreachable, invalid or withdrawn.

        What the history of the case says goes before what the last run knew. ``now``: the case as it stands, where it was read already.
        """
        now = now or case_now.load(self.site, [case_id], self.clock())
        points = {p["point_id"]: p for p in now.points(case_id)}
        taken_back = now.events.filter(pc.equal(now.events["kind"], EventKind.UNDECLARED))["point_id"].to_pylist()
        gone = {i for i in taken_back if i in points and not points[i]["is_declared"]}
        most = now.terms.failures_in_a_row
        found = [_as_it_stands(d, points.get(d["point_id"]), most) for d in self.store.declared_by(case_id)]
        return [d | {"state": "withdrawn"} if d["point_id"] in gone else d for d in found]

    def seen(self, case_id: str) -> dict[str, list[dict[str, Any]]]:
        """By candidate: when which source saw it."""
        out: dict[str, list[dict[str, Any]]] = {}
        for row in self.store.seen_of(case_id):
            out.setdefault(row["candidate_id"], []).append(row)
        return out

    def outlooks(self, case_id: str, candidates: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
        """Of each candidate and channel: may it be done now, else from when, else by which rule not."""
        known = contact_check.known(self.site, case_id, self.clock())
        return {
            c["candidate_id"]: {
                channel: self._outlook(contact_check.outlook(self.site, known, c["candidate_id"], channel))
                for channel in contact_check.CHANNELS.get(c["kind"], ())
            }
            for c in candidates
            if c["kind"] != ContactKind.REGION
        }

    def _outlook(self, found: contact_check.Outlook) -> dict[str, Any]:
        permission = found.permission
        return {
            "state": _when(permission),
            "at": permission.next_permitted_at,
            "rule": permission.decision.rule_ids[0] if permission.decision.rule_ids else "",
            "asked": [self._rule_text(i) for i in found.asked],
            "text": self._rule_text(permission.decision.rule_ids[0]) if permission.decision.rule_ids else {},
        }

    def _rule_text(self, rule_id: str) -> dict[str, str]:
        """What a rule or duty says, by language; empty for one that is neither the pack's nor casework's."""
        texts = {r.id: (r.text.zh, r.text.en) for r in self.site.pack.rules}
        texts |= {d.id: (d.text.zh, d.text.en) for d in self.site.pack.duties}
        texts |= {i: (r.text.zh, r.text.en) for i, r in rules().items()}
        return {"id": rule_id} | dict(zip(("zh", "en"), texts[rule_id], strict=True)) if rule_id in texts else {}


def _texts(values: Mapping[str, str | None], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v for n in names if (v := values.get(n))))


def _line(evidence: Mapping[str, Any] | None, field: str, signal: Sequence[str], debtor: Sequence[str]) -> Line:
    if evidence is None:
        return Line(field, "", 0.0, signal, debtor, "silent")
    bits = evidence["weight_bits"]  # that of the rarity of the value (tf_bits) included
    state = "silent" if not (signal or debtor) else "agrees" if bits > 0 else "differs"
    return Line(field, evidence["level"], bits, signal, debtor, state)


def _as_it_stands(row: Mapping[str, Any], point: Mapping[str, Any] | None, most: int) -> dict[str, Any]:
    """A declared contact with its state: by its point in the history, or where that has none (any more) by the last run."""
    if point is None:
        return {**row, "state": _state(row)}
    told = {"failures": point["failures"], "last_at": point["tried_at"] or row["last_at"]}
    return {**row, **told, "state": _state_of(point, most)}


def _state_of(point: Mapping[str, Any], most: int) -> str:
    if point["state"] == PointState.UNANSWERED:
        return "unreachable" if point["failures"] >= most else "failing"
    return _STATE[point["state"]]


def _state(row: Mapping[str, Any]) -> str:
    if not row["attempts"]:
        return "untried"
    if row["last_outcome"] in (Disposition.DISCONNECTED, Disposition.WRONG_PARTY):
        return "invalid"
    if row["failures"] >= UNREACHABLE_AFTER:
        return "unreachable"
    return "failing" if row["failures"] else "reached"


def _when(permission: Permission) -> str:
    if permission.decision.allowed:
        return "now"
    return "later" if permission.next_permitted_at else "never"
