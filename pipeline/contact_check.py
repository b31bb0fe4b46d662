"""contact-check: may this candidate be contacted now on this channel? The facts from the store, the answer from the policy."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

import policy
from core.errors import BadInput
from pipeline import serve
from pipeline.site import Site
from policy.contact import Contact, ContactRequest, Permission

# What only the caller knows: said, or not known (and then denied where a rule asks for it).
SAID = frozenset(
    {"zones", "is_opted_out", "has_attorney", "has_ceased", "has_express_consent", "is_disputed", "is_vulnerable"}
    | {"is_approved", "is_number_invalid", "has_agreed_time", "purpose", "party"}
)


def check(
    site: Site, candidate_id: str, channel: str, *, at: datetime | None = None, said: Mapping[str, Any] | None = None
) -> Permission:
    """The permission for one published candidate. Raises BadInput when there is none of this id, or on an unknown fact."""
    at = at or datetime.now(UTC)
    unknown = sorted(set(said or ()) - SAID)
    if unknown:
        raise BadInput(unknown[0], "not_in_vocabulary")
    case_id = site.store.subjects.case_of(candidate_id)
    if case_id is None:
        raise BadInput("candidate_id", "missing")
    return policy.contact_check(replace(_known(site, case_id, candidate_id, channel, at), **(said or {})), site.pack)


def _known(site: Site, case_id: str, candidate_id: str, channel: str, at: datetime) -> ContactRequest:
    who = site.store.subjects.find(case_id=case_id)
    seen = serve.visible(site, site.store.candidates(case_id=case_id, at=at), at, case_id).to_pylist()
    mine = next((r for r in seen if r["candidate_id"] == candidate_id), None)
    open_ = [r for c in who.case_ids for r in site.store.subjects.requests(case_id=c).to_pylist()]
    case: dict[str, Any] = next((c for c in site.store.cases().to_pylist() if c["case_id"] == case_id), {})
    past = site.store.subjects.contacts(who).to_pylist()
    return ContactRequest(
        at=at,
        channel=channel,
        point_id=candidate_id,
        contacts=tuple(Contact(p["at"], p["channel"], p["outcome"], p["point_id"], p["party"]) for p in past),
        has_consent=mine is not None,
        has_complaint=any(r["kind"] == "complaint" for r in open_),
        origins=None if mine is None else mine["origins"],
        lost_since=case.get("lost_since"),
        balance=case.get("balance"),
    )


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
