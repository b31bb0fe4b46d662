"""May this contact be made now, and if not, when? The duties of a pack (or of several combined) asked one by one.

Every duty that stands against it speaks; a fact it needs and does not get stands against it too. Days and hours are those of
the place the duty names, windows are half-open [start, end).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.kinds import Disposition
from core.types import Decision
from policy import periods
from policy.conditions import Condition
from policy.pack import Duty, Pack

CHANNELS = ("voice", "sms", "email", "messaging", "letter", "lawyer_letter", "visit")
CONVERSATIONS = (Disposition.RIGHT_PARTY.value, Disposition.REFUSED.value)
FAILURES = (Disposition.NO_ANSWER.value, Disposition.DISCONNECTED.value, Disposition.WRONG_PARTY.value)
_STEPS = 64  # times to look for a permitted moment before saying that there is none


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact that was made or tried, by the institution, an agency or a bot."""

    at: datetime
    channel: str
    outcome: str
    point_id: str | None = None
    party: str = "debtor"


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """A contact that somebody wants to make at ``at`` (aware). None means not known: a duty that asks for it then denies."""

    at: datetime
    channel: str
    party: str = "debtor"
    point_id: str | None = None
    zones: tuple[str, ...] = ()
    contacts: Sequence[Contact] | None = None
    has_consent: bool | None = None
    is_opted_out: bool | None = None
    has_complaint: bool | None = None
    has_attorney: bool | None = None
    has_ceased: bool | None = None
    has_express_consent: bool | None = None
    is_disputed: bool | None = None
    is_vulnerable: bool | None = None
    is_approved: bool | None = None
    is_number_invalid: bool | None = None
    has_agreed_time: bool = False
    purpose: str | None = None
    origins: int | None = None
    lost_since: date | None = None
    balance: float | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """The answer. ``next_permitted_at`` (UTC) is when time alone will permit it; null when more than time is missing."""

    decision: Decision
    next_permitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Block:
    rule_id: str
    reason: str = ""
    citation: str = ""
    until: datetime | None = field(default=None)


def contact_check(request: ContactRequest, pack: Pack) -> Permission:
    """Permitted only when no duty of the pack stands against it. Raises ValueError on a time without a zone."""
    if request.at.tzinfo is None:
        raise ValueError("a contact has a time with its zone")
    blocks = list(_blocks(request, pack))
    if not blocks:
        spoken = pack.deciding(Condition.VALID_GRANT, request.at)
        return Permission(Decision(True, (spoken.id,), spoken.text.en, spoken.citation), request.at.astimezone(UTC))
    lasting = [b for b in blocks if b.until is None]
    first = (lasting or blocks)[0]
    ids = tuple(dict.fromkeys(b.rule_id for b in (first, *blocks)))
    return Permission(
        Decision(False, ids, first.reason, first.citation), None if lasting else _next(request, pack, blocks)
    )


def _next(request: ContactRequest, pack: Pack, blocks: Sequence[_Block]) -> datetime | None:
    """The first moment at which nothing stands against it, if nobody contacts the customer until then."""
    for _ in range(_STEPS):
        untils = [b.until for b in blocks]
        if None in untils:
            return None
        at = max(u for u in untils if u is not None)
        blocks = list(_blocks(replace(request, at=at), pack))
        if not blocks:
            return at.astimezone(UTC)
    return None


def _blocks(request: ContactRequest, pack: Pack) -> Iterator[_Block]:
    if request.has_consent is not True:
        denied = pack.deciding(Condition.NO_GRANT, request.at)
        yield _Block(denied.id, denied.text.en, denied.citation)
    if request.channel not in CHANNELS or request.party not in ("debtor", "third_party"):
        default = pack.deciding(Condition.DEFAULT, request.at)
        yield _Block(default.id, default.text.en, default.citation)
        return
    in_force = [d for d in pack.duties if d.valid.covers(request.at)]
    if not any(d.topic == "permitted_hours" for d in in_force):
        yield _Block(pack.deciding(Condition.DEFAULT, request.at).id, "no permitted hours in force")
    for duty in in_force:
        asked = _CHECKS.get(duty.topic)
        for until in asked(request, duty, pack) if asked else ():
            yield _Block(duty.id, duty.text.en, duty.citation, until)


# --- each check yields a moment when it ends, or None when time does not end it; nothing when nothing stands against it ----


