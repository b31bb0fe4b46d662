"""Taking a person's values out of the store: DEL deltas, deleted or restricted candidates, redacted payloads.

What stays is what proves that it was done: ids, sequence numbers, tokens and times.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from core.kinds import DeltaOp
from store import bulk, comparisons, feed_tables, heads, increments, tables
from store.heads import Head

REDACTED = ""  # content hash of a delta whose payload was taken out: an ADD or MOD still has one
_CHANNEL = {"phone": "voice", "address": "letter"}
_PART = 500  # ids in one IN list


@dataclass(frozen=True, slots=True)
class Subject:
    """A person as the store knows them: tokens (customer, id) and cases."""

    tokens: tuple[str, ...]
    case_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took out. ``first_seq`` > ``last_seq`` when nothing had been published."""

    deleted: int = 0
    restricted: int = 0
    redacted: int = 0
    grants: int = 0
    first_seq: int = 1
    last_seq: int = 0


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long a contacted point stays in storage after its last contact, and the rule that says so; null: not at all."""

    period: timedelta | None = None
    basis: str = ""


def subject(connection: sa.Connection, *, case_id: str | None = None, token: str | None = None) -> Subject:
    """Everything known of the person of this case, or of this token: all their cases and those cases' tokens."""
    c = tables.cases.c
    tokens = {token} if token else set()
    if case_id is not None:
        found = connection.execute(sa.select(c.customer_token, c.id_token).where(c.case_id == case_id)).all()
        tokens |= {t for row in found for t in row if t}
    rows = []
    if tokens:
        of_them = sa.or_(c.customer_token.in_(tokens), c.id_token.in_(tokens))
        rows = list(connection.execute(sa.select(c.case_id, c.customer_token, c.id_token).where(of_them)).all())
    case_ids = {r.case_id for r in rows} | ({case_id} if case_id else set())
    tokens |= {t for r in rows for t in (r.customer_token, r.id_token) if t}
    return Subject(tuple(sorted(tokens)), tuple(sorted(case_ids)))


def erase(
    connection: sa.Connection,
    who: Subject,
    *,
    only_withdrawn: bool,
    cause: str,
    at: datetime,
    keeping: Keeping,
) -> Erased:
    """Take out the candidates of these cases, all of them or those that rest on a withdrawn consent, and their payloads."""
    last = heads.lock(connection, "deltas").seq
    consents = _withdrawn_consents(connection, who) if only_withdrawn else None
    if not only_withdrawn:
        comparisons.forget(connection, who.case_ids)
    gone = _candidates(connection, who.case_ids, consents)
    _log_outcomes(connection, who.case_ids, None if consents is None else {g.candidate_id for g in gone})
    kept = _restrict(connection, gone, keeping, at)
    _take_out(connection, gone, last, cause, at)
    increments.erase(connection, who.case_ids, consents)
    redacted = _redact(connection, who.case_ids, {g.candidate_id for g in gone}, consents)
    return Erased(len(gone) - kept, kept, redacted, first_seq=last + 1, last_seq=last + len(gone))


def remove(connection: sa.Connection, gone: Sequence[Any], at: datetime, cause: str = "retention") -> int:
    """Take out these candidates (rows with candidate_id and case_id) and the payloads that told of them; how many."""
    _take_out(connection, gone, heads.lock(connection, "deltas").seq, cause, at)
    _redact(connection, sorted({g.case_id for g in gone}), {g.candidate_id for g in gone}, frozenset())
    return len(gone)


def _take_out(connection: sa.Connection, gone: Sequence[Any], last: int, cause: str, at: datetime) -> None:
    _tell(connection, gone, last, cause, at)
    bulk.delete(connection, tables.candidates, "candidate_id", pa.array([g.candidate_id for g in gone], pa.string()))
    heads.move(connection, "deltas", Head(last + len(gone), ""))


def _log_outcomes(connection: sa.Connection, case_ids: Iterable[str], points: Collection[str] | None) -> None:
    """Outcomes that carry a sealed value become contacts without one: that it was tried must stay provable."""
    o, e = feed_tables.outcomes, tables.contact_events
    for part in parts(case_ids):
        query = sa.select(o.c.outcome_id, o.c.case_id, o.c.candidate_id, o.c.kind, o.c.disposition, o.c.at)
        found = connection.execute(query.where(o.c.case_id.in_(part))).all()
        chosen = [r for r in found if points is None or r.candidate_id in points]
        for r in chosen:
            # the id under which the feed counted it when it was told: once is once
            row = {"id": r.outcome_id, "case_id": r.case_id, "point_id": r.candidate_id, "party": "debtor"}
            row |= {"channel": _CHANNEL.get(r.kind, r.kind), "outcome": r.disposition, "at": r.at}
            if not connection.execute(sa.select(e.c.id).where(e.c.id == row["id"])).first():
                connection.execute(sa.insert(e), [row])
        bulk.delete(connection, o, "outcome_id", pa.array([r.outcome_id for r in chosen], pa.string()))


