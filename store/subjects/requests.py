"""Requests and complaints of persons."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa
import sqlalchemy as sa

from core.events import Event, EventName
from core.schemas import TEXT, TIME
from store import audit, bulk, casework, tables
from store.engine import reading, writing
from store.subjects.part import Part

REQUESTS = pa.schema(
    [
        ("id", TEXT),
        ("kind", TEXT),
        ("case_id", TEXT),
        ("received_at", TIME),
        ("acknowledge_by", TIME),
        ("due_at", TIME),
        ("outer_due_at", TIME),
        ("rule_id", TEXT),
        ("status", TEXT),
        ("answered_at", TIME),
    ]
)


class Requests(Part):
    """Requests opened, answered, due."""

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
