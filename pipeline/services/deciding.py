"""Decisions and proposals: added on top of what the page showed, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.events import Event, EventName
from pipeline.services.cases import Action, Cases
from pipeline.services.debtors import Debtors, last_decisions, rows_of
from pipeline.services.verdicts import (
    ACTIONS,
    PROPOSABLE,
    PROPOSAL_REASONS,
    REASONS,
    NotFound,
    Refused,
    Verdict,
)
from store.workbench import Stale

__all__ = ["Deciding", "Stale"]


class Deciding(Debtors):
    """What is said of candidates, and by whom."""

    def decide(
        self, candidate_id: str, verdict: Verdict, reason: str, *, case_id: str, version: int, actor: str
    ) -> None:
        """Add a decision on top of the one the page showed (``version``). Raises Stale, Refused, NotFound."""
        self.decide_all([(case_id, candidate_id, verdict, reason, version)], actor)

    def decide_all(self, told: Sequence[tuple[str, str, Verdict, str, int]], actor: str) -> None:
        """Several decisions, all or none: (case, candidate, verdict, reason, version seen)."""
        at = self.clock()
        now = {r["candidate_id"]: r for r in rows_of(self._visible({t[0] for t in told})[0])}
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
            events.append(Event(EventName.DECISION_RECORDED, actor, facts=keys | words))
        self._require_unseen([(t[1], t[4]) for t in told])
        if rows:
            self.store.decide(rows, events, at)

    def _require_unseen(self, seen: Sequence[tuple[str, int]]) -> None:
        """A page that shows an older (or an invented later) version than the last is stale."""
        last = {
            c: d["version"]
            for c, d in last_decisions(self.store.decisions_of(candidate_ids=[s[0] for s in seen])).items()
        }
        if any(last.get(c, 0) != version for c, version in seen):
            raise Stale

    def propose(self, case_id: str, candidate_id: str, action: str, reason: str, actor: str) -> None:
        """Ask a second person for a letter or a visit to this address (casework). Raises Refused, NotFound, Stopped."""
        row = self._candidate(case_id, candidate_id)
        if action not in PROPOSABLE or action not in ACTIONS.get(row["kind"], ()) or reason not in PROPOSAL_REASONS:
            raise Refused("reason_unknown")
        Cases(self.site, self.clock).ask(case_id, Action(action), actor, ref=reason, point_id=candidate_id)
