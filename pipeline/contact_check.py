"""contact-check: may this candidate be contacted now on this channel? The facts from the store, the answer from the policy.

Beyond the policy, what people decided counts: a rejected candidate is not contacted, a letter or a visit waits for a second
person.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

import policy
from core.errors import BadInput
from core.types import Decision
from pipeline import serve
from pipeline.case_terms import pack_in_force
from pipeline.site import Site
from policy.contact import Contact, ContactRequest, Permission
from store import FeedStore, WorkbenchStore

# What only the caller knows: said, or not known (and then denied where a rule asks for it).
SAID = frozenset(
    {"zones", "is_opted_out", "has_attorney", "has_ceased", "has_express_consent", "is_disputed", "is_vulnerable"}
    | {"is_approved", "is_number_invalid", "has_agreed_time", "purpose", "party", "has_complaint", "contacts"}
)
# What would be said if nothing stood in the way: the difference to what is known is what somebody has to find out.
FAVOURABLE: Mapping[str, Any] = {
    "is_opted_out": False, "has_attorney": False, "has_ceased": False, "has_express_consent": True, "is_disputed": False,
    "is_vulnerable": False,
}  # fmt: skip
ZONES = {"cn": ("Asia/Shanghai",), "uk": ("Europe/London",)}  # a country of several zones: only the caller knows
CHANNELS: Mapping[str, tuple[str, ...]] = {
    "phone": ("voice", "sms"), "address": ("letter", "visit"), "email": ("email",), "messaging": ("messaging",),
}  # fmt: skip
TWO_PERSONS = frozenset({"letter", "visit"})
REJECTED = Decision(False, ("REVIEW-REJECTED",), "A person rejected this contact.", "")
UNAPPROVED = Decision(False, ("REVIEW-SECOND-PERSON",), "A letter or a visit waits for a second person's approval.", "")


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a case at a moment, as far as a contact depends on it."""

    at: datetime
    case: Mapping[str, Any]
    visible: Mapping[str, Mapping[str, Any]]
    verdicts: Mapping[str, str]
    contacts: Sequence[Contact]
    has_complaint: bool
    approvals: Mapping[tuple[str, str], str]

    @property
    def is_open(self) -> bool:
        return bool(self.case.get("status") == "open")


@dataclass(frozen=True, slots=True)
class Outlook:
    """May it be done, and what would have to be known first. ``asked``: ids of the rules that ask for an unknown fact."""

    permission: Permission
    asked: tuple[str, ...] = ()


def check(
    site: Site, candidate_id: str, channel: str, *, at: datetime | None = None, said: Mapping[str, Any] | None = None
) -> Permission:
    """The permission for one published candidate. Raises BadInput when there is none of this id, or on an unknown fact."""
    case_id = site.store.subjects.case_of(candidate_id)
    if case_id is None:
        raise BadInput("candidate_id", "missing")
    return permission(site, known(site, case_id, at or datetime.now(UTC)), candidate_id, channel, said)


def known(site: Site, case_id: str, at: datetime) -> Known:
    """What the store knows of this case."""
    who = site.store.subjects.find(case_id=case_id)
    read = FeedStore.of(site.store).read_cases([case_id], at)
    rows = serve.through_gate(site, read.candidates, read.grants, at)
    past = site.store.subjects.contacts(who).to_pylist()
    requests = [r for c in who.case_ids for r in site.store.subjects.requests(case_id=c).to_pylist()]
    proposed = WorkbenchStore.of(site.store).proposals_of(case_id=case_id)
    return Known(
        at=at,
        case=next(iter(read.cases.to_pylist()), {}),
        visible={r["candidate_id"]: r for r in rows.select(["candidate_id", "kind", "origins"]).to_pylist()},
        verdicts=read.verdicts,
        contacts=tuple(Contact(p["at"], p["channel"], p["outcome"], p["point_id"], p["party"]) for p in past),
        has_complaint=any(r["kind"] == "complaint" for r in requests),
        approvals={(p["candidate_id"], p["action"]): p["status"] for p in reversed(proposed)},
    )


def permission(
    site: Site, known_: Known, candidate_id: str, channel: str, said: Mapping[str, Any] | None = None
) -> Permission:
    """The permission for one candidate of a case. Raises BadInput on an unknown fact."""
    unknown = sorted(set(said or ()) - SAID)
    if unknown:
        raise BadInput(unknown[0], "not_in_vocabulary")
    if known_.verdicts.get(candidate_id) == "reject":
        return Permission(REJECTED, None)
    request = _request(site, known_, candidate_id, channel, said or {})
    answer = policy.contact_check(request, pack_in_force(site))
    if channel in TWO_PERSONS and request.is_approved is not True and answer.decision.allowed:
        return Permission(UNAPPROVED, None)
    return answer


def outlook(site: Site, known_: Known, candidate_id: str, channel: str) -> Outlook:
    """The permission, and where it fails only for what nobody said: what it would be if nothing of that stood against it."""
    strict = permission(site, known_, candidate_id, channel)
    if strict.decision.allowed:
        return Outlook(strict)
    hoped = permission(site, known_, candidate_id, channel, FAVOURABLE)
    asked = tuple(i for i in strict.decision.rule_ids if i not in hoped.decision.rule_ids)
    return Outlook(hoped, asked)


def _request(site: Site, known_: Known, candidate_id: str, channel: str, said: Mapping[str, Any]) -> ContactRequest:
    mine = known_.visible.get(candidate_id)
    status = known_.approvals.get((candidate_id, channel))
    request = ContactRequest(
        at=known_.at,
        channel=channel,
        point_id=candidate_id,
        zones=ZONES.get(site.deployment.jurisdiction, ()),
        contacts=known_.contacts,
        has_consent=mine is not None,
        has_complaint=known_.has_complaint,
        purpose=site.deployment.purpose,
        origins=None if mine is None else mine["origins"],
        lost_since=known_.case.get("lost_since"),
        balance=known_.case.get("balance"),
    )
    # a complaint on record stands whatever is said, and so does a colleague's answer to a proposal
    stands: dict[str, Any] = {} if status is None else {"is_approved": status == "approved"}
    stands |= {"has_complaint": True} if known_.has_complaint else {}
    return replace(request, **{**said, **stands})


def record(
    site: Site, candidate_id: str, channel: str, outcome: str, *, at: datetime | None = None, party: str = "debtor"
) -> str:
    """Count a contact that was made or tried; its id. Raises BadInput when there is no such candidate."""
    case_id = site.store.subjects.case_of(candidate_id)
    if case_id is None:
        raise BadInput("candidate_id", "missing")
    row = {"id": f"C{secrets.token_hex(8)}", "case_id": case_id, "point_id": candidate_id, "party": party}
    row |= {"channel": channel, "outcome": outcome}
    rows = pa.Table.from_pylist([row | {"at": at or datetime.now(UTC), "customer_token": None}], _CONTACTS)
    site.store.subjects.add_contacts(rows)
    return row["id"]


_CONTACTS = pa.schema(
    [(n, pa.string()) for n in ("id", "case_id", "customer_token", "point_id", "party", "channel", "outcome")]
    + [("at", pa.timestamp("us", tz="UTC"))]
)
