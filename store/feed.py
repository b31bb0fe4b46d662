"""What the feed needs of the store: pages of deltas by portfolio, DEL deltas at once, its clients, keys and deliveries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.events import Event, EventName
from core.kinds import CaseStatus, DeltaOp
from core.schemas import TIME
from store import audit, bulk, case_read, feed_tables, grants, heads, publishing, reviews, tables
from store.case_read import CaseRead
from store.cases import STORED as CASES_STORED
from store.grants import Consents
from store.heads import Head
from store.publishing import _valid_consents
from store.store import Store

PAGE = pa.schema([*publishing.DELTAS, ("case_status", pa.string())])
OUTCOMES = pa.schema(
    [
        ("case_id", pa.string()),
        ("candidate_id", pa.string()),
        ("kind", pa.string()),
        ("value_sealed", pa.binary()),
        ("disposition", pa.string()),
        ("at", TIME),
    ]
)
ABANDONED = timedelta(minutes=2)  # a write that has not answered by then died; its key may be used again


@dataclass(frozen=True, slots=True)
class Page:
    """Deltas after some number: ``rows`` (PAGE), and the number up to which nothing was left out.

    ``rejected``: those of its candidates that a person rejected.
    """

    rows: pa.Table
    through: int
    head: int
    rejected: frozenset[str]


@dataclass(frozen=True, slots=True)
class Everything:
    """All published candidates (``rows``: publishing.READ) after delta ``head``, which of them are rejected, and every consent."""

    head: int
    rows: pa.Table
    rejected: set[str]
    consents: Consents


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of an Idempotency-Key. ``status`` None: being worked on."""

    body_hash: str
    status: int | None
    answer: str | None


