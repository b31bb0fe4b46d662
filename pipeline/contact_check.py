"""contact-check: may this candidate be contacted now on this channel? The facts from the store, the answer from the policy.

Beyond the policy, what people decided counts, as the history of the case has it: a rejected candidate is not contacted, a forborne
customer neither, a letter or a visit waits for a second person, and what the customer said of themselves stands whatever a caller says.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

import policy
from casework.rules import rules
from casework.vocabulary import UNGATED, Action
from core.errors import BadInput
from core.schemas import TIME
from core.types import Decision
from pipeline import case_now
from pipeline.case_now import CasesNow
from pipeline.case_terms import pack_in_force
from pipeline.site import Site
from policy.contact import Contact, ContactRequest, Permission
from policy.pack import Pack
from store import FeedStore

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
# What a second person approves before it is done, by channel.
APPROVED: Mapping[str, Action] = {
    "letter": Action.LETTER,
    "visit": Action.VISIT,
    "lawyer_letter": Action.LAWYER_LETTER,
}
REJECTED = Decision(False, ("REVIEW-REJECTED",), "A person rejected this contact.", "")
UNAPPROVED = Decision(False, ("REVIEW-SECOND-PERSON",), "A letter or a visit waits for a second person's approval.", "")


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a case at a moment, as far as a contact depends on it."""

    at: datetime
    case_id: str
    now: CasesNow
    verdicts: Mapping[str, str]
    contacts: Sequence[Contact]
    has_complaint: bool
    pack: Pack  # with what was tightened after complaints

    @property
    def case(self) -> Mapping[str, Any]:
        return self.now.rows.get(self.case_id, {})


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
    read = FeedStore.of(site.store).read_cases([case_id])
    now = case_now.arrange(site, read, case_now.visible(site, read, at), at)
    is_known = case_id in now.place
    requests = site.store.subjects.requests_of(now.of_person(case_id) if is_known else [case_id])
    return Known(
        at=at,
        case_id=case_id,
        now=now,
        verdicts=read.verdicts,
        contacts=now.contacts(case_id) if is_known else (),
        has_complaint="complaint" in requests["kind"].to_pylist() or (is_known and now.is_complaining(case_id)),
        pack=pack_in_force(site),
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
    pack = known_.pack
    stands = _stands_against(known_, candidate_id, channel, request.party)
    if stands is not None:
        decision = policy.contact_check(request, pack).decision
        ids = (stands, *(() if decision.allowed else decision.rule_ids))
        return Permission(_by_rule(stands, ids), _after(known_, request, pack, stands))
    answer = policy.contact_check(request, pack)
    if channel in APPROVED and request.is_approved is not True and answer.decision.allowed:
        return Permission(UNAPPROVED, None)
    return answer


def _stands_against(known_: Known, candidate_id: str, channel: str, party: str) -> str | None:
    """The rule of casework that stands against this contact, beside what the policy says."""
    now, case_id = known_.now, known_.case_id
    if case_id not in now.place:
        return None
    state, place = now.replayed.state, now.place[case_id]
    if state.forborne_until[place] > now.moment:
        return "CW-FORBEAR-01"
    if any(p["point_id"] == candidate_id and p["is_volunteered"] for p in now.points(case_id)):
        return "CW-VOLUNTEER-01"
    action = Action.RELAY if party == "third_party" else APPROVED.get(channel)
    if action is not None and action not in UNGATED and action not in now.terms.gates:
        return "CW-GATE-01"
    return None


def _by_rule(rule_id: str, ids: tuple[str, ...]) -> Decision:
    rule = rules()[rule_id]
    return Decision(False, tuple(dict.fromkeys(ids)), rule.text.en, rule.ref)


def _after(known_: Known, request: ContactRequest, pack: Pack, rule_id: str) -> datetime | None:
    """When time alone ends it: a forbearance runs out, and then the policy is asked."""
    if rule_id != "CW-FORBEAR-01":
        return None
    micros = int(known_.now.replayed.state.forborne_until[known_.now.place[known_.case_id]])
    ends = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return policy.contact_check(replace(request, at=ends), pack).next_permitted_at


def outlook(site: Site, known_: Known, candidate_id: str, channel: str) -> Outlook:
    """The permission, and where it fails only for what nobody said: what it would be if nothing of that stood against it."""
    strict = permission(site, known_, candidate_id, channel)
    if strict.decision.allowed:
        return Outlook(strict)
    hoped = permission(site, known_, candidate_id, channel, FAVOURABLE)
    asked = tuple(i for i in strict.decision.rule_ids if i not in hoped.decision.rule_ids)
    return Outlook(hoped, asked)


def _request(site: Site, known_: Known, candidate_id: str, channel: str, said: Mapping[str, Any]) -> ContactRequest:
    now, case_id = known_.now, known_.case_id
    mine = now.seen.get(candidate_id)
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
    # what is on record stands whatever is said: a complaint, what the customer said of themselves, a second person's approval
    stands: dict[str, Any] = {"has_complaint": True} if known_.has_complaint else {}
    if case_id in now.place:
        if now.has_opted_out(case_id, channel):
            stands["is_opted_out"] = True
        if now.replayed.state.is_vulnerable[now.place[case_id]]:
            stands["is_vulnerable"] = True
        action = Action.RELAY if said.get("party") == "third_party" else APPROVED.get(channel)
        if action is not None:
            is_approved, point = now.approved(case_id, action)
            stands["is_approved"] = is_approved and point in (None, candidate_id)
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
    + [("at", TIME)]
)
