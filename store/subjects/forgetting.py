"""Withdrawing, freezing and correcting: what is taken out of the store, and what must not come back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from core.events import Event, EventName
from core.schemas import TEXT, TIME
from store import audit, bulk, erasure, grants, tables
from store.engine import reading, writing
from store.erasure import Erased, Keeping, Subject
from store.subjects.part import Part

ERASURES = pa.schema(
    [
        ("id", pa.int64()),
        ("token", TEXT),
        ("case_id", TEXT),
        ("cause", TEXT),
        ("scope", TEXT),
        ("at", TIME),
        ("due_at", TIME),
        ("state", TEXT),
        ("done_at", TIME),
        ("rule_id", TEXT),
    ]
)


class Forgetting(Part):
    """Persons found, withdrawn, frozen, corrected."""

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


def _found(connection: sa.Connection, case_id: str | None, tokens: Collection[str]) -> Subject:
    found = [erasure.subject(connection, case_id=case_id)] if case_id else []
    found += [erasure.subject(connection, token=t) for t in tokens]
    all_tokens = sorted({t for s in found for t in s.tokens})
    return Subject(tuple(all_tokens), tuple(sorted({c for s in found for c in s.case_ids})))


def _facts(who: Subject, erased: Erased) -> dict[str, str | int | float | bool]:
    names = {"case_ids": ",".join(who.case_ids), "case_id": who.case_ids[0] if len(who.case_ids) == 1 else "*"}
    return names | {k: v for k, v in asdict(erased).items() if k != "grants"}
