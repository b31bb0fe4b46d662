"""What somebody tells of a case, and the event that is kept of it."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from casework.replay import AFTER_CLOSING
from casework.vocabulary import CODES, EventKind, Life
from core.errors import BadInput
from core.reasons import Reason
from pipeline.case_now import CasesNow

REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,79}")
_PERSONAL = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)|@")
_CLOCK_SKEW = timedelta(minutes=5)


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


def event_row(known: CasesNow, case_id: str, told: Told, actor: str) -> dict[str, Any]:
    """The event as it is kept: what it was decided on stands in it. Raises BadInput."""
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
        "ref": checked_ref(told.ref or "+".join(sorted({a.strip() for a in told.agents})) or None),
    } | (decided if told.kind is EventKind.REQUESTED else {})


def stopped(known: CasesNow, case_id: str, kind: EventKind) -> str | None:
    """What stands against an event though it is not in this case's own history: the lender's file closed the case, or froze it; or
    a complaint about another case of the same person is open.
    """
    if known.life(case_id) == Life.CLOSED and kind not in AFTER_CLOSING:
        return "CW-CLOSED-01"
    is_treatment = kind in (EventKind.REQUESTED, EventKind.APPROVED, EventKind.DONE)
    return "CW-COMPLAINT-01" if is_treatment and known.is_complaining(case_id) else None


def checked_ref(ref: str | None) -> str | None:
    """An id of another system, never a person's value. Raises BadInput."""
    if ref is not None and (not REF.fullmatch(ref) or _PERSONAL.search(ref)):
        raise BadInput("ref", Reason.NOT_IN_VOCABULARY)
    return ref
