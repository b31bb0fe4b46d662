"""closure: a case that is paid, settled or before a court is not traced any more, whatever a later file says."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum

import policy.forgetting
from core.events import EventName
from pipeline import tombstones, withdraw
from pipeline.site import Site
from store.erasure import Subject


class Reason(StrEnum):
    """The guide's three ends of a case (R54), and the objection of the person."""

    PAID = "paid"
    AGREEMENT = "agreement"  # agreed, and the first instalment met
    LEGAL = "legal"
    OBJECTION = "objection"


def close(
    site: Site, case_ids: Collection[str], reason: Reason, *, at: datetime | None = None, actor: str
) -> withdraw.Withdrawn:
    """Freeze tracing of these cases at once and take out what was found for them, as a withdrawal does."""
    at = at or datetime.now(UTC)
    tombstones.closed(site, case_ids, reason.value, at)
    return heard(site, case_ids, reason, at=at, actor=actor)


def heard(site: Site, case_ids: Collection[str], reason: Reason, *, at: datetime, actor: str) -> withdraw.Withdrawn:
    """A closing that was told, done: now, or again after a restore."""
    who = Subject((), tuple(sorted(case_ids)))
    traits = withdraw.known(site, [who])
    deadline = policy.forgetting.closure_deadline(site.pack, at)
    name = EventName.OBJECTION_UPHELD if reason is Reason.OBJECTION else EventName.CASE_CLOSED
    erased = site.store.subjects.freeze(
        case_ids,
        reason.value,
        name=name,
        at=at,
        due_at=deadline.due_at,
        rule_id=deadline.rule_id,
        keeping=withdraw.keeping(site, at),
        actor=actor,
    )
    payloads, is_complete = withdraw.finish(site, traits)
    return withdraw.Withdrawn(
        len(who.case_ids),
        erased.deleted + erased.restricted,
        erased.restricted,
        erased.redacted,
        payloads,
        is_complete,
        deadline.due_at,
    )
