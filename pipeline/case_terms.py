"""The numbers by which cases are judged: from the policy pack, the deployment, and the changes that a person approved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import casework
from casework import improve
from casework.vocabulary import Action
from core.deployment import Casework
from pipeline.site import Site
from policy import periods
from policy.forgetting import in_force
from policy.pack import Duty, Pack, Text

_OWN_ZONE = "consumer_location"
_IN_A_ROW = re.compile(r"consecutive_failed_attempts_gte_(\d+)")
_EVALUATED = timedelta(days=365)
IMPROVED = 90  # the first number of duties that stem from complaints


def terms(site: Site, at: datetime, changes: Sequence[improve.Change] | None = None) -> casework.Terms:
    """What stands at this moment. A pack that says nothing of a thing leaves casework's own default, which is the guide's.

    ``changes`` are those approved, where they were read already.
    """
    found = _of_day(_Said(site.pack, site.deployment.casework), at.astimezone(UTC).date())
    for change in approved(site) if changes is None else changes:
        found = improve.apply(found, change)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What a site says, the same as itself only: a pack is too long to be compared."""

    pack: Pack
    own: Casework

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Said) and self.pack is other.pack and self.own is other.own

    def __hash__(self) -> int:
        return hash((id(self.pack), id(self.own)))


@lru_cache(maxsize=8)
def _of_day(said: _Said, day: date) -> casework.Terms:
    """Before what a person changed. Duties come and go with the days of UTC, and periods count whole days: one answer a day."""
    pack, own, at = said.pack, said.own, datetime.combine(day, time(), UTC)
    visits, letters = in_force(pack, "visit", at), in_force(pack, "lawyer_letter", at)
    return casework.Terms(
        gates=frozenset(Action(g) for g in own.gates),
        hours=tuple(_hours(d) for d in in_force(pack, "permitted_hours", at)),
        caps=tuple(_cap(d, pack, at) for d in in_force(pack, "cap", at)),
        cooldown_days=max((int(d.terms["days"]) for d in in_force(pack, "cooldown_after_conversation", at)), default=0),
        cooldown_zone=next((_zone_of(d, pack, at) for d in in_force(pack, "cooldown_after_conversation", at)), None),
        failures_in_a_row=_failures_in_a_row(pack, at),
        relay=_relay(pack, at),
        visit_min_origins=max((int(d.terms["min_origins"]) for d in visits), default=2),
        letter_lost_months=max((_months(str(d.terms["lost_longer_than"]), at) for d in letters), default=6),
        letter_min_balance=_min_balance(own.letter_min_balance, letters),
        agencies=tuple(
            casework.Agency(a.id, a.contract_until, a.evaluated_on + _EVALUATED, a.may_sub_entrust)
            for a in own.agencies
        ),
        keep_days=_keep(pack, at),
    )


def approved(site: Site) -> list[improve.Change]:
    """The changes in force: nothing takes one back but another deployment of the store."""
    return [improve.Change(c["what"], c["before"], c["after"]) for c in site.store.casework.changes("approved")]


def pack_in_force(site: Site) -> Pack:
    """The pack with a duty more for each approved cap and hours: a duty added never permits more."""
    found = approved(site)
    prefix = site.deployment.jurisdiction.upper()
    extra = [d for i, c in enumerate(found) if (d := _duty(site.pack, c, f"{prefix}-CAP-{IMPROVED + i}")) is not None]
    return site.pack.model_copy(update={"duties": (*site.pack.duties, *extra)}) if extra else site.pack


def _duty(pack: Pack, change: improve.Change, rule_id: str) -> Duty | None:
    zone = next((d.terms["zone"] for d in pack.duties if d.topic == "permitted_hours"), "UTC")
    start, _, end = change.after.partition("-")
    said = {
        "cap": ("cap", {"counts": "contact_events_per_customer", "per": "P1D", "max": change.after}),
        "hours": ("permitted_hours", {"start": start, "end": end, "zone": zone}),
    }.get(change.what)
    if said is None:
        return None
    topic, numbers = said
    numbers = {k: int(v) if k == "max" else v for k, v in numbers.items()}
    text = Text(zh=f"因投诉收紧：{change.after}。", en=f"Tightened after complaints: {change.after}.")
    valid = next(d.valid for d in pack.duties if d.topic == topic)
    return Duty(id=rule_id, topic=topic, terms=numbers, text=text, basis="choice", ref="R63", valid=valid)


def _hours(duty: Duty) -> casework.Hours:
    zone = duty.terms["zone"]
    start, end = _minutes(duty.terms["start"]), _minutes(duty.terms["end"])
    return casework.Hours(start, end, None if zone == _OWN_ZONE else zone, duty.id)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")[:2]
    return int(hours) * 60 + int(minutes)


def _cap(duty: Duty, pack: Pack, at: datetime) -> casework.Cap:
    days = None if duty.terms["per"] == "P1D" else (at - periods.before(at, duty.terms["per"])).days
    zone = _zone_of(duty, pack, at) if days is None else None
    return casework.Cap(str(duty.terms["counts"]), int(duty.terms["max"]), days, zone, duty.id)


def _zone_of(duty: Duty, pack: Pack, at: datetime) -> str | None:
    """Days are counted where the duty's own jurisdiction keeps its hours."""
    own = duty.id.partition("-")[0]
    hours = [d for d in in_force(pack, "permitted_hours", at) if d.id.startswith(f"{own}-")]
    zones = [d.terms["zone"] for d in hours if d.terms["zone"] != _OWN_ZONE]
    return zones[0] if zones else None


def _failures_in_a_row(pack: Pack, at: datetime) -> int:
    said = [w for d in in_force(pack, "third_party_contact", at) for w in d.terms.get("debtor_unreachable", ())]
    return max((int(m[1]) for w in said if (m := _IN_A_ROW.fullmatch(w))), default=3)


def _relay(pack: Pack, at: datetime) -> bool:
    """A relay needs a duty that allows one, and none that forbids third parties without a way round."""
    duties = in_force(pack, "third_party_contact", at)
    allows = any(d.terms.get("content") == "relay_request_only" for d in duties)
    return allows and not any(d.terms.get("default") == "deny" and "all" not in d.terms for d in duties)


def _months(period: str, at: datetime) -> int:
    later = periods.after(at, period)
    return (later.year - at.year) * 12 + later.month - at.month


def _min_balance(own: float | None, letters: list[Duty]) -> float:
    """The institution may set its own threshold (the pack's is a default)."""
    return own if own is not None else max((float(d.terms["min_balance"]) for d in letters), default=50_000.0)


def _keep(pack: Pack, at: datetime) -> dict[str, tuple[int, int | None]]:
    """By artefact the longest minimum and the shortest maximum, in days; a maximum under the minimum gives way to it."""
    out: dict[str, tuple[int, int | None]] = {}
    for duty in in_force(pack, "retention", at):
        name = str(duty.terms["artefact"])
        least, most = (_days(str(duty.terms[k]), at) if k in duty.terms else None for k in ("min", "max"))
        before = out.get(name, (0, None))
        longest = max(before[0], least or 0)
        shortest = min((m for m in (before[1], most) if m is not None), default=None)
        out[name] = (longest, None if shortest is None else max(longest, shortest))
    proof = out.get("compliance_record", (0, None))
    return dict.fromkeys(("contact_log", "letter_and_ems_slip", "trace_log"), proof) | out


def _days(period: str, at: datetime) -> int:
    return (periods.after(at, period) - at).days