def _hours(request: ContactRequest, duty: Duty, pack: Pack) -> Iterator[datetime | None]:
    if request.has_agreed_time and _has_exception(duty, pack, request.at):
        return
    start, end = time.fromisoformat(duty.terms["start"]), time.fromisoformat(duty.terms["end"])
    for zone in _zones(duty.terms["zone"], request):
        if zone is None:
            yield None
            continue
        local = request.at.astimezone(zone)
        if not start <= local.time() < end:
            day = local.date() if local.time() < start else local.date() + timedelta(days=1)
            yield datetime.combine(day, start, zone).astimezone(UTC)


def _has_exception(duty: Duty, pack: Pack, at: datetime) -> bool:
    own = duty.id.partition("-")[0]
    return any(
        d.topic == "permitted_hours_exception" and d.id.startswith(f"{own}-") and d.valid.covers(at)
        for d in pack.duties
    )


def _cap(request: ContactRequest, duty: Duty, pack: Pack) -> Iterator[datetime | None]:
    terms = duty.terms
    counted = _counted(str(terms["counts"]), request)
    if counted is None:
        yield None
        return
    if terms["per"] == "P1D":
        yield from _daily(request, duty, pack, counted)
        return
    since = periods.before(request.at, terms["per"])
    window = sorted(c.at for c in counted if since < c.at <= request.at)
    if len(window) >= terms["max"]:
        yield periods.after(window[-terms["max"]], terms["per"]).astimezone(UTC)


def _counted(what: str, request: ContactRequest) -> list[Contact] | None:
    """The past contacts a counter counts; none of this channel's concern is an empty list, null is not known."""
    if request.contacts is None:
        return None
    if what == "contact_events_per_customer":
        return list(request.contacts)
    if what == "unanswered_attempts_per_point":
        if request.point_id is None:
            return None
        own = [c for c in request.contacts if c.point_id == request.point_id]
        return [c for c in own if c.outcome == Disposition.NO_ANSWER]
    if request.channel != "voice":
        return []
    calls = [c for c in request.contacts if c.channel == "voice"]
    if what == "effective_voice_conversations":
        return [c for c in calls if c.outcome in CONVERSATIONS]
    return calls if what == "calls_per_person_per_debt" else None


def _daily(request: ContactRequest, duty: Duty, pack: Pack, counted: Sequence[Contact]) -> Iterator[datetime | None]:
    for zone in _place(duty, pack, request):
        if zone is None:
            yield None
            continue
        today = request.at.astimezone(zone).date()
        if sum(c.at.astimezone(zone).date() == today for c in counted) >= duty.terms["max"]:
            yield datetime.combine(today + timedelta(days=1), time(), zone).astimezone(UTC)


def _cooldown(request: ContactRequest, duty: Duty, pack: Pack) -> Iterator[datetime | None]:
    """The day of the conversation is day one: the last barred day is ``days`` - 1 later."""
    if request.channel != "voice":
        return
    if request.contacts is None:
        yield None
        return
    spoken = [c.at for c in request.contacts if c.channel == "voice" and c.outcome in CONVERSATIONS]
    for zone in _place(duty, pack, request) if spoken else ():
        if zone is None:
            yield None
            continue
        first = max(spoken).astimezone(zone).date()
        free = datetime.combine(first + timedelta(days=duty.terms["days"]), time(), zone)
        if request.at < free:
            yield free.astimezone(UTC)


def _third_party(request: ContactRequest, duty: Duty, _pack: Pack) -> Iterator[datetime | None]:
    if request.party != "third_party":
        return
    terms = duty.terms
    if terms.get("default") == "deny" and not {"all", "purpose"} & set(terms):
        yield None
    if "purpose" in terms and (request.purpose != terms["purpose"] or request.is_approved is not True):
        yield None
    if any(not _THIRD_PARTY[c](request, terms) for c in terms.get("all", ())):
        yield None
    before = [c for c in request.contacts or () if c.party == "third_party" and c.point_id == request.point_id]
    if (
        request.contacts is None
        or request.point_id is None
        or ("max_contacts" in terms and len(before) >= terms["max_contacts"])
        or (terms.get("on_refusal") and any(c.outcome == Disposition.REFUSED for c in before))
    ):
        yield None


