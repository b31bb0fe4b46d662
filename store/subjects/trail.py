"""What was done about a case, and told of it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from store import tables
from store.engine import reading
from store.subjects.part import Part


class Trail(Part):
    """The audit rows and deltas of a case."""

    def case_of(self, candidate_id: str) -> str | None:
        """The case of a published candidate."""
        c = tables.candidates.c
        with reading(self._engine) as connection:
            return connection.execute(sa.select(c.case_id).where(c.candidate_id == candidate_id)).scalar_one_or_none()

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
