"""rights: what a person may ask for, when it is due, and doing it. Complaints suspend contact until they are answered."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa

import policy.rights
from core.errors import BadInput
from core.events import Event, EventName
from pipeline import case_log, closure, contact, serve, tombstones, withdraw
from pipeline.site import Site

_EXPLAINED = ("candidate_id", "rank", "kind", "value_masked", "probability", "sources", "origins", "reasons", "factors")


def receive(
    site: Site, kind: str, case_id: str, *, received_at: datetime | None = None, actor: str, code: str = "other"
) -> dict[str, Any]:
    """Enter a request or complaint with its due dates; the row as stored, and whether its date is provisional.

    A complaint (``code`` says of what) suspends contact and treatment of its person until it is answered; it enters the history
    of its case in the same transaction, whichever door it came by. Raises BadInput on an unknown kind, or a case that neither the
    store nor the lender's list knows.
    """
    received_at = received_at or datetime.now(UTC)
    withdraw.subject(site, withdraw.Person(case_id=case_id))  # a request about nobody must not pass for heard
    try:
        due = policy.rights.due(site.pack, kind, received_at)
    except ValueError:
        raise BadInput("kind", "not_in_vocabulary") from None
    row = {
        "id": f"R{secrets.token_hex(6)}",
        "kind": kind,
        "case_id": case_id,
        "received_at": received_at,
        "acknowledge_by": due.acknowledge_by,
        "due_at": due.due_at,
        "outer_due_at": due.outer_due_at,
        "rule_id": due.rule_id,
        "status": "open",
    }
    happened = None
    if kind == policy.rights.COMPLAINT:
        happened = case_log.event(case_id, "complaint", str(row["id"]), at=received_at, actor=actor, code=code)
    site.store.subjects.open_request(row, name=EventName.REQUEST_RECEIVED, actor=actor, happened=happened)
    return row | {"is_provisional": due.is_provisional}


def answer(
    site: Site,
    request_id: str,
    status: Literal["answered", "refused"] = "answered",
    *,
    at: datetime | None = None,
    actor: str,
) -> bool:
    """Close a request; false when no open one has this id. A complaint that is answered suspends its case no more."""
    at = at or datetime.now(UTC)
    row = next((r for r in queue(site).to_pylist() if r["id"] == request_id), None)
    happened = None
    if row is not None and row["kind"] == policy.rights.COMPLAINT:
        happened = case_log.event(row["case_id"], "answered", request_id, at=at, actor=actor)
    return site.store.subjects.answer_request(
        request_id, status, at=at, name=EventName.REQUEST_ANSWERED, actor=actor, happened=happened
    )


def queue(site: Site) -> pa.Table:
    """Open requests and complaints, the earliest due first, each with ``is_provisional``: its calendar is not published yet."""
    rows = site.store.subjects.requests()
    asked = zip(rows["kind"].to_pylist(), rows["received_at"].to_pylist(), strict=True)
    provisional = [policy.rights.due(site.pack, kind, at).is_provisional for kind, at in asked]
    return rows.append_column("is_provisional", pa.array(provisional, pa.bool_()))


def may_ask_again(site: Site, case_id: str, *, at: datetime | None = None) -> tuple[bool, datetime | None]:
    """May this person be asked for consent (again)? And from when, where they withdrew: the pack's cool-down runs from it."""
    who = withdraw.subject(site, withdraw.Person(case_id=case_id))
    grants = [g["withdrawn_at"] for t in who.tokens for g in site.store.grants(t).to_pylist() if g["withdrawn_at"]]
    erased = site.store.subjects.erasures().to_pylist()
    heard = [e["at"] for e in erased if e["cause"] == "withdrawal" and e["token"] in who.tokens]
    if not grants and not heard:
        return True, None
    again = policy.rights.may_ask_again_at(site.pack, max([*grants, *heard]))
    return (at or datetime.now(UTC)) >= again, again


