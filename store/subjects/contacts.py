"""Contacts that were made with persons."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import sqlalchemy as sa

from core.schemas import TEXT, TIME
from store import bulk, tables
from store.engine import reading, writing
from store.erasure import Subject
from store.subjects.part import Part

CONTACTS = pa.schema(
    [
        ("id", TEXT),
        ("case_id", TEXT),
        ("customer_token", TEXT),
        ("point_id", TEXT),
        ("party", TEXT),
        ("channel", TEXT),
        ("outcome", TEXT),
        ("at", TIME),
    ]
)


class Contacts(Part):
    """Contacts kept, and read over all cases of a person."""

    def add_contacts(self, rows: pa.Table) -> int:
        """Record contacts made (CONTACTS), once each by id; how many are new."""
        with writing(self._engine) as connection:
            e = tables.contact_events
            before = connection.execute(sa.select(sa.func.count()).select_from(e)).scalar_one()
            bulk.upsert(connection, e, rows)
            return int(connection.execute(sa.select(sa.func.count()).select_from(e)).scalar_one()) - before

    def contacts(self, who: Subject, *, since: datetime | None = None) -> pa.Table:
        """Contacts (CONTACTS) of a person over all their cases, in order of time."""
        e = tables.contact_events.c
        theirs = sa.or_(e.case_id.in_(who.case_ids), e.customer_token.in_(who.tokens))
        query = sa.select(*[e[n] for n in CONTACTS.names]).where(theirs).order_by(e.at, e.id)
        with reading(self._engine) as connection:
            return bulk.fetch(connection, query if since is None else query.where(e.at >= since), CONTACTS)
