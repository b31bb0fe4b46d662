"""A grid of contacts (clock × counts × consents × channels) and, written apart from the product, what each duty says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import policy
from policy.contact import CHANNELS, Contact, ContactRequest

ZONE = {"cn": "Asia/Shanghai", "us": "America/New_York", "uk": "Europe/London"}
# a plain winter day, a plain summer day, and the days on which the clocks change in the US and the UK
DAYS = (
    date(2026, 1, 14),
    date(2026, 7, 15),
    date(2026, 3, 8),
    date(2026, 11, 1),
    date(2026, 3, 29),
    date(2026, 10, 25),
)
CLOCK = ("00:00", "07:59:59.999999", "08:00", "12:30", "20:59:59.999999", "21:00", "21:59:59.999999", "22:00")


def at(jurisdiction: str, day: date, clock: str) -> datetime:
    return datetime.combine(day, datetime.min.time().fromisoformat(clock), ZoneInfo(ZONE[jurisdiction])).astimezone(UTC)


def in_order(jurisdiction: str, when: datetime, **changed: object) -> ContactRequest:
    """A contact against which nothing stands, but for what is changed."""
    facts: dict[str, object] = {
        "channel": "voice", "point_id": "p1", "zones": (ZONE[jurisdiction],), "contacts": (), "has_consent": True,
        "is_opted_out": False, "has_complaint": False, "has_attorney": False, "has_ceased": False,
        "has_express_consent": True, "is_disputed": False, "is_vulnerable": False, "is_approved": True, "origins": 2,
        "lost_since": date(2024, 1, 1), "balance": 1_000_000.0, "is_number_invalid": True, "purpose": "location_only",
    }  # fmt: skip
    return ContactRequest(at=when, **(facts | changed))  # type: ignore[arg-type]


def past(when: datetime, *groups: tuple[int, timedelta, str, str, str, str]) -> tuple[Contact, ...]:
    """Groups of (how many, how long ago, channel, outcome, point, party), a minute apart going back."""
    return tuple(
        Contact(when - ago - timedelta(minutes=i), channel, outcome, point, party)
        for n, ago, channel, outcome, point, party in groups
        for i in range(n)
    )


def grid(jurisdiction: str) -> Iterator[ContactRequest]:
    """Every case of one jurisdiction."""
    for day, clock in product(DAYS, CLOCK):
        when = at(jurisdiction, day, clock)
        yield from clocks(jurisdiction, when)
        yield from counts(jurisdiction, when)
    noon = at(jurisdiction, DAYS[0], "12:30")
    yield from flags(jurisdiction, noon)
    yield from third_parties(jurisdiction, noon)
    yield from gates(jurisdiction, noon)


def clocks(jurisdiction: str, when: datetime) -> Iterator[ContactRequest]:
    zones = ((ZONE[jurisdiction],), (), ("Nowhere/Land",), ("America/New_York", "America/Los_Angeles"))
    for zone, agreed, channel in product(zones, (False, True), CHANNELS):
        yield in_order(jurisdiction, when, zones=zone, has_agreed_time=agreed, channel=channel)
    for consent, opted_out in product((True, False, None), (True, False, None)):
        yield in_order(jurisdiction, when, has_consent=consent, is_opted_out=opted_out)


def counts(jurisdiction: str, when: datetime) -> Iterator[ContactRequest]:
    ages = (
        timedelta(minutes=5),
        timedelta(hours=9),
        timedelta(hours=26),
        timedelta(days=5),
        timedelta(days=6, hours=23),
    )
    ages += (timedelta(days=7, minutes=5),)
    for n, ago, outcome, channel in product(
        (1, 2, 3, 6, 7, 11, 12), ages, ("right_party", "no_answer", "refused"), ("voice", "sms")
    ):
        yield in_order(jurisdiction, when, contacts=past(when, (n, ago, channel, outcome, "p1", "debtor")))
    for n, point in product((5, 6), ("p1", "p2", None)):
        told = past(when, (n, timedelta(minutes=5), "voice", "no_answer", "p1", "debtor"))
        yield in_order(jurisdiction, when, contacts=told, point_id=point)
    yield in_order(jurisdiction, when, contacts=None)
    for channel in ("sms", "visit"):
        told = past(when, (7, timedelta(days=2), "voice", "right_party", "p2", "debtor"))
        yield in_order(jurisdiction, when, contacts=told, channel=channel)


def flags(jurisdiction: str, when: datetime) -> Iterator[ContactRequest]:
    names = ("has_complaint", "has_attorney", "has_ceased", "is_disputed", "is_vulnerable", "has_express_consent")
    for values in product((True, False, None), repeat=len(names)):
        for channel in ("voice", "sms", "visit"):
            yield in_order(jurisdiction, when, channel=channel, **dict(zip(names, values, strict=True)))
    for channel in (*CHANNELS, "fax", ""):
        yield in_order(jurisdiction, when, channel=channel)


def third_parties(jurisdiction: str, when: datetime) -> Iterator[ContactRequest]:
    hour = timedelta(days=1, hours=2)
    pasts = [
        (),
        past(when, (2, hour, "voice", "no_answer", "own", "debtor")),
        past(when, (3, hour, "voice", "no_answer", "own", "debtor")),
        past(when, (1, hour, "voice", "right_party", "own", "debtor"), (3, hour * 2, "voice", "no_answer", "o", "debtor")),
        past(when, (3, hour, "voice", "no_answer", "own", "debtor"), (1, hour * 30, "voice", "refused", "p1", "third_party")),
        past(when, (3, hour, "voice", "no_answer", "own", "debtor"), (1, hour * 30, "voice", "no_answer", "p1", "third_party")),
        past(when, (3, hour, "voice", "no_answer", "own", "debtor"), (1, hour * 30, "voice", "refused", "p2", "third_party")),
        None,
    ]  # fmt: skip
    tri = (True, False, None)
    for contacts, approved, opted, invalid, purpose, point in product(
        pasts, tri, tri, (True, None), ("location_only", None), ("p1", None)
    ):
        facts = {"contacts": contacts, "is_approved": approved, "is_opted_out": opted, "is_number_invalid": invalid}
        yield in_order(jurisdiction, when, party="third_party", purpose=purpose, point_id=point, **facts)
    yield in_order(jurisdiction, when, party="neighbour")


def gates(jurisdiction: str, when: datetime) -> Iterator[ContactRequest]:
    tri = (True, False, None)
    for origins, approved, vulnerable in product((None, 0, 1, 2, 3), tri, tri):
        facts = {"origins": origins, "is_approved": approved, "is_vulnerable": vulnerable}
        yield in_order(jurisdiction, when, channel="visit", **facts)
    # noon of 2026-01-14: six months before is 2025-07-14
    lost = (None, date(2026, 1, 1), date(2025, 7, 15), date(2025, 7, 14), date(2025, 7, 13), date(2024, 2, 29))
    balances = (None, 0.0, 9_999.99, 10_000.0, 49_999.99, 50_000.0, 1e6)
    for since, balance, approved in product(lost, balances, tri):
        facts = {"lost_since": since, "balance": balance, "is_approved": approved}
        yield in_order(jurisdiction, when, channel="lawyer_letter", **facts)


# --- what each duty says, in plain words and its own arithmetic: true is permitted ------------------------------------


def _local(r: ContactRequest, zones: tuple[str, ...]) -> list[datetime] | None:
    known = {"Asia/Shanghai", "America/New_York", "Europe/London", "America/Los_Angeles"}
    if not zones or not set(zones) <= known:
        return None
    return [r.at.astimezone(ZoneInfo(z)) for z in zones]


def hours(first: int, last: int, zone: str | None, *, lifts: bool = False) -> Callable[[ContactRequest], bool]:
    def says(r: ContactRequest) -> bool:
        there = _local(r, (zone,) if zone else r.zones)
        return (lifts and r.has_agreed_time) or (there is not None and all(first <= t.hour < last for t in there))

    return says


def per_day(limit: int, zone: str | None, what: Callable[[Contact, ContactRequest], bool]):
    def says(r: ContactRequest) -> bool:
        there = _local(r, (zone,) if zone else r.zones)
        if r.contacts is None or there is None:
            return False
        return all(
            len([c for c in r.contacts if what(c, r) and c.at.astimezone(t.tzinfo).date() == t.date()]) < limit
            for t in there
        )

    return says


def per_week(limit: int, what: Callable[[Contact, ContactRequest], bool]):
    def says(r: ContactRequest) -> bool:
        if r.contacts is None:
            return False
        return len([c for c in r.contacts if what(c, r) and r.at - c.at < timedelta(days=7)]) < limit

    return says


def _any(_c: Contact, _r: ContactRequest) -> bool:
    return True


def _talk(c: Contact, r: ContactRequest) -> bool:
    return r.channel == "voice" == c.channel and c.outcome in {"right_party", "refused"}


def _call(c: Contact, r: ContactRequest) -> bool:
    return r.channel == "voice" == c.channel


def _unanswered(r: ContactRequest) -> bool:
    says = per_day(6, "Asia/Shanghai", lambda c, q: c.point_id == q.point_id and c.outcome == "no_answer")
    return r.point_id is not None and says(r)


def _cooled(r: ContactRequest) -> bool:
    if r.channel != "voice":
        return True
    if r.contacts is None:
        return False
    talks = [c for c in r.contacts if _talk(c, r)]
    there = _local(r, r.zones)
    if not talks:
        return True
    return there is not None and all(
        (t.date() - c.at.astimezone(t.tzinfo).date()).days >= 7 for t in there for c in talks
    )


def _is_stranger(r: ContactRequest) -> bool:
    return r.party == "third_party"


def _before(r: ContactRequest) -> list[Contact]:
    return [c for c in r.contacts or () if c.party == "third_party" and c.point_id == r.point_id]


def _relay(r: ContactRequest) -> bool:
    own = sorted((c for c in r.contacts or () if c.party == "debtor"), key=lambda c: c.at)[-3:]
    lost = r.is_number_invalid is True or (len(own) == 3 and {c.outcome for c in own} <= {"no_answer", "disconnected"})
    asked = r.is_approved is True and r.is_opted_out is False and r.contacts is not None and r.point_id is not None
    return not _is_stranger(r) or (lost and asked and all(c.outcome != "refused" for c in _before(r)))


def _once(r: ContactRequest) -> bool:
    return not _is_stranger(r) or (r.contacts is not None and r.point_id is not None and not _before(r))


def _locate(r: ContactRequest) -> bool:
    return not _is_stranger(r) or (r.purpose == "location_only" and r.is_approved is True and _once(r))


def _visit(r: ContactRequest) -> bool:
    return r.channel != "visit" or ((r.origins or 0) >= 2 and r.is_approved is True and r.is_vulnerable is False)


def letter(least: float) -> Callable[[ContactRequest], bool]:
    def says(r: ContactRequest) -> bool:
        if r.channel != "lawyer_letter":
            return True
        long_ago = r.lost_since is not None and r.lost_since < date(2025, 7, 14)
        if r.at.date() != date(2026, 1, 14):  # the grid's other days: lost since 2024 there
            long_ago = r.lost_since is not None
        return long_ago and r.balance is not None and r.balance >= least and r.is_approved is True

    return says


def not_(name: str, channel: str | None = None) -> Callable[[ContactRequest], bool]:
    return lambda r: (channel is not None and r.channel != channel) or getattr(r, name) is False


SAYS: dict[str, Callable[[ContactRequest], bool]] = {
    "CN-HOURS-01": hours(8, 21, "Asia/Shanghai", lifts=True),
    "CN-HOURS-02": hours(8, 22, "Asia/Shanghai", lifts=True),
    "US-HOURS-01": hours(8, 21, None),
    "UK-HOURS-01": hours(8, 21, "Europe/London"),
    "CN-CAP-01": per_day(3, "Asia/Shanghai", _any),
    "US-CAP-01": per_day(3, None, _any),
    "UK-CAP-01": per_day(3, "Europe/London", _any),
    "CN-CAP-02": per_day(3, "Asia/Shanghai", _talk),
    "CN-CAP-03": _unanswered,
    "CN-CAP-04": per_week(12, _any),
    "UK-CAP-02": per_week(7, _any),
    "US-CAP-02": per_week(7, _call),
    "US-CAP-03": _cooled,
    "CN-THIRD-01": _relay,
    "CN-THIRD-02": _once,
    "US-THIRD-01": _locate,
    "UK-THIRD-01": lambda r: not _is_stranger(r),
    "US-THIRD-02": not_("has_attorney"),
    "US-CONSENT-08": lambda r: r.channel != "sms" or r.has_express_consent is True,
    "US-CONSENT-10": not_("has_ceased"),
    "UK-VULNERABLE-01": not_("is_vulnerable", "visit"),
    "UK-ACCURACY-01": not_("is_disputed"),
} | {
    f"{j.upper()}-{name}": says
    for j in ZONE
    for name, says in {
        "COMPLAINT-01": not_("has_complaint"),
        "OPTOUT-01": not_("is_opted_out"),
        "VISIT-01": _visit,
        "LETTER-01": letter(50_000 if j == "cn" else 10_000),
    }.items()
}


def expected(jurisdiction: str, r: ContactRequest) -> bool:
    """What the whole pack says."""
    own = [says for rule, says in SAYS.items() if rule.startswith(jurisdiction.upper())]
    is_known = r.channel in CHANNELS and r.party in {"debtor", "third_party"}
    return r.has_consent is True and is_known and all(says(r) for says in own)


# --- a pack of one duty, so that no other duty hides a broken one -------------------------------------------------------


def alone(pack: policy.Pack, duty_id: str) -> policy.Pack:
    """The pack with this duty only, and hours around the clock if it is not about hours."""
    duties = [d for d in pack.duties if d.id == duty_id or d.topic == "permitted_hours_exception"]
    if not any(d.topic == "permitted_hours" for d in duties):
        first = next(d for d in policy.load(pack.jurisdiction).duties if d.topic == "permitted_hours")
        terms = first.terms | {"start": "00:00", "end": "23:59:59.999999"}
        duties.append(first.model_copy(update={"terms": terms, "id": first.id[:-2] + "99"}))
    return pack.model_copy(update={"duties": tuple(duties)})


def violations(pack: policy.Pack, duty_id: str, jurisdiction: str, stride: int = 1) -> tuple[int, int]:
    """Of every ``stride``-th case: cases tried, and cases in which the duty alone does not answer as it says."""
    only = alone(pack, duty_id)
    needs_zone = jurisdiction == "us" and not duty_id.startswith("US-HOURS")
    wrong = tried = 0
    for i, r in enumerate(grid(jurisdiction)):
        if i % stride:
            continue
        is_known = r.channel in CHANNELS and r.party in {"debtor", "third_party"}
        basic = r.has_consent is True and is_known and (not needs_zone or _local(r, r.zones) is not None)
        tried += 1
        wrong += policy.contact_check(r, only).decision.allowed != (basic and SAYS[duty_id](r))
    return tried, wrong
