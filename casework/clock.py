"""When a case may be contacted next: hours, caps and cool-downs over all cases at once.

The law of one contact is the policy's (``policy.contact_check``); this is the same for a night's worth of cases, and a property test
asks both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from casework.batch import NEVER, Bools, Ints
from casework.terms import Cap, Hours, Terms
from casework.vocabulary import CHANNELS

_DAY = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Contacts:
    """Contacts made or tried, in order of time. ``owner`` is the person's place, ``point`` ABSENT where it is not known."""

    owner: Ints
    point: Ints
    at: Ints
    channel: Ints  # place in CHANNELS
    is_conversation: Bools
    is_unanswered: Bools

    @property
    def is_voice(self) -> Bools:
        found: Bools = self.channel == CHANNELS.index("voice")
        return found

    def take(self, mask: Bools) -> Contacts:
        return Contacts(*[getattr(self, f.name)[mask] for f in fields(self)])


@dataclass(frozen=True, slots=True)
class Free:
    """From when (microseconds) nothing but the hours stands against a contact: by person, by person for calls, by point."""

    anyhow: Ints
    by_voice: Ints
    at_point: Ints


def micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def free_from(contacts: Contacts, persons: int, points: int, at: int, terms: Terms) -> Free:
    """The earliest moment from ``at`` at which no cap and no cool-down holds."""
    anyhow, by_voice = np.full(persons, at, dtype=np.int64), np.full(persons, at, dtype=np.int64)
    at_point = np.full(points, at, dtype=np.int64)
    for cap in terms.caps:
        if cap.counts == "contact_events_per_customer":
            _raise(anyhow, _until(contacts.owner, contacts.at, persons, at, cap))
        elif cap.counts == "unanswered_attempts_per_point":
            own = contacts.take(contacts.is_unanswered & (contacts.point >= 0))
            _raise(at_point, _until(own.point, own.at, points, at, cap))
        else:
            own = contacts.take(contacts.is_voice)
            own = own.take(own.is_conversation) if cap.counts == "effective_voice_conversations" else own
            _raise(by_voice, _until(own.owner, own.at, persons, at, cap))
    if terms.cooldown_days:
        spoken = contacts.take(contacts.is_voice & contacts.is_conversation)
        _raise(by_voice, _cooled(spoken, persons, at, terms))
    return Free(anyhow, by_voice, at_point)


def _raise(known: Ints, until: Ints) -> None:
    np.maximum(known, until, out=known)


def _until(owner: Ints, when: Ints, owners: int, at: int, cap: Cap) -> Ints:
    """When this cap lets go, by owner; 0 where it does not hold, NEVER where its day cannot be told."""
    if cap.days is not None:
        held = (when > at - cap.days * _DAY) & (when <= at)
        last = _nth_last(owner[held], when[held], owners, cap.most)
        return np.where(last == 0, 0, last + cap.days * _DAY)
    if cap.zone is None:
        return np.full(owners, NEVER, dtype=np.int64) if len(owner) else np.zeros(owners, dtype=np.int64)
    start, end = day_of(at, cap.zone)
    held = (when >= start) & (when < end)
    return np.where(np.bincount(owner[held], minlength=owners) >= cap.most, end, 0)


def _nth_last(owner: Ints, when: Ints, owners: int, n: int) -> Ints:
    """The time of the nth last of each owner; 0 for who has fewer."""
    order = np.lexsort((-when, owner))
    owner, when = owner[order], when[order]
    counts = np.bincount(owner, minlength=owners)
    places = np.cumsum(counts) - counts + n - 1
    has = counts >= n
    out = np.zeros(owners, dtype=np.int64)
    out[has] = when[places[has]]
    return out


def _cooled(spoken: Contacts, persons: int, at: int, terms: Terms) -> Ints:
    """The start of the day on which calls are free again; the day of the conversation is day one."""
    out = np.zeros(persons, dtype=np.int64)
    last = np.zeros(persons, dtype=np.int64)
    np.maximum.at(last, spoken.owner, spoken.at)
    since = last > at - (terms.cooldown_days + 2) * _DAY
    if not since.any():
        return out
    if terms.cooldown_zone is None:
        out[since] = NEVER
        return out
    days, inverse = np.unique(
        last[since] // (_DAY // 48), return_inverse=True
    )  # half hours: no zone's day starts within one
    ends = [day_of(int(d) * (_DAY // 48), terms.cooldown_zone, later=terms.cooldown_days - 1)[1] for d in days]
    out[since] = np.array(ends, dtype=np.int64)[inverse]
    return out


def open_hours(moments: Ints, hours: Iterable[Hours]) -> tuple[Ints, Ints]:
    """For each moment the next one inside all hours, and when these hours then end; NEVER where a zone is not known."""
    hours = tuple(hours)
    start, end = moments.copy(), np.full(len(moments), NEVER, dtype=np.int64)
    known = moments < NEVER
    if not hours or any(h.zone is None for h in hours):
        return np.full(len(moments), NEVER, dtype=np.int64), end
    for _ in range(2 + len(hours)):
        for h in hours:
            start[known] = _inside(start[known], h)[0]
    for h in hours:
        end[known] = np.minimum(end[known], _inside(start[known], h)[1])
    return start, end


def _inside(moments: Ints, hours: Hours) -> tuple[Ints, Ints]:
    days, inverse = np.unique(moments // _DAY, return_inverse=True)
    opens = np.empty((len(days), 3), dtype=np.int64)
    closes = np.empty_like(opens)
    for i, day in enumerate(days):
        for j in range(3):  # the local day may be the one before or after the day of UTC
            opens[i, j], closes[i, j] = _window(int(day) + j - 1, hours)
    fits = moments[:, None] < closes[inverse]
    first = fits.argmax(axis=1)
    own = (inverse, first)
    return np.maximum(moments, opens[own]), closes[own]


@lru_cache(maxsize=4096)
def _window(day: int, hours: Hours) -> tuple[int, int]:
    zone = ZoneInfo(hours.zone or "UTC")
    local = date(1970, 1, 1) + timedelta(days=day)
    end_day, end = divmod(hours.end, 24 * 60)
    opens = datetime.combine(local, time(*divmod(hours.start, 60)), zone)
    closes = datetime.combine(local + timedelta(days=end_day), time(*divmod(end, 60)), zone)
    return micros(opens.astimezone(UTC)), micros(closes.astimezone(UTC))


@lru_cache(maxsize=4096)
def day_of(at: int, zone: str, *, later: int = 0) -> tuple[int, int]:
    """Start and end of the local day of this moment (or of a later one)."""
    where = ZoneInfo(zone)
    day = (_EPOCH + timedelta(microseconds=at)).astimezone(where).date() + timedelta(days=later)
    start, end = (datetime.combine(d, time(), where).astimezone(UTC) for d in (day, day + timedelta(days=1)))
    return micros(start), micros(end)
