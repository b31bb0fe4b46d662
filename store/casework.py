"""What the store keeps of casework: events (append-only), artefacts, changes that a person approved, and last night's states."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from core.events import Event
from core.schemas import TEXT, TIME
from store import audit, bulk, erasure, heads, reviews, tables
from store.cases import STORED as CASES_STORED
from store.engine import reading, writing
from store.tables import UtcTime, metadata

# Ids, codes, dates and amounts. The database refuses to change or remove a row. `event_id` makes telling a thing twice harmless.
events = sa.Table(
    "case_events",
    metadata,
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("point_id", sa.Text),
    sa.Column("channel", sa.Text),
    sa.Column("party", sa.Text),
    sa.Column("until", UtcTime),
    sa.Column("amount", sa.Double),
    sa.Column("days_past_due", sa.BigInteger),
    sa.Column("balance", sa.Double),
    sa.Column("origins", sa.BigInteger),
    sa.Column("lost_since", sa.Date),
    sa.Column("agents", sa.BigInteger),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("ref", sa.Text),
    sa.UniqueConstraint("seq"),
)

# A projection, made anew every night: what lists are made of. The page of one case replays its events.
states = sa.Table(
    "case_states",
    metadata,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("life", sa.Text, nullable=False),
    sa.Column("rung", sa.Text),
    sa.Column("hold", sa.Text),
    sa.Column("risk", sa.Text),
    sa.Column("action", sa.Text),
    sa.Column("action_status", sa.Text),
    sa.Column("is_reachable", sa.Boolean, nullable=False),
    sa.Column("has_address", sa.Boolean, nullable=False),
    sa.Column("has_emergency", sa.Boolean, nullable=False),
    sa.Column("run_key", sa.Text, nullable=False),
    sa.Index("ix_case_states_life", "life", "case_id"),
)

artefacts = sa.Table(
    "case_artefacts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("artefact", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("ref", sa.Text),
    sa.Column("place_class", sa.Text),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("deleted_at", UtcTime),
)

changes = sa.Table(
    "casework_changes",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("complaints", sa.Integer, nullable=False),
    sa.Column("would_stop", sa.Integer, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", UtcTime, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("settled_by", sa.Text),
    sa.Column("settled_at", UtcTime),
    sa.CheckConstraint("status IN ('open', 'approved', 'declined')", name="status"),
    sa.CheckConstraint("settled_by IS NULL OR settled_by <> proposed_by", name="two_persons"),
)

EVENTS = pa.schema(
    [
        ("event_id", TEXT), ("seq", pa.int64()), ("case_id", TEXT), ("at", TIME), ("kind", TEXT), ("code", TEXT),
        ("point_id", TEXT), ("channel", TEXT), ("party", TEXT), ("until", TIME), ("amount", pa.float64()),
        ("days_past_due", pa.int64()), ("balance", pa.float64()), ("origins", pa.int64()), ("lost_since", pa.date32()),
        ("agents", pa.int64()), ("actor", TEXT), ("ref", TEXT),
    ]
)  # fmt: skip
STATES = pa.schema(
    [
        ("case_id", TEXT), ("life", TEXT), ("rung", TEXT), ("hold", TEXT), ("risk", TEXT), ("action", TEXT),
        ("action_status", TEXT), ("is_reachable", pa.bool_()), ("has_address", pa.bool_()), ("has_emergency", pa.bool_()),
        ("run_key", TEXT),
    ]
)  # fmt: skip
ARTEFACTS = pa.schema(
    [
        ("id", TEXT), ("case_id", TEXT), ("artefact", TEXT), ("sha256", TEXT), ("ref", TEXT), ("place_class", TEXT),
        ("made_at", TIME), ("deleted_at", TIME),
    ]
)  # fmt: skip


_POINTS = pa.schema([("case_id", TEXT), ("candidate_id", TEXT), ("kind", TEXT), ("origins", pa.int64())])


class Casework:
    """The part of a store that keeps the history of cases. Made by ``Casework.of``; each method is one transaction."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, rows: pa.Table, *, told: Sequence[Event] = ()) -> int:
        """Append these events (EVENTS; ``seq`` is given here) but those whose id is there already; how many are new."""
        with writing(self._engine) as connection:
            new = append(connection, rows)
            if new or not rows.num_rows:
                audit.append(connection, told, self._clock())
        return new

    def events(self, case_ids: Collection[str] | None = None) -> pa.Table:
        """Events (EVENTS) and contacts told to the feed, as attempts, of these cases or of all; by case, time, number."""
        e, c = events.c, tables.contact_events.c
        own = sa.select(*[e[n] for n in EVENTS.names])
        with reading(self._engine) as connection:
            if case_ids is None:
                parts = [bulk.fetch(connection, q, EVENTS) for q in (own, heard())]
            else:
                parts = [
                    bulk.fetch(connection, q.where(bulk.is_in(connection, by, case_ids)), EVENTS)
                    for q, by in ((own, e.case_id), (heard(), c.case_id))
                ]
        found = pa.concat_tables(parts)
        return found.sort_by([("case_id", "ascending"), ("at", "ascending"), ("seq", "ascending")])

    def with_companions(self, case_ids: Collection[str]) -> pa.Table:
        """These cases and the other cases of their persons (cases.STORED), those asked for first where the store knows them."""
        c = tables.cases.c
        query = sa.select(*[c[n] for n in CASES_STORED.names]).order_by(c.case_id)
        with reading(self._engine) as connection:
            own = bulk.fetch(connection, query.where(bulk.is_in(connection, c.case_id, case_ids)), CASES_STORED)
            tokens = {t for n in ("customer_token", "id_token") for t in own[n].to_pylist() if t}
            of_them = [bulk.is_in(connection, c[n], tokens) for n in ("customer_token", "id_token")]
            others = bulk.fetch(connection, query.where(sa.or_(*of_them)), CASES_STORED)
        return pa.concat_tables([own, others.filter(pc.invert(pc.is_in(others["case_id"], value_set=own["case_id"])))])

    def settled(self, limit: int) -> list[dict[str, Any]]:
        """The last answers to what was asked for: case_id, at, kind (approved, declined), code, actor; the newest first."""
        e = events.c
        query = sa.select(e.case_id, e.at, e.kind, e.code, e.actor).where(e.kind.in_(("approved", "declined")))
        with reading(self._engine) as connection:
            found = connection.execute(query.order_by(e.seq.desc()).limit(limit)).mappings()
            return [dict(r) for r in found]

    def asked(self) -> list[str]:
        """Cases in which anything was ever asked for."""
        with reading(self._engine) as connection:
            query = sa.select(events.c.case_id).where(events.c.kind == "requested").group_by(events.c.case_id)
            return list(connection.execute(query.order_by(sa.func.min(events.c.seq))).scalars())

    def save_states(self, rows: pa.Table) -> None:
        """Replace last night's states (STATES)."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(states))
            bulk.insert(connection, states, rows)

    def states(
        self, *, life: str | None = None, action_status: str | None = None, limit: int | None = None
    ) -> pa.Table:
        """Last night's states (STATES) by case, of one life or one status of the proposed action, or of all."""
        s = states.c
        wanted = {s.life: life, s.action_status: action_status}
        query = sa.select(*[s[n] for n in STATES.names]).order_by(s.case_id).limit(limit)
        query = query.where(*[c == v for c, v in wanted.items() if v is not None])
        with reading(self._engine) as connection:
            return bulk.fetch(connection, query, STATES)

    def states_of(self, case_ids: Collection[str]) -> pa.Table:
        """Last night's states (STATES) of these cases."""
        query = sa.select(*[states.c[n] for n in STATES.names])
        with reading(self._engine) as connection:
            return bulk.fetch(connection, query.where(bulk.is_in(connection, states.c.case_id, case_ids)), STATES)

    def published_points(self) -> pa.Table:
        """What is published and nobody rejected, as ids: case_id, candidate_id, kind, origins; by case and rank."""
        c, s = tables.candidates.c, reviews.standing.c
        rejected = sa.select(s.candidate_id).where(s.verdict == reviews.REJECT)
        query = sa.select(c.case_id, c.candidate_id, c.kind, c.origins).where(c.candidate_id.not_in(rejected))
        query = query.order_by(c.case_id, c.rank)
        with reading(self._engine) as connection:
            return bulk.fetch(connection, query, _POINTS)

    def add_artefact(self, row: Mapping[str, Any]) -> None:
        """Keep an artefact's entry (ARTEFACTS): id, class and hash; the thing itself stays where it is."""
        with writing(self._engine) as connection:
            connection.execute(sa.insert(artefacts), [dict(row)])

    def artefacts(self, case_id: str | None = None) -> pa.Table:
        """Entries (ARTEFACTS) of a case or of all, in order of time; those deleted stay as entries."""
        a = artefacts.c
        query = sa.select(*[a[n] for n in ARTEFACTS.names]).order_by(a.made_at, a.id)
        with reading(self._engine) as connection:
            return bulk.fetch(connection, query if case_id is None else query.where(a.case_id == case_id), ARTEFACTS)

    def mark_deleted(self, ids: Collection[str], at: datetime) -> None:
        """These artefacts are gone where they were kept."""
        with writing(self._engine) as connection:
            for part in erasure.parts(sorted(ids)):
                connection.execute(sa.update(artefacts).where(artefacts.c.id.in_(part)).values(deleted_at=at))

    def held(self) -> frozenset[str]:
        """Cases under a legal hold."""
        with reading(self._engine) as connection:
            return frozenset(connection.execute(sa.select(tables.holds.c.case_id)).scalars())

    def purge(self, over_before: datetime | None, attempts_before: datetime | None, event: Event) -> dict[str, int]:
        """Delete the histories of cases that are over and in which nothing happened since ``over_before``, and attempts made before
        ``attempts_before`` in any case. None: nothing of that sort. Counts.

        A history stays while a legal hold is on its case or an artefact of it is still kept somewhere. The counts are added to ``event``.
        """
        counts = {"case_histories": 0, "case_events": 0, "old_attempts": 0}
        with writing(self._engine) as connection:
            held = sa.select(tables.holds.c.case_id)
            if over_before is not None:
                ended = [r for (r,) in connection.execute(_over(over_before).where(events.c.case_id.not_in(held)))]
                counts["case_histories"] = len(ended)
                mine = bulk.is_in(connection, events.c.case_id, ended)
                counts["case_events"] = connection.execute(sa.delete(events).where(mine)).rowcount
                connection.execute(sa.delete(artefacts).where(bulk.is_in(connection, artefacts.c.case_id, ended)))
                connection.execute(sa.delete(states).where(bulk.is_in(connection, states.c.case_id, ended)))
            if attempts_before is not None:
                old = (events.c.kind == "attempt", events.c.at < attempts_before, events.c.case_id.not_in(held))
                counts["old_attempts"] = connection.execute(sa.delete(events).where(*old)).rowcount
            told = Event(event.name, event.actor, event.run_key, {**event.facts, **counts})
            audit.append(connection, [told], self._clock())
        return counts

    def propose_change(self, row: Mapping[str, Any], event: Event) -> None:
        """Keep a proposed change of caps, hours or scripts."""
        with writing(self._engine) as connection:
            connection.execute(sa.insert(changes), [dict(row)])
            audit.append(connection, [event], self._clock())

    def settle_change(self, change_id: str, status: str, event: Event, *, actor: str, at: datetime) -> bool:
        """Approve or decline; false when it is not open, or the proposer's own."""
        with writing(self._engine) as connection:
            open_ = (changes.c.id == change_id, changes.c.status == "open", changes.c.proposed_by != actor)
            settled = sa.update(changes).where(*open_).values(status=status, settled_by=actor, settled_at=at)
            hit = connection.execute(settled).rowcount
            if hit:
                audit.append(connection, [event], self._clock())
        return bool(hit)

    def changes(self, status: str | None = None) -> list[dict[str, Any]]:
        """Changes in order, of one status or of all."""
        query = sa.select(changes).order_by(changes.c.proposed_at, changes.c.id)
        with reading(self._engine) as connection:
            found = connection.execute(query if status is None else query.where(changes.c.status == status))
            return [dict(r) for r in found.mappings()]


