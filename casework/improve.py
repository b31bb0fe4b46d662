"""Frequent complaints → tighter caps, narrower hours, another script: proposals with the effect they would have had. A person decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from casework import clock
from casework.batch import Ints
from casework.clock import Contacts
from casework.terms import Cap, Hours, Terms
from casework.vocabulary import ComplaintCode

FREQUENT = 3  # complaints of one reason in the period
_DAILY = "contact_events_per_customer"
_NARROWER = (9 * 60, 20 * 60)


@dataclass(frozen=True, slots=True)
class Change:
    """One tightening. ``what``: cap, hours, script or relay; ``before`` and ``after`` in the words of that."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change, why, and how many of the period's contacts it would have stopped beyond what stood."""

    change: Change
    code: ComplaintCode
    complaints: int
    contacts: int
    would_stop: int


def suggest(complaints: Sequence[str], contacts: Contacts, terms: Terms) -> list[Suggestion]:
    """A suggestion for each reason that is frequent among these complaints (codes) and that something can be done about."""
    out = []
    for code in ComplaintCode:
        n = sum(c == code for c in complaints)
        change = _change(code, terms) if n >= FREQUENT else None
        if change is not None:
            out.append(Suggestion(change, code, n, len(contacts.at), would_stop(change, contacts, terms)))
    return out


def _change(code: ComplaintCode, terms: Terms) -> Change | None:
    if code is ComplaintCode.TOO_OFTEN:
        most = _daily(terms)
        return Change("cap", str(most), str(most - 1)) if most is not None and most > 1 else None
    if code is ComplaintCode.WRONG_HOURS:
        start, end = _span(terms)
        narrower = max(start, _NARROWER[0]), min(end, _NARROWER[1])
        return Change("hours", _told(start, end), _told(*narrower)) if narrower != (start, end) else None
    if code is ComplaintCode.WORDING:
        return Change("script", "in use", "review")
    return Change("relay", "on", "off") if code is ComplaintCode.THIRD_PARTY and terms.relay else None


def apply(terms: Terms, change: Change) -> Terms:
    """The terms with this change. It never permits more: it adds a cap or hours, or takes the relay away."""
    if change.what == "cap":
        zone = next((c.zone for c in terms.caps if c.counts == _DAILY and c.days is None), None)
        return replace(terms, caps=(*terms.caps, Cap(_DAILY, int(change.after), None, zone, "improvement")))
    if change.what == "hours":
        start, end = (_minutes(t) for t in change.after.split("-"))
        zone = next((h.zone for h in terms.hours), None)
        return replace(terms, hours=(*terms.hours, Hours(start, end, zone, "improvement")))
    return replace(terms, relay=False) if change.what == "relay" else terms


def would_stop(change: Change, contacts: Contacts, terms: Terms) -> int:
    """How many of these contacts the change would have stopped and the terms as they stand did not."""
    if change.what not in {"cap", "hours"}:
        return 0
    return _stopped(contacts, apply(terms, change)) - _stopped(contacts, terms)


def _stopped(contacts: Contacts, terms: Terms) -> int:
    """Contacts outside the hours, and those over the daily cap."""
    opens, _ = clock.open_hours(contacts.at, terms.hours)
    outside = opens != contacts.at
    most = _daily(terms)
    if most is None:
        return int(outside.sum())
    zone = next((c.zone for c in terms.caps if c.counts == _DAILY and c.days is None and c.zone), "UTC")
    day = _days(contacts.at, zone or "UTC")
    _, first, counts = np.unique(np.stack([contacts.owner, day], axis=1), axis=0, return_index=True, return_counts=True)
    return int(outside.sum() + np.maximum(counts - most, 0).sum()) if len(first) else int(outside.sum())


def _days(at: Ints, zone: str) -> Ints:
    """The local day of each moment, as the start of it."""
    return np.array([clock.day_of(int(t), zone)[0] for t in at], dtype=np.int64)


def _daily(terms: Terms) -> int | None:
    return min((c.most for c in terms.caps if c.counts == _DAILY and c.days is None), default=None)


def _span(terms: Terms) -> tuple[int, int]:
    return max((h.start for h in terms.hours), default=0), min((h.end for h in terms.hours), default=24 * 60)


def _told(start: int, end: int) -> str:
    return f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
