"""What the workbench keeps: accounts, sessions, decisions (append-only), and the queue as a projection of the deltas.

The queue is one row a case that has candidates, so that its first page is an index scan whatever the portfolio's size. It
says in which order to look, never what may be seen: that is asked of the third gate when a page is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.events import Event
from core.schemas import TIME
from store import audit, bulk, comparisons, feed_tables, grants, heads, publishing, reviews, tables
from store.publishing import _valid_consents
from store.reviews import UNDONE, decisions, standing
from store.store import Store
from store.tables import UtcTime, metadata

accounts = sa.Table(
    "workbench_accounts",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("disabled_at", UtcTime),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("locked_until", UtcTime),
)

# Only digests: a copy of this table signs nobody in.
sessions = sa.Table(
    "workbench_sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False, index=True),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
)

queue = sa.Table(
    "workbench_queue",
    metadata,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("portfolio", sa.Text),
    sa.Column("balance", sa.Double),
    sa.Column("days_past_due", sa.BigInteger),
    sa.Column("candidates", sa.Integer, nullable=False),
    sa.Column("decided", sa.Integer, nullable=False),
    sa.Column("best", sa.Double, nullable=False),
    sa.Column("doubt", sa.Double, nullable=False),
    sa.Column("priority", sa.Double, nullable=False),
    sa.CheckConstraint("state IN ('todo', 'done')", name="state"),
    *[
        sa.Index(f"ix_workbench_queue_{c}", "state", c, "case_id")
        for c in ("priority", "balance", "days_past_due", "best", "doubt")
    ],
)

SORTS = ("priority", "balance", "days_past_due", "best", "doubt", "case_id")
DECIDED = pa.schema(
    [
        *[(n, pa.string()) for n in ("case_id", "candidate_id", "kind")],
        ("value_sealed", pa.binary()),
        *[(n, pa.string()) for n in ("verdict", "reason")],
        ("at", TIME),
    ]
)
_AT_STAKE = 1.0  # a case without a balance still has its place, by probability


class Stale(Exception):
    """Somebody decided this candidate since the page was read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the queue: ``state`` todo, done or empty for both; ``sort`` one of SORTS, the largest first."""

    state: str = "todo"
    portfolio: str = ""
    search: str = ""
    sort: str = "priority"
    offset: int = 0
    limit: int = 50


class WorkbenchStore(Store):
    """The store with the doors of the workbench. Shares the engine of the store it is made of."""

    @classmethod
    def of(cls, store: Store) -> WorkbenchStore:
        return cls(store._engine, store._clock)  # noqa: SLF001 - the same room

    # --- the queue ------------------------------------------------------------------------------------------------------

    def mark(self) -> str:
        """Changes whenever the queue may have to be made again: the last delta, and how many runs ended when."""
        r = tables.runs.c
        with self._reading() as connection:
            ended = connection.execute(sa.select(sa.func.max(r.finished_at))).scalar_one()
            return f"{heads.read(connection, 'deltas').seq}/{ended}"

    def rebuild_queue(self) -> int:
        """Make the queue anew from what is published; how many cases are in it."""
        with self._writing() as connection:
            connection.execute(sa.delete(queue))
            connection.execute(sa.insert(queue).from_select([c.name for c in queue.columns], _projected(None)))
            return int(connection.execute(sa.select(sa.func.count()).select_from(queue)).scalar_one())

    def queue_page(self, wanted: Wanted) -> tuple[list[dict[str, Any]], int]:
        """Cases in order, and how many there are of that kind."""
        q = queue.c
        where = [q.state == wanted.state] if wanted.state else []
        where += [q.portfolio == wanted.portfolio] if wanted.portfolio else []
        where += [q.case_id >= wanted.search, q.case_id < wanted.search + "\U0010ffff"] if wanted.search else []
        order = [q.case_id] if wanted.sort == "case_id" else [q[wanted.sort].desc(), q.case_id.desc()]
        rows = sa.select(queue).where(*where).order_by(*order).offset(wanted.offset).limit(wanted.limit)
        with self._reading() as connection:
            total = connection.execute(sa.select(sa.func.count()).select_from(queue).where(*where)).scalar_one()
            return [dict(r) for r in connection.execute(rows).mappings()], int(total)

    def after_in_queue(self, case_id: str) -> str | None:
        """What still waits and comes next after this case in order of priority; the first again after the last."""
        q = queue.c
        waiting = sa.select(q.case_id).where(q.state == "todo", q.case_id != case_id)
        waiting = waiting.order_by(q.priority.desc(), q.case_id.desc()).limit(1)
        with self._reading() as connection:
            at = connection.execute(sa.select(q.priority).where(q.case_id == case_id)).scalar_one_or_none()
            if at is not None:
                later = sa.or_(q.priority < at, sa.and_(q.priority == at, q.case_id < case_id))
                if found := connection.execute(waiting.where(later)).scalar_one_or_none():
                    return str(found)
            return connection.execute(waiting).scalar_one_or_none()

    def portfolios(self) -> list[str]:
        q = queue.c.portfolio
        with self._reading() as connection:
            return list(connection.execute(sa.select(q).where(q.is_not(None)).distinct().order_by(q)).scalars())

    def candidates_of(self, case_ids: Collection[str], at: datetime) -> tuple[pa.Table, pa.Table]:
        """The published candidates (READ) of these cases, and the grants (STORED) they rest on: what the gate asks for."""
        c, g, used = tables.candidates.c, tables.grants.c, tables.candidate_consents.c
        rows = sa.select(*[c[n] for n in publishing.PUBLISHED.names], _valid_consents(at), tables.cases.c.status)
        rows = rows.select_from(tables.candidates.outerjoin(tables.cases, c.case_id == tables.cases.c.case_id))
        rows = rows.where(c.case_id.in_(list(case_ids))).order_by(c.case_id, c.rank)
        rests_on = sa.select(used.consent_id).join(tables.candidates, c.candidate_id == used.candidate_id)
        rests_on = rests_on.where(c.case_id.in_(list(case_ids)))
        stored = sa.select(*[g[n] for n in grants.STORED.names]).where(g.consent_id.in_(rests_on))
        with self._reading() as connection:
            return bulk.fetch(connection, rows, publishing.READ), bulk.fetch(connection, stored, grants.STORED)

    def doubtful(self, limit: int) -> list[str]:
        """Ids of undecided candidates of open cases, the nearest to a coin toss first: a decision there teaches the most."""
        q, c = queue.c, tables.candidates.c
        cases = sa.select(q.case_id).where(q.state == "todo").order_by(q.doubt.desc()).limit(limit)
        query = (
            sa.select(c.candidate_id)
            .outerjoin(standing, standing.c.candidate_id == c.candidate_id)
            .where(c.case_id.in_(cases), sa.or_(standing.c.verdict.is_(None), standing.c.verdict == UNDONE))
            .order_by(sa.func.abs(c.probability - 0.5), c.candidate_id)
            .limit(limit)
        )
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def cases_of_candidates(self, ids: Collection[str]) -> dict[str, str]:
        c = tables.candidates.c
        with self._reading() as connection:
            rows = connection.execute(sa.select(c.candidate_id, c.case_id).where(c.candidate_id.in_(list(ids))))
            return {r.candidate_id: r.case_id for r in rows}

    def case(self, case_id: str) -> dict[str, Any] | None:
        """One case's queue facts: no token of a person."""
        c = tables.cases.c
        names = ("case_id", "status", "portfolio", "days_past_due", "balance", "lost_since")
        with self._reading() as connection:
            row = connection.execute(sa.select(*[c[n] for n in names]).where(c.case_id == case_id)).mappings().first()
            return None if row is None else dict(row)

    def published_of(self, case_id: str) -> int:
        """How many candidates of this case are published, whoever may see them."""
        c = tables.candidates.c
        with self._reading() as connection:
            query = sa.select(sa.func.count()).select_from(tables.candidates).where(c.case_id == case_id)
            return int(connection.execute(query).scalar_one())

    def comparisons_of(self, candidate_id: str) -> list[dict[str, Any]]:
        """The signals behind a candidate, each beside what its debtor declared, masked."""
        with self._reading() as connection:
            return comparisons.of_candidate(connection, candidate_id)

    def seen_of(self, case_id: str) -> list[dict[str, Any]]:
        """When which source saw each candidate of a case."""
        with self._reading() as connection:
            return comparisons.seen_of(connection, case_id)

    def declared_by(self, case_id: str) -> list[dict[str, Any]]:
        """What the debtor of this case declared, masked, and how attempts at it went."""
        with self._reading() as connection:
            return comparisons.declared_by(connection, case_id)

    # --- decisions ------------------------------------------------------------------------------------------------------

    def decide(self, rows: Sequence[Mapping[str, Any]], events: Sequence[Event], at: datetime) -> None:
        """Add decisions, all or none. Raises Stale when one of these versions is taken."""
        cases = sorted({r["case_id"] for r in rows})
        with self._writing() as connection:
            try:
                reviews.decide(connection, rows, at)
            except IntegrityError:
                raise Stale from None
            connection.execute(sa.delete(queue).where(queue.c.case_id.in_(cases)))
            connection.execute(sa.insert(queue).from_select([c.name for c in queue.columns], _projected(cases)))
            audit.append(connection, events, at)

    def decisions_of(self, *, case_id: str | None = None, candidate_ids: Collection[str] = ()) -> list[dict[str, Any]]:
        """Every decision on a case (or on these candidates), the newest first."""
        d = decisions.c
        mine = d.case_id == case_id if case_id is not None else d.candidate_id.in_(list(candidate_ids))
        with self._reading() as connection:
            query = sa.select(decisions).where(mine).order_by(d.at.desc(), d.version.desc())
            return [dict(r) for r in connection.execute(query).mappings()]

    def decided(self) -> pa.Table:
        """The decision that stands on every published candidate, with its sealed value (DECIDED)."""
        c, d, s = tables.candidates.c, decisions.c, standing.c
        query = (
            sa.select(c.case_id, c.candidate_id, c.kind, c.value_sealed, d.verdict, d.reason, d.at)
            .join(standing, s.candidate_id == c.candidate_id)
            .join(decisions, sa.and_(d.candidate_id == s.candidate_id, d.version == s.version))
            .order_by(d.at, c.candidate_id)
        )
        with self._reading() as connection:
            return bulk.fetch(connection, query, DECIDED)

    def verdicts_by_source(self) -> list[tuple[Any, str, str]]:
        """(sources, verdict, disposition) of every candidate decided or tried: what the scorecard counts."""
        c, s, o = tables.candidates.c, standing, feed_tables.outcomes.c
        decided = sa.select(c.sources, s.c.verdict, sa.literal("")).join(s, s.c.candidate_id == c.candidate_id)
        tried = sa.select(c.sources, sa.literal(""), o.disposition).join(
            feed_tables.outcomes, o.candidate_id == c.candidate_id
        )
        with self._reading() as connection:
            return [tuple(r) for q in (decided, tried) for r in connection.execute(q)]

    def tried(self, limit: int = 20_000) -> list[tuple[float, str]]:
        """Of the last attempts told: the probability as it was published when it was made, and what came of it."""
        o, d = feed_tables.outcomes.c, tables.deltas.c
        said = sa.select(d.payload["probability"].as_float())
        said = said.where(d.candidate_id == o.candidate_id, d.at <= o.at, d.op != "DEL")
        query = sa.select(said.order_by(d.seq.desc()).limit(1).scalar_subquery(), o.disposition)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(o.at.desc()).limit(limit)).all()
        return [(float(p), disposition) for p, disposition in rows if p is not None]

    def by_source(self) -> list[tuple[Any, int, float]]:
        """(sources, candidates, mean probability) of what is published."""
        c = tables.candidates.c
        text = sa.cast(c.sources, sa.Text)
        query = sa.select(text, sa.func.count(), sa.func.avg(c.probability)).group_by(text)
        with self._reading() as connection:
            return [tuple(r) for r in connection.execute(query)]

    # --- accounts and sessions ------------------------------------------------------------------------------------------

    def save_account(self, row: Mapping[str, Any], event: Event, at: datetime) -> None:
        """Make an account, or give one a new password and role; its sessions end."""
        with self._writing() as connection:
            connection.execute(sa.delete(accounts).where(accounts.c.name == row["name"]))
            connection.execute(sa.insert(accounts).values(dict(row)))
            connection.execute(sa.delete(sessions).where(sessions.c.account == row["name"]))
            audit.append(connection, [event], at)

    def account(self, name: str) -> dict[str, Any] | None:
        with self._reading() as connection:
            row = connection.execute(sa.select(accounts).where(accounts.c.name == name)).mappings().first()
            return None if row is None else dict(row)

    def note_attempt(
        self, name: str, *, failures: int, locked_until: datetime | None, event: Event, at: datetime
    ) -> None:
        """What a sign-in attempt leaves behind."""
        with self._writing() as connection:
            changes = {"failures": failures, "locked_until": locked_until}
            connection.execute(sa.update(accounts).where(accounts.c.name == name).values(changes))
            audit.append(connection, [event], at)

    def open_session(self, row: Mapping[str, Any]) -> None:
        with self._writing() as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.expires_at < row["created_at"]))
            connection.execute(sa.insert(sessions).values(dict(row)))

    def session(self, token_hash: str) -> dict[str, Any] | None:
        """The session with its account's role; None when there is none, or the account is disabled."""
        s, a = sessions.c, accounts.c
        query = sa.select(sessions, a.role).join(accounts, a.name == s.account)
        with self._reading() as connection:
            query = query.where(s.token_hash == token_hash, a.disabled_at.is_(None))
            row = connection.execute(query).mappings().first()
            return None if row is None else dict(row)

    def touch_session(self, token_hash: str, seen_at: datetime) -> None:
        with self._writing() as connection:
            connection.execute(sa.update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=seen_at))

    def end_session(self, token_hash: str) -> None:
        with self._writing() as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.token_hash == token_hash))

    # --- audit ----------------------------------------------------------------------------------------------------------

    def audit_page(
        self, *, event: str = "", actor: str = "", about: str = "", before: int | None = None, limit: int = 100
    ) -> list[dict[str, Any]]:
        """Audit rows, the newest first. ``about``: an id that the facts name exactly."""
        a = tables.audit
        wanted = [a.c.event == event] if event else []
        wanted += [a.c.actor == actor] if actor else []
        wanted += [a.c.facts.contains(f'"{about}"', autoescape=True)] if about else []
        wanted += [a.c.seq < before] if before is not None else []
        with self._reading() as connection:
            query = sa.select(a).where(*wanted).order_by(a.c.seq.desc()).limit(limit)
            return [dict(r) for r in connection.execute(query).mappings()]


