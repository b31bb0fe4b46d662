"""What the store does for the persons in it: withdraw and erase, freeze and hold, requests, contacts, retention, rotation.

Each method is one transaction, with the audit event of what it changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa
import sqlalchemy as sa

from core.events import Event, EventName
from store import audit, bulk, casework, erasure, grants, heads, tables
from store.engine import reading, writing
from store.erasure import Erased, Keeping, Subject

_TEXT = pa.string()
_TIME = pa.timestamp("us", tz="UTC")
ERASURES = pa.schema(
    [
        ("id", pa.int64()),
        ("token", _TEXT),
        ("case_id", _TEXT),
        ("cause", _TEXT),
        ("scope", _TEXT),
        ("at", _TIME),
        ("due_at", _TIME),
        ("state", _TEXT),
        ("done_at", _TIME),
        ("rule_id", _TEXT),
    ]
)
REQUESTS = pa.schema(
    [
        ("id", _TEXT),
        ("kind", _TEXT),
        ("case_id", _TEXT),
        ("received_at", _TIME),
        ("acknowledge_by", _TIME),
        ("due_at", _TIME),
        ("outer_due_at", _TIME),
        ("rule_id", _TEXT),
        ("status", _TEXT),
        ("answered_at", _TIME),
    ]
)
CONTACTS = pa.schema(
    [
        ("id", _TEXT),
        ("case_id", _TEXT),
        ("customer_token", _TEXT),
        ("point_id", _TEXT),
        ("party", _TEXT),
        ("channel", _TEXT),
        ("outcome", _TEXT),
        ("at", _TIME),
    ]
)
# Where sealed values rest, and what each was sealed for (its additional data) in terms of its row.
SEALED: Mapping[str, tuple[str, str, Callable[[Any], str]]] = {
    "candidates": ("candidate_id", "value_sealed", lambda r: f"candidate:{r.candidate_id}"),
    "restricted": ("candidate_id", "value_sealed", lambda r: f"candidate:{r.candidate_id}"),
    "feed_outcomes": ("outcome_id", "value_sealed", lambda r: f"candidate:{r.candidate_id}"),
    "feed_webhooks": ("webhook_id", "secret_sealed", lambda r: f"webhook:{r.webhook_id}"),
    "quarantine": ("id", "payload_sealed", lambda r: f"quarantine:{r.source}"),
    "kept_signals": ("kept_id", "row_sealed", lambda r: f"kept:{r.kept_id}"),
}


_IS_OWNER = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'candidates'::regclass"


class Subjects:
    """The part of a store that answers for persons. Made by ``Store.subjects``."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    # --- forgetting -------------------------------------------------------------------------------------------------

    def find(self, *, case_id: str | None = None, tokens: Collection[str] = ()) -> Subject:
        """The person of this case or of these tokens: all their cases and tokens. No case of theirs is fine."""
        with reading(self._engine) as connection:
            return _found(connection, case_id, tokens)

    def withdraw(
        self,
        who: Sequence[Subject],
        scopes: Collection[str] | None,
        *,
        at: datetime,
        due_at: datetime,
        rule_id: str,
        keeping: Keeping,
        actor: str,
    ) -> list[Erased]:
        """Record these persons' withdrawals, end the grants, and take out all that rested on them, in one transaction."""
        done = []
        with writing(self._engine) as connection:
            events = []
            for one in who:
                ended = sum(grants.withdraw(connection, t, scopes, at) for t in one.tokens)
                erased = erasure.erase(
                    connection, one, only_withdrawn=scopes is not None, cause="withdrawal", at=at, keeping=keeping
                )
                self._note(connection, one, "withdrawal", scopes, at, due_at, rule_id)
                done.append(erased)
                facts = _facts(one, erased) | {"scopes": ",".join(sorted(scopes or ())) or "*", "grants": ended}
                events.append(Event(EventName.CONSENT_WITHDRAWN, actor, facts=facts | {"rule_id": rule_id}))
            audit.append(connection, events, self._clock())
        return done

    def freeze(
        self,
        case_ids: Collection[str],
        reason: str,
        *,
        name: EventName,
        at: datetime,
        due_at: datetime,
        rule_id: str,
        keeping: Keeping,
        actor: str,
    ) -> Erased:
        """Close these cases to tracing for good, whatever a later file says, and take out their candidates."""
        who = Subject((), tuple(sorted(case_ids)))
        with writing(self._engine) as connection:
            f = tables.freezes
            known = set(connection.execute(sa.select(f.c.case_id).where(f.c.case_id.in_(who.case_ids))).scalars())
            rows = [{"case_id": c, "reason": reason, "at": at, "actor": actor} for c in who.case_ids if c not in known]
            if rows:
                connection.execute(sa.insert(f), rows)
            c = tables.cases
            connection.execute(sa.update(c).where(c.c.case_id.in_(who.case_ids)).values(status="closed"))
            erased = erasure.erase(connection, who, only_withdrawn=False, cause="closure", at=at, keeping=keeping)
            self._note(connection, who, reason, None, at, due_at, rule_id)
            facts = _facts(who, erased) | {"reason": reason, "rule_id": rule_id}
            audit.append(connection, [Event(name, actor, facts=facts)], self._clock())
        return erased

    def _note(
        self,
        connection: sa.Connection,
        who: Subject,
        cause: str,
        scopes: Collection[str] | None,
        at: datetime,
        due_at: datetime,
        rule_id: str,
    ) -> None:
        named: Sequence[str | None] = [None] if scopes is None else sorted(scopes)
        keys: list[dict[str, Any]] = [{"token": t, "case_id": None} for t in who.tokens] or [
            {"token": None, "case_id": c} for c in who.case_ids
        ]
        rows = [
            k | {"cause": cause, "scope": s, "at": at, "due_at": due_at, "state": "withdrawn", "rule_id": rule_id}
            for k in keys
            for s in named
        ]
        if rows:
            connection.execute(sa.insert(tables.erasures), rows)

    def erasures(self, state: str | None = None) -> pa.Table:
        """Erasures (ERASURES), of one state or of all, in order."""
        e = tables.erasures.c
        query = sa.select(*[e[n] for n in ERASURES.names]).order_by(e.id)
        with reading(self._engine) as connection:
            return bulk.fetch(connection, query if state is None else query.where(e.state == state), ERASURES)

    def mark_erased(self, ids: Collection[int]) -> None:
        """These erasures are complete: deleted, or restricted where a value of their cases is kept in storage."""
        e, r, c = tables.erasures, tables.restricted, tables.cases
        with writing(self._engine) as connection:
            kept_cases = set(connection.execute(sa.select(r.c.case_id).distinct()).scalars())
            kept = connection.execute(sa.select(c.c.customer_token, c.c.id_token).where(c.c.case_id.in_(kept_cases)))
            kept_tokens = {t for row in kept for t in row if t}
            query = sa.select(e.c.id, e.c.token, e.c.case_id).where(e.c.id.in_(sorted(ids)))
            for row in connection.execute(query).all():
                is_kept = row.token in kept_tokens or row.case_id in kept_cases
                state = "restricted" if is_kept else "deleted"
                connection.execute(sa.update(e).where(e.c.id == row.id).values(state=state, done_at=self._clock()))

    def case_of(self, candidate_id: str) -> str | None:
        """The case of a published candidate."""
        c = tables.candidates.c
        with reading(self._engine) as connection:
            return connection.execute(sa.select(c.case_id).where(c.candidate_id == candidate_id)).scalar_one_or_none()

    def forgotten(self) -> tuple[frozenset[str], frozenset[str]]:
        """Tokens of everybody who withdrew everything, and the cases that are frozen: nothing of theirs is kept again."""
        e, f = tables.erasures.c, tables.freezes.c
        whole = sa.select(e.token).where(e.cause == "withdrawal", e.scope.is_(None), e.token.is_not(None))
        with reading(self._engine) as connection:
            tokens = frozenset(connection.execute(whole).scalars())
            return tokens, frozenset(connection.execute(sa.select(f.case_id)).scalars())

    def paired(self, tokens: Collection[str]) -> frozenset[str]:
        """These tokens and those that stand beside them in a grant or a case: perhaps the same persons' other keys."""
        out = set(tokens)
        with reading(self._engine) as connection:
            for t in (tables.grants.c, tables.cases.c):
                for part in erasure.parts(sorted(tokens)):
                    beside = sa.or_(t.customer_token.in_(part), t.id_token.in_(part))
                    for row in connection.execute(sa.select(t.customer_token, t.id_token).where(beside)):
                        out.update(v for v in row if v)
        return frozenset(out)

    def frozen(self) -> dict[str, str]:
        """Frozen cases and why."""
        f = tables.freezes.c
        with reading(self._engine) as connection:
            return {r.case_id: r.reason for r in connection.execute(sa.select(f.case_id, f.reason))}

    def drop_payloads(self, ids: Collection[str]) -> int:
        """Quarantine entries without their payload from now on; how many."""
        q = tables.quarantine
        with writing(self._engine) as connection:
            heads.lock(connection, "quarantine")
            statement = sa.update(q).where(q.c.id == sa.bindparam("id_")).values(payload_sealed=None, record_id=None)
            if ids:
                connection.execute(statement, [{"id_": i} for i in sorted(set(ids))])
        return len(set(ids))

    def scrub(self, *, thorough: bool = False) -> bool:
        """Leave nothing of deleted rows in the database's files; false when somebody is in the way: try again later.

        SQLite: the log is moved into the file and cut to nothing; freed space is overwritten as it is freed (secure_delete).
        PostgreSQL: dead rows go by VACUUM, which holds up nobody; ``thorough`` writes the tables anew (VACUUM FULL, which
        locks each while it does), so that no page keeps the sealed bytes in its free space. The write-ahead log keeps them
        until it is recycled: a rotation that retires the old key makes them unreadable.
        """
        if self._engine.dialect.name != "sqlite":
            return self._vacuum("VACUUM FULL" if thorough else "VACUUM")
        with self._engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def _vacuum(self, command: str) -> bool:
        """Clean what holds values; false when a lock was not to be had within seconds, or somebody else owns the tables."""
        try:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                if not connection.execute(sa.text(_IS_OWNER)).scalar():
                    return False  # PostgreSQL would only warn, and skip them
                connection.execute(sa.text("SET lock_timeout = '5s'"))
                for name in (*SEALED, "deltas"):
                    connection.execute(sa.text(f"{command} {name}"))
                connection.execute(sa.text("RESET lock_timeout"))
        except sa.exc.OperationalError:
            return False
        return True

    # --- holds and retention ----------------------------------------------------------------------------------------

    def hold(
        self, case_id: str, reason: str | None, *, name: EventName, actor: str, happened: pa.Table | None = None
    ) -> None:
        """Place a legal hold on a case, or (no reason) release it: what it kept is then deleted by the next purge.

        ``happened`` is that in the history of its case (casework.EVENTS).
        """
        h, r, now = tables.holds, tables.restricted, self._clock()
        with writing(self._engine) as connection:
            connection.execute(sa.delete(h).where(h.c.case_id == case_id))
            if reason is not None:
                connection.execute(sa.insert(h), [{"case_id": case_id, "reason": reason, "at": now, "actor": actor}])
            else:
                connection.execute(sa.update(r).where(r.c.case_id == case_id, r.c.until.is_(None)).values(until=now))
            if happened is not None:
                casework.append(connection, happened)
            facts: dict[str, str | int | float | bool] = {"case_id": case_id, "placed": reason is not None}
            audit.append(connection, [Event(name, actor, facts=facts)], now)

    def purge_aged(self, ages: Mapping[str, datetime], *, name: EventName, actor: str, at: datetime) -> dict[str, int]:
        """Delete what is older than its artefact may be: ages by artefact (restricted, contact_log, quarantine, region).

        Cases under a legal hold are left. Candidates that go leave DEL deltas. Returns counts by artefact.
        """
        held = sa.select(tables.holds.c.case_id)
        counts: dict[str, int] = {}
        with writing(self._engine) as connection:
            r, e, q, c = tables.restricted, tables.contact_events, tables.quarantine, tables.candidates
            ripe = sa.delete(r).where(r.c.until <= at, r.c.case_id.not_in(held))
            counts["restricted"] = connection.execute(ripe).rowcount
            if "contact_log" in ages:
                old = sa.delete(e).where(e.c.at < ages["contact_log"], e.c.case_id.not_in(held))
                counts["contact_log"] = connection.execute(old).rowcount
            if "raw_signal" in ages:
                rows = sa.update(q).where(q.c.last_seen < ages["raw_signal"], q.c.payload_sealed.is_not(None))
                counts["raw_signal"] = connection.execute(rows.values(payload_sealed=None)).rowcount
            k, cases = tables.kept_signals, tables.cases.c
            still_open = sa.select(cases.case_id).where(cases.status == "open")
            closed = sa.delete(k).where(k.c.case_id.not_in(still_open), k.c.case_id.not_in(held))
            counts["kept_signals"] = connection.execute(closed).rowcount
            if "derived_region" in ages:
                aged = sa.select(c.c.candidate_id, c.c.case_id, c.c.kind, c.c.value_sealed).where(
                    c.c.kind == "region", c.c.last_seen < ages["derived_region"], c.c.case_id.not_in(held)
                )
                counts["derived_region"] = erasure.remove(connection, connection.execute(aged).all(), at)
            audit.append(connection, [Event(name, actor, facts=counts)], self._clock())
        return counts

    # --- requests and contacts --------------------------------------------------------------------------------------

    def open_request(
        self, row: Mapping[str, Any], *, name: EventName, actor: str, happened: pa.Table | None = None
    ) -> None:
        """Enter a request or complaint (REQUESTS), and with it what that is in the history of its case (casework.EVENTS)."""
        with writing(self._engine) as connection:
            connection.execute(sa.insert(tables.requests), [dict(row)])
            if happened is not None:
                casework.append(connection, happened)
            facts = {"request": row["id"], "kind": row["kind"], "case_id": row["case_id"], "rule_id": row["rule_id"]}
            audit.append(connection, [Event(name, actor, facts=facts)], self._clock())

    def answer_request(
        self,
        request_id: str,
        status: Literal["answered", "refused"],
        *,
        at: datetime,
        name: EventName,
        actor: str,
        happened: pa.Table | None = None,
    ) -> bool:
        """Close an open request, and with it what that is in the history of its case; false when there is none of this id."""
        r = tables.requests
        with writing(self._engine) as connection:
            hit = connection.execute(
                sa.update(r).where(r.c.id == request_id, r.c.status == "open").values(status=status, answered_at=at)
            ).rowcount
            if hit:
                if happened is not None:
                    casework.append(connection, happened)
                event = Event(name, actor, facts={"request": request_id, "status": status})
                audit.append(connection, [event], self._clock())
        return bool(hit)

    def requests(self, *, status: str | None = "open", case_id: str | None = None) -> pa.Table:
        """Requests (REQUESTS), the earliest due first."""
        r = tables.requests.c
        query = sa.select(*[r[n] for n in REQUESTS.names]).order_by(r.due_at, r.id)
        wanted = {r.status: status, r.case_id: case_id}
        query = query.where(*[c == v for c, v in wanted.items() if v is not None])
        with reading(self._engine) as connection:
            return bulk.fetch(connection, query, REQUESTS)

    def requests_of(self, case_ids: Collection[str]) -> pa.Table:
        """Open requests (REQUESTS) about any of these cases, the earliest due first."""
        r = tables.requests.c
        query = sa.select(*[r[n] for n in REQUESTS.names]).order_by(r.due_at, r.id)
        with reading(self._engine) as connection:
            mine = bulk.is_in(connection, r.case_id, case_ids)
            return bulk.fetch(connection, query.where(r.status == "open", mine), REQUESTS)

    def add_contacts(self, rows: pa.Table) -> int:
        """Record contacts made (CONTACTS), once each by id; how many are new."""
        with writing(self._engine) as connection:
            e = tables.contact_events
            before = connection.execute(sa.select(sa.func.count()).select_from(e)).scalar_one()
            bulk.upsert(connection, e, rows)
            return int(connection.execute(sa.select(sa.func.count()).select_from(e)).scalar_one()) - before

    def correct(self, case_id: str, candidate_id: str, *, name: EventName, at: datetime, actor: str) -> int:
        """Take one candidate out as disowned by its person; how many that were (0 or 1). It is never published again."""
        c, d = tables.candidates.c, tables.disowned
        with writing(self._engine) as connection:
            query = sa.select(c.candidate_id, c.case_id).where(c.candidate_id == candidate_id, c.case_id == case_id)
            gone = connection.execute(query).all()
            erasure.remove(connection, gone, at, cause="correction")
            if gone:
                connection.execute(sa.insert(d), [{"candidate_id": candidate_id, "case_id": case_id, "at": at}])
            facts: dict[str, str | int | float | bool] = {"case_id": case_id, "candidate_id": candidate_id}
            audit.append(connection, [Event(name, actor, facts=facts | {"corrected": len(gone)})], self._clock())
        return len(gone)

    def contacts(self, who: Subject, *, since: datetime | None = None) -> pa.Table:
        """Contacts (CONTACTS) of a person over all their cases, in order of time."""
        e = tables.contact_events.c
        theirs = sa.or_(e.case_id.in_(who.case_ids), e.customer_token.in_(who.tokens))
        query = sa.select(*[e[n] for n in CONTACTS.names]).where(theirs).order_by(e.at, e.id)
        with reading(self._engine) as connection:
            return bulk.fetch(connection, query if since is None else query.where(e.at >= since), CONTACTS)

    # --- sealed values ----------------------------------------------------------------------------------------------

    def sealed(self, table: str, *, after: str = "", limit: int = 1000) -> list[tuple[str, str, bytes]]:
        """The next sealed values of a table of SEALED by key: (key, additional data, blob)."""
        t, (key, blob, purpose) = tables.metadata.tables[table], SEALED[table]
        more = {"quarantine": ["source"], "feed_outcomes": ["candidate_id"]}.get(table, [])
        names = [t.c[n] for n in (key, blob, *more)]
        query = sa.select(*names).where(t.c[key] > after, t.c[blob].is_not(None)).order_by(t.c[key]).limit(limit)
        with reading(self._engine) as connection:
            return [(getattr(r, key), purpose(r), getattr(r, blob)) for r in connection.execute(query)]

    def kept_of(self, case_ids: Collection[str]) -> list[tuple[str, str, bytes]]:
        """What is kept of linked signals for these cases: (kept id, source, sealed row)."""
        k = tables.kept_signals.c
        query = sa.select(k.kept_id, k.source, k.row_sealed).order_by(k.kept_id)
        with reading(self._engine) as connection:
            found = (connection.execute(query.where(k.case_id.in_(part))) for part in erasure.parts(sorted(case_ids)))
            return [(row.kept_id, row.source, row.row_sealed) for rows in found for row in rows]

    def reseal(self, table: str, fresh: Sequence[tuple[str, bytes, bytes]]) -> int:
        """Replace sealed values, each only if it is still the old one: (key, old, new). A concurrent change stays."""
        t, (key, blob, _) = tables.metadata.tables[table], SEALED[table]
        statement = (
            sa.update(t)
            .where(t.c[key] == sa.bindparam("key_"), t.c[blob] == sa.bindparam("old_"))
            .values({blob: sa.bindparam("new_")})
        )
        with writing(self._engine) as connection:
            connection.execute(statement, [{"key_": k, "old_": old, "new_": new} for k, old, new in fresh])
        return len(fresh)

    # --- the audit of a case ----------------------------------------------------------------------------------------

    def audit_events(self, case_id: str | None = None) -> list[dict[str, Any]]:
        """Audit rows that name this case (or a candidate of it) in their facts, in order; all rows without a case."""
        a, d = tables.audit, tables.deltas.c
        query = sa.select(a).order_by(a.c.seq)
        with reading(self._engine) as connection:
            if case_id is not None:
                points = connection.execute(sa.select(d.candidate_id).where(d.case_id == case_id).distinct()).scalars()
                wanted = [case_id, *points]
                query = query.where(sa.or_(*[a.c.facts.contains(f'"{w}"', autoescape=True) for w in wanted]))
            return [dict(r) for r in connection.execute(query).mappings()]

    def deltas_of(self, case_id: str) -> list[dict[str, Any]]:
        """What was told of a case, without payloads: numbers, operations, ids, hashes."""
        d = tables.deltas.c
        columns = (d.seq, d.op, d.candidate_id, d.at, d.run_key, d.content_hash)
        with reading(self._engine) as connection:
            query = sa.select(*columns).where(d.case_id == case_id).order_by(d.seq)
            return [dict(r) for r in connection.execute(query).mappings()]


def _found(connection: sa.Connection, case_id: str | None, tokens: Collection[str]) -> Subject:
    found = [erasure.subject(connection, case_id=case_id)] if case_id else []
    found += [erasure.subject(connection, token=t) for t in tokens]
    all_tokens = sorted({t for s in found for t in s.tokens})
    return Subject(tuple(all_tokens), tuple(sorted({c for s in found for c in s.case_ids})))


def _facts(who: Subject, erased: Erased) -> dict[str, str | int | float | bool]:
    names = {"case_ids": ",".join(who.case_ids), "case_id": who.case_ids[0] if len(who.case_ids) == 1 else "*"}
    return names | {k: v for k, v in asdict(erased).items() if k != "grants"}