def export(site: Site, case_id: str, *, actor: str) -> dict[str, Any]:
    """Access: everything the product holds of this person, opened, to hand to them. Audited; never logged."""
    who = site.store.subjects.find(case_id=case_id)
    rows = [r for c in who.case_ids for r in site.store.candidates(case_id=c, at=datetime.now(UTC)).to_pylist()]
    contacts = [_opened(site, r) for r in rows]
    grants = [g for t in who.tokens for g in site.store.grants(t).to_pylist()]
    consents = {g["consent_id"]: {k: g[k] for k in _CONSENT} for g in grants}
    site.store.record(Event(EventName.DATA_EXPORTED, actor, facts={"case_id": case_id, "rows": len(rows)}))
    return {
        "cases": [r for r in site.store.cases().to_pylist() if r["case_id"] in who.case_ids],
        "contacts": contacts,
        "consents": list(consents.values()),
        "signals": [_held(site, *kept) for kept in site.store.subjects.kept_of(who.case_ids)],
        "contact_log": site.store.subjects.contacts(who).to_pylist(),
        "requests": [r for c in who.case_ids for r in site.store.subjects.requests(status=None, case_id=c).to_pylist()],
    }


_CONSENT = ("consent_id", "purpose", "scope", "granted_at", "expires_at", "withdrawn_at", "notice_version")


def explain(site: Site, case_id: str, *, actor: str) -> list[dict[str, Any]]:
    """Explanation of the ranking: every visible candidate, masked, with the factors whose sum is its log-odds."""
    at = datetime.now(UTC)
    rows = serve.visible(site, site.store.candidates(case_id=case_id, at=at), at, case_id)
    served = Event(EventName.DATA_EXPORTED, actor, facts={"case_id": case_id, "explained": rows.num_rows})
    site.store.record(served)
    told: list[dict[str, Any]] = rows.select(list(_EXPLAINED)).to_pylist()
    return told


def delete(site: Site, case_id: str, *, actor: str) -> withdraw.Withdrawn:
    """Deletion: as a withdrawal of every consent."""
    return withdraw.withdraw(site, case_id=case_id, actor=actor)


def object_to(site: Site, case_id: str, *, actor: str) -> withdraw.Withdrawn:
    """Objection to automated processing: no case of this person is traced any more."""
    who = site.store.subjects.find(case_id=case_id)
    return closure.close(site, who.case_ids, closure.Reason.OBJECTION, actor=actor)


def correct(site: Site, case_id: str, candidate_id: str, *, actor: str) -> withdraw.Withdrawn:
    """Correction: a contact the person says is not theirs goes at once. What is right is corrected at its source."""
    rows = site.store.candidates(case_id=case_id, at=datetime.now(UTC)).to_pylist()
    if candidate_id not in {r["candidate_id"] for r in rows}:
        raise BadInput("candidate_id", "missing")
    tombstones.disowned(site, case_id, candidate_id, datetime.now(UTC))
    return disown(site, case_id, candidate_id, actor=actor)


def disown(site: Site, case_id: str, candidate_id: str, *, actor: str) -> withdraw.Withdrawn:
    """A correction that was told, done: now, or again after a restore."""
    erased = site.store.subjects.correct(
        case_id, candidate_id, name=EventName.REQUEST_ANSWERED, at=datetime.now(UTC), actor=actor
    )
    return withdraw.Withdrawn(1, erased, 0, erased, 0, site.store.subjects.scrub(), datetime.now(UTC))


def _held(site: Site, kept_id: str, source: str, blob: bytes) -> dict[str, Any]:
    """A kept observation, without what it may say of others: a contact of theirs that came of it is among the contacts."""
    row = json.loads(site.keys.open(blob, f"kept:{kept_id}"))
    return {"source": source} | {k: row.get(k) for k in ("kind", "observed_at", "region")}


def _opened(site: Site, row: dict[str, Any]) -> dict[str, Any]:
    value = site.keys.open(row["value_sealed"], f"candidate:{row['candidate_id']}")
    told = {k: row[k] for k in ("case_id", "candidate_id", "kind", "probability", "sources", "last_seen", "reasons")}
    return told | {"value": contact.shown(row["kind"], value)}