def _over(before: datetime) -> sa.Select[Any]:
    """Cases with a history that are not open (any more) and in which nothing happened since: no event, contact or freeze."""
    e, heard, f = events.c, tables.contact_events.c, tables.freezes.c
    still_open = sa.select(tables.cases.c.case_id).where(tables.cases.c.status == "open")
    lately = sa.union_all(
        sa.select(heard.case_id).where(heard.at >= before),
        sa.select(f.case_id).where(f.at >= before),
        sa.select(artefacts.c.case_id).where(artefacts.c.deleted_at.is_(None)),
        sa.select(tables.requests.c.case_id).where(tables.requests.c.status == "open"),
    )
    query = sa.select(e.case_id).group_by(e.case_id).having(sa.func.max(e.at) < before)
    return query.where(e.case_id.not_in(still_open), e.case_id.not_in(lately))


def heard() -> sa.Select[Any]:
    """Contacts told to the feed, as attempts (EVENTS)."""
    c = tables.contact_events.c
    # a bare NULL is text to PostgreSQL, which then is no number
    null = {n: sa.cast(sa.null(), events.c[n].type) for n in EVENTS.names}
    told = null | {
        "event_id": c.id,
        "seq": sa.literal(0),
        "case_id": c.case_id,
        "at": c.at,
        "kind": sa.literal("attempt"),
    }
    told |= {
        "code": c.outcome,
        "point_id": c.point_id,
        "channel": c.channel,
        "party": c.party,
        "actor": sa.literal("feed"),
    }
    return sa.select(*[sa.type_coerce(told[n], events.c[n].type).label(n) for n in EVENTS.names])


def append(connection: sa.Connection, rows: pa.Table) -> int:
    """Append these events (EVENTS) in this transaction, but those whose id is there already; how many are new."""
    head = heads.lock(connection, "case_events")
    fresh = _unknown(connection, rows)
    if fresh.num_rows:
        seq = pa.array(range(head.seq + 1, head.seq + 1 + fresh.num_rows), pa.int64())
        place = fresh.schema.get_field_index("seq")
        fresh = fresh.set_column(place, "seq", seq) if place >= 0 else fresh.append_column("seq", seq)
        bulk.insert(connection, events, fresh)
        heads.move(connection, "case_events", heads.Head(head.seq + fresh.num_rows, ""))
    return int(fresh.num_rows)


def _unknown(connection: sa.Connection, rows: pa.Table) -> pa.Table:
    """The rows whose id is not there yet, each once."""
    ids = rows["event_id"].to_pylist()
    known: set[str] = set()
    for part in erasure.parts(sorted(set(ids))):
        known.update(connection.execute(sa.select(events.c.event_id).where(events.c.event_id.in_(part))).scalars())
    keep = []
    for i in ids:
        keep.append(i not in known)
        known.add(i)
    return rows.filter(pa.array(keep, pa.bool_()))
