"""Decisions and proposals: added on top of what the page showed, never changed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from pipeline.services.debtors import Debtors, last_decisions, rows_of
from pipeline.services.verdicts import (
    ACTIONS,
    PROPOSABLE,
    PROPOSAL_REASONS,
    REASONS,
    NotFound,
    Refused,
    Verdict,
    WorkbenchEvent,
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
            events.append(WorkbenchEvent.DECISION_RECORDED.of(actor, **keys, **words))
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