class FeedStore(Store):
    """The store with the doors of the feed. Shares the engine of the store it is made of."""

    @classmethod
    def of(cls, store: Store) -> FeedStore:
        return cls(store._engine, store._clock)  # noqa: SLF001 - the same room

    # --- deltas -----------------------------------------------------------------------------------------------------

    def head(self) -> int:
        """The number of the last delta."""
        with self._reading() as connection:
            return heads.read(connection, "deltas").seq

    def page(self, after: int, limit: int, portfolios: Collection[str] | None) -> Page:
        """Up to ``limit`` deltas after ``after`` of cases in these portfolios (None: all), from one state of the store."""
        d, c = tables.deltas.c, tables.cases.c
        columns = [sa.cast(d[n], sa.Text).label(n) if n == "payload" else d[n] for n in publishing.DELTAS.names]
        query = (
            sa.select(*columns, c.status)
            .select_from(tables.deltas.outerjoin(tables.cases, c.case_id == d.case_id))
            .where(d.seq > after)
            .order_by(d.seq)
            .limit(limit)
        )
        if portfolios is not None:
            query = query.where(c.portfolio.in_(sorted(portfolios)))
        with self._reading() as connection:
            head = heads.read(connection, "deltas").seq
            rows = bulk.fetch(connection, query, PAGE)
            rejected = reviews.rejected(connection, rows["candidate_id"].to_pylist())
        is_full = rows.num_rows == limit
        return Page(rows, rows["seq"][-1].as_py() if is_full else max(after, head), head, frozenset(rejected))

    def read_cases(self, case_ids: Collection[str]) -> CaseRead:
        """All that is told of these cases, from one state of the store."""
        with self._reading() as connection:
            return case_read.read(connection, case_ids)

    def grants_of(self, consent_ids: Collection[str]) -> pa.Table:
        """These grants (grants.STORED)."""
        g = tables.grants.c
        with self._reading() as connection:
            query = sa.select(*[g[n] for n in grants.STORED.names]).where(
                bulk.is_in(connection, g.consent_id, consent_ids)
            )
            return bulk.fetch(connection, query, grants.STORED)

    def suspects(self, at: datetime, case_ids: Collection[str] | None = None) -> pa.Table:
        """Published candidates (READ) whose case is not open or some of whose consents do not stand: the gate decides."""
        c, used = tables.candidates.c, tables.candidate_consents.c
        consents = sa.select(sa.func.count()).where(used.candidate_id == c.candidate_id).scalar_subquery()
        is_closed = sa.or_(tables.cases.c.status.is_(None), tables.cases.c.status != CaseStatus.OPEN.value)
        query = _published(at).where(sa.or_(is_closed, _valid_consents(at) < consents, consents == 0))
        with self._reading() as connection:
            if case_ids is not None:
                query = query.where(bulk.is_in(connection, c.case_id, case_ids))
            return bulk.fetch(connection, query, publishing.READ)

    def published(self, candidate_ids: Collection[str], at: datetime) -> pa.Table:
        """These candidates (READ), as far as they are published."""
        with self._reading() as connection:
            wanted = bulk.is_in(connection, tables.candidates.c.candidate_id, candidate_ids)
            return bulk.fetch(connection, _published(at).where(wanted), publishing.READ)

    def everything(self, at: datetime, known: Consents | None = None) -> Everything:
        """All that is published, from one state of the store. ``known``: grants read before, which may still be all of them."""
        with self._reading() as connection:
            rows = publishing.candidates(connection, None, at)
            head = heads.read(connection, "deltas").seq
            return Everything(head, rows, reviews.rejected(connection), grants.all_of(connection, known))

    def retract(self, seqs: Collection[int], *, run_key: str, at: datetime, actor: str) -> int:
        """Take what these deltas put there out of the published set now, with DEL deltas; how many there were.

        A candidate that a later delta has changed since stays: it was not what was judged.
        """
        c = tables.candidates.c
        with self._reading() as connection:
            if (
                connection.execute(
                    sa.select(c.candidate_id).where(bulk.is_in(connection, c.published_seq, seqs))
                ).first()
                is None
            ):
                return 0
        with self._writing() as connection:
            last = heads.lock(connection, "deltas").seq
            query = sa.select(c.candidate_id, c.case_id).where(bulk.is_in(connection, c.published_seq, seqs))
            gone = connection.execute(query.order_by(c.case_id, c.candidate_id)).all()
            if not gone:
                return 0
            same = {"op": DeltaOp.DEL.value, "at": at, "run_key": run_key, "payload": sa.null(), "content_hash": None}
            told = [
                {**same, "seq": last + i, "candidate_id": g[0], "case_id": g[1]} for i, g in enumerate(gone, start=1)
            ]
            connection.execute(sa.insert(tables.deltas), told)
            bulk.delete(connection, tables.candidates, "candidate_id", pa.array([g[0] for g in gone]))
            heads.move(connection, "deltas", Head(last + len(gone), ""))
            facts = {"added": 0, "modified": 0, "deleted": len(gone), "last_seq": last + len(gone)}
            audit.append(connection, [Event(EventName.CANDIDATES_PUBLISHED, actor, run_key, facts)], self._clock())
        return len(gone)

    # --- cases ------------------------------------------------------------------------------------------------------

    def cases_of(self, *, case_ids: Collection[str] = (), token: str | None = None) -> pa.Table:
        """The cases with these ids, or of the customer with this token (cases.STORED)."""
        c = tables.cases.c
        with self._reading() as connection:
            chosen = bulk.is_in(connection, c.case_id, case_ids)
            if token is not None:
                chosen = sa.or_(c.customer_token == token, c.id_token == token)
            return bulk.fetch(connection, sa.select(*[c[n] for n in CASES_STORED.names]).where(chosen), CASES_STORED)

    # --- clients and their keys ---------------------------------------------------------------------------------------

    def save_client(self, row: Mapping[str, Any]) -> None:
        """Add a client (feed_tables.clients). Raises ValueError when the id is taken."""
        with self._writing() as connection:
            taken = sa.select(feed_tables.clients.c.client_id).where(
                feed_tables.clients.c.client_id == row["client_id"]
            )
            if connection.execute(taken).first():
                raise ValueError("there is a client of this id")
            connection.execute(sa.insert(feed_tables.clients), [dict(row)])

    def client(self, client_id: str) -> Mapping[str, Any] | None:
        """A client's row."""
        query = sa.select(feed_tables.clients).where(feed_tables.clients.c.client_id == client_id)
        with self._reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else dict(row)

    def clients(self) -> list[dict[str, Any]]:
        """Every client there was, without what its key is checked by."""
        c = feed_tables.clients.c
        told = (c.client_id, c.scopes, c.portfolios, c.rate_per_minute, c.created_at, c.revoked_at)
        with self._reading() as connection:
            return [dict(r) for r in connection.execute(sa.select(*told).order_by(c.client_id)).mappings()]

    def revoke_client(self, client_id: str, at: datetime) -> bool:
        """End a client's credential; was there one?"""
        c = feed_tables.clients
        with self._writing() as connection:
            query = sa.update(c).where(c.c.client_id == client_id, c.c.revoked_at.is_(None)).values(revoked_at=at)
            return bool(connection.execute(query).rowcount)

    def claim(self, client_id: str, key: str, body_hash: str, at: datetime) -> Written | None:
        """Take an Idempotency-Key for a write; what is known of it when it was taken before."""
        i = feed_tables.idempotency
        mine = sa.and_(i.c.client_id == client_id, i.c.key == key)
        with self._writing() as connection:
            connection.execute(sa.delete(i).where(mine, i.c.status.is_(None), i.c.at < at - ABANDONED))
            before = connection.execute(sa.select(i.c.body_hash, i.c.status, i.c.answer).where(mine)).first()
            if before is not None:
                return Written(*before)
            row = {"client_id": client_id, "key": key, "body_hash": body_hash, "at": at}
            try:
                connection.execute(sa.insert(i), [row])
            except IntegrityError:  # PostgreSQL: another request took it between our two statements
                return Written(body_hash, None, None)
        return None

    def answer(self, client_id: str, key: str, status: int, text: str) -> None:
        """Keep the answer of a write for whoever asks again."""
        i = feed_tables.idempotency
        with self._writing() as connection:
            mine = sa.update(i).where(i.c.client_id == client_id, i.c.key == key)
            connection.execute(mine.values(status=status, answer=text))

    def release(self, client_id: str, key: str) -> None:
        """Give a key back: its write failed before it did anything."""
        i = feed_tables.idempotency
        with self._writing() as connection:
            connection.execute(sa.delete(i).where(i.c.client_id == client_id, i.c.key == key, i.c.status.is_(None)))

    # --- outcomes and webhooks ------------------------------------------------------------------------------------------

    def save_outcomes(self, rows: Collection[Mapping[str, Any]]) -> None:
        """Add outcomes (feed_tables.outcomes); one that is there already stays."""
        t = feed_tables.outcomes
        with self._writing() as connection:
            known = bulk.is_in(connection, t.c.outcome_id, [r["outcome_id"] for r in rows])
            there = set(connection.execute(sa.select(t.c.outcome_id).where(known)).scalars())
            fresh = {r["outcome_id"]: dict(r) for r in rows if r["outcome_id"] not in there}
            if fresh:
                connection.execute(sa.insert(t), list(fresh.values()))

    def outcomes(self) -> pa.Table:
        """Every outcome told by case systems (OUTCOMES)."""
        t = feed_tables.outcomes.c
        with self._reading() as connection:
            return bulk.fetch(connection, sa.select(*[t[n] for n in OUTCOMES.names]).order_by(t.at), OUTCOMES)

    def save_webhook(self, row: Mapping[str, Any]) -> None:
        """Add a webhook (feed_tables.webhooks)."""
        with self._writing() as connection:
            connection.execute(sa.insert(feed_tables.webhooks), [dict(row)])

    def webhooks(self) -> list[dict[str, Any]]:
        """Every webhook and where it stands, without its secret."""
        w = feed_tables.webhooks.c
        told = (w.webhook_id, w.client_id, w.url, w.after_seq, w.attempts, w.next_at, w.last_status)
        with self._reading() as connection:
            return [dict(r) for r in connection.execute(sa.select(*told).order_by(w.webhook_id)).mappings()]

    def webhooks_due(self, at: datetime) -> list[dict[str, Any]]:
        """Webhooks whose next attempt is due."""
        t = feed_tables.webhooks
        with self._reading() as connection:
            rows = connection.execute(sa.select(t).where(t.c.next_at <= at).order_by(t.c.webhook_id)).mappings().all()
        return [dict(r) for r in rows]

    def move_webhook(self, webhook_id: str, **values: Any) -> None:
        """Write down where a webhook stands."""
        t = feed_tables.webhooks
        with self._writing() as connection:
            connection.execute(sa.update(t).where(t.c.webhook_id == webhook_id).values(**values))


def _published(at: datetime) -> sa.Select[Any]:
    """The columns of READ, of every published candidate."""
    c, cases = tables.candidates.c, tables.cases
    columns = [c[n] for n in publishing.PUBLISHED.names]
    joined = tables.candidates.outerjoin(cases, cases.c.case_id == c.case_id)
    return sa.select(*columns, _valid_consents(at), cases.c.status).select_from(joined)