def _withdrawn_consents(connection: sa.Connection, who: Subject) -> frozenset[str]:
    g = tables.grants.c
    of_them = sa.or_(g.customer_token.in_(who.tokens), g.id_token.in_(who.tokens))
    return frozenset(connection.execute(sa.select(g.consent_id).where(of_them, g.withdrawn_at.is_not(None))).scalars())


def _candidates(connection: sa.Connection, case_ids: Iterable[str], consents: frozenset[str] | None) -> list[Any]:
    c, used = tables.candidates.c, tables.candidate_consents.c
    query = sa.select(c.candidate_id, c.case_id, c.kind, c.value_sealed).order_by(c.case_id, c.candidate_id)
    found = [r for part in parts(case_ids) for r in connection.execute(query.where(c.case_id.in_(part)))]
    if consents is None:
        return found
    ids = [r.candidate_id for r in found]
    pairs = sa.select(used.candidate_id, used.consent_id)
    resting = {
        p.candidate_id
        for part in parts(ids)
        for p in connection.execute(pairs.where(used.candidate_id.in_(part)))
        if p.consent_id in consents
    }
    return [r for r in found if r.candidate_id in resting]


def _restrict(connection: sa.Connection, gone: list[Any], keeping: Keeping, at: datetime) -> int:
    """Candidates of held cases, and contacted ones whose record must be kept, go to storage that nobody reads."""
    held = set(connection.execute(sa.select(tables.holds.c.case_id)).scalars())
    last_contact = _last_contacts(connection, [g.candidate_id for g in gone]) if keeping.period else {}
    rows = []
    for g in gone:
        told = last_contact.get(g.candidate_id)
        until = told + keeping.period if told is not None and keeping.period is not None else None
        if g.case_id in held or (until is not None and until > at):
            basis = "legal_hold" if g.case_id in held else keeping.basis
            row = {"candidate_id": g.candidate_id, "case_id": g.case_id, "kind": g.kind, "value_sealed": g.value_sealed}
            rows.append(row | {"since": at, "until": None if g.case_id in held else until, "basis": basis})
    if rows:
        gone_before = [r["candidate_id"] for r in rows]
        bulk.delete(connection, tables.restricted, "candidate_id", pa.array(gone_before, pa.string()))
        connection.execute(sa.insert(tables.restricted), rows)
    return len(rows)


def _last_contacts(connection: sa.Connection, ids: list[str]) -> dict[str, datetime]:
    e = tables.contact_events.c
    query = sa.select(e.point_id, sa.func.max(e.at)).group_by(e.point_id)
    found = [tuple(r) for part in parts(ids) for r in connection.execute(query.where(e.point_id.in_(part)))]
    return dict(found)


def _tell(connection: sa.Connection, gone: Sequence[Any], last: int, cause: str, at: datetime) -> None:
    rows = [
        {"seq": last + i, "op": DeltaOp.DEL.value, "candidate_id": g.candidate_id, "case_id": g.case_id}
        | {"at": at, "run_key": cause, "payload": sa.null(), "content_hash": None}
        for i, g in enumerate(gone, 1)
    ]
    if rows:
        connection.execute(sa.insert(tables.deltas), rows)


def _redact(
    connection: sa.Connection, case_ids: Iterable[str], gone: Collection[str], consents: frozenset[str] | None
) -> int:
    """Payloads of old deltas become null: of all candidates of these cases, or of those resting on these consents."""
    d = tables.deltas
    query = sa.select(d.c.seq, d.c.candidate_id, sa.cast(d.c.payload, sa.Text).label("payload"))
    seqs = []
    for part in parts(case_ids):
        for row in connection.execute(query.where(d.c.case_id.in_(part), d.c.op != DeltaOp.DEL.value)):
            if row.payload in (None, "null"):
                continue
            rests = consents is None or row.candidate_id in gone
            if rests or consents & set(json.loads(row.payload).get("consent_ids") or ()):  # type: ignore[operator]
                seqs.append(row.seq)
    for numbers in parts(seqs):
        connection.execute(sa.update(d).where(d.c.seq.in_(numbers)).values(payload=sa.null(), content_hash=REDACTED))
    return len(seqs)


def parts(items: Iterable[Any]) -> list[list[Any]]:
    """Lists short enough for one IN."""
    everything = list(items)
    return [everything[i : i + _PART] for i in range(0, len(everything), _PART)]