def _projected(case_ids: Collection[str] | None) -> sa.Select[Any]:
    """The queue's rows, of these cases or of all, from what is published, open and decided."""
    c, k = tables.candidates.c, tables.cases.c
    is_decided = sa.case((standing.c.verdict.in_(("accept", "reject", "unsure")), 1), else_=0)
    best = sa.func.max(sa.case((c.kind != "region", c.probability), else_=0.0))
    doubt = sa.func.max(sa.case((is_decided == 0, 0.5 - sa.func.abs(c.probability - 0.5)), else_=0.0))
    counted = (
        sa.select(
            c.case_id,
            sa.func.count().label("candidates"),
            sa.func.sum(is_decided).label("decided"),
            best.label("best"),
            doubt.label("doubt"),
        )
        .select_from(tables.candidates.outerjoin(standing, standing.c.candidate_id == c.candidate_id))
        .group_by(c.case_id)
    )
    if case_ids is not None:
        counted = counted.where(c.case_id.in_(list(case_ids)))
    n = counted.subquery().c
    priority = n.best * (_AT_STAKE + sa.func.coalesce(k.balance, 0.0))
    state = sa.case((n.decided >= n.candidates, "done"), else_="todo")
    return (
        sa.select(
            k.case_id,
            state,
            k.portfolio,
            k.balance,
            k.days_past_due,
            n.candidates,
            n.decided,
            n.best,
            n.doubt,
            priority,
        )
        .join_from(tables.cases, n.case_id.table, n.case_id == k.case_id)
        .where(k.status == "open")
    )
