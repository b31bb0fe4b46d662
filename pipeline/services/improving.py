"""What complaints ask the collection's own terms to become: counted, shown with its effect, and put in force by two persons."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import casework
from casework import improve, ladder
from casework.rules import rules
from casework.vocabulary import EventKind
from core import schemas
from core.events import Event, EventName
from pipeline import case_terms
from pipeline.services.cases import Stopped, now
from pipeline.site import Site
from store.casework import EVENTS

_FREQUENT_DAYS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Improvements:
    """The changes of one site that its complaints suggest. Shared by all requests of a process."""

    site: Site
    clock: Callable[[], datetime] = now

    def suggestions(self) -> list[improve.Suggestion]:
        """What the complaints of the last ninety days ask for, with the effect it would have had on the contacts made in them."""
        at = self.clock()
        since = at - _FREQUENT_DAYS
        terms = case_terms.terms(self.site, at)
        events = self.site.store.casework.events()
        recent = events.filter(pc.greater_equal(events["at"], pa.scalar(since, EVENTS.field("at").type)))
        codes = recent.filter(pc.equal(recent["kind"], EventKind.COMPLAINT))["code"].to_pylist()
        contacts = ladder.contacts_of(casework.replay(schemas.conform(recent, EVENTS), terms))
        return improve.suggest(codes, contacts, terms)

    def propose(self, suggestion: improve.Suggestion, actor: str) -> str:
        """Ask a second person to put a suggestion in force."""
        change = suggestion.change
        row = {"id": f"X{secrets.token_hex(6)}", "what": change.what, "before": change.before, "after": change.after}
        facts_: dict[str, Any] = {"change": row["id"]} | {k: row[k] for k in ("what", "before", "after")}
        more = {"code": str(suggestion.code), "complaints": suggestion.complaints, "would_stop": suggestion.would_stop}
        more |= {"proposed_by": actor, "proposed_at": self.clock(), "status": "open"}
        self.site.store.casework.propose_change(row | more, Event(EventName.CHANGE_PROPOSED, actor, facts=facts_))
        return row["id"]

    def settle(self, change_id: str, status: str, actor: str) -> None:
        """The second person. Raises Stopped when it is not open, or the proposer's own."""
        event = Event(EventName.CHANGE_SETTLED, actor, facts={"change": change_id, "status": status})
        if not self.site.store.casework.settle_change(change_id, status, event, actor=actor, at=self.clock()):
            raise Stopped(rules()["CW-APPROVAL-02"])

    def proposed(self) -> list[dict[str, Any]]:
        """All changes ever proposed, with what became of them."""
        return self.site.store.casework.changes()