def _unreachable(request: ContactRequest, terms: Mapping[str, Any]) -> bool:
    """The debtor's own number is invalid, or the last attempts in a row all failed, as many as the rule says."""
    tries = sorted((c for c in request.contacts or () if c.party == "debtor"), key=lambda c: c.at)
    for way in terms["debtor_unreachable"]:
        if way == "own_number_invalid" and request.is_number_invalid is True:
            return True
        least = int(way.rpartition("_")[2]) if way.startswith("consecutive_failed_attempts_gte_") else 0
        last = tries[-least:] if least else []
        if least and len(last) == least and all(c.outcome in FAILURES for c in last):
            return True
    return False


_THIRD_PARTY: Mapping[str, Callable[[ContactRequest, Mapping[str, Any]], bool]] = {
    "debtor_unreachable": _unreachable,
    "human_approved": lambda r, _: r.is_approved is True,
    "contact_not_opted_out": lambda r, _: r.is_opted_out is False,
}


def _visit(request: ContactRequest, duty: Duty, _pack: Pack) -> Iterator[datetime | None]:
    if request.channel != "visit":
        return
    has_origins = request.origins is not None and request.origins >= duty.terms["min_origins"]
    is_barred = duty.terms["vulnerability_blocks"] and request.is_vulnerable is not False
    if not has_origins or is_barred or (duty.terms["human_approved"] and request.is_approved is not True):
        yield None


def _lawyer_letter(request: ContactRequest, duty: Duty, _pack: Pack) -> Iterator[datetime | None]:
    if request.channel != "lawyer_letter":
        return
    is_large = request.balance is not None and request.balance >= duty.terms["min_balance"]
    is_unapproved = duty.terms["human_approved"] and request.is_approved is not True
    if request.lost_since is None or not is_large or is_unapproved:
        yield None
        return
    # strictly longer than: the day after the period has run
    lost = datetime.combine(request.lost_since, time(), UTC)
    eligible = periods.after(lost, duty.terms["lost_longer_than"]) + timedelta(days=1)
    if request.at < eligible:
        yield eligible


def _flag(name: str, *channels: str) -> Callable[[ContactRequest, Duty, Pack], Iterator[datetime | None]]:
    """Denied unless this fact is known to be false."""

    def check(request: ContactRequest, _duty: Duty, _pack: Pack) -> Iterator[datetime | None]:
        if (not channels or request.channel in channels) and getattr(request, name) is not False:
            yield None

    return check


def _express(request: ContactRequest, _duty: Duty, _pack: Pack) -> Iterator[datetime | None]:
    if request.channel == "sms" and request.has_express_consent is not True:
        yield None


def _vulnerability(request: ContactRequest, duty: Duty, pack: Pack) -> Iterator[datetime | None]:
    if duty.terms.get("flag_blocks_visit"):
        yield from _flag("is_vulnerable", "visit")(request, duty, pack)


def _complaint(request: ContactRequest, duty: Duty, pack: Pack) -> Iterator[datetime | None]:
    if duty.terms.get("effect") == "suspend_contact":
        yield from _flag("has_complaint")(request, duty, pack)


def _accuracy(request: ContactRequest, duty: Duty, pack: Pack) -> Iterator[datetime | None]:
    if duty.terms.get("dispute_suspends"):
        yield from _flag("is_disputed")(request, duty, pack)


_CHECKS: Mapping[str, Callable[[ContactRequest, Duty, Pack], Iterator[datetime | None]]] = {
    "permitted_hours": _hours,
    "cap": _cap,
    "cooldown_after_conversation": _cooldown,
    "third_party_contact": _third_party,
    "channel_opt_out": _flag("is_opted_out"),
    "complaint": _complaint,
    "visit": _visit,
    "lawyer_letter": _lawyer_letter,
    "attorney_represented": _flag("has_attorney"),
    "cease_request": _flag("has_ceased"),
    "tcpa_prior_express": _express,
    "vulnerability": _vulnerability,
    "accuracy": _accuracy,
}


def _place(duty: Duty, pack: Pack, request: ContactRequest) -> list[ZoneInfo | None]:
    """Where the days of a duty are counted: the zones of its jurisdiction's hours."""
    own = duty.id.partition("-")[0]
    named = [d.terms["zone"] for d in pack.duties if d.topic == "permitted_hours" and d.id.startswith(f"{own}-")]
    return [z for name in dict.fromkeys(named) for z in _zones(name, request)] or [None]


def _zones(name: str, request: ContactRequest) -> list[ZoneInfo | None]:
    """The zone of this name, or all zones the customer may be in; null where it is not known."""
    names = request.zones if name == "consumer_location" else (name,)
    return [_zone(n) for n in names] or [None]


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
