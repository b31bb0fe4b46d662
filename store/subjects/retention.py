"""Legal holds, and what has reached its age."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import pyarrow as pa
import sqlalchemy as sa

from core.events import Event, EventName
from store import audit, casework, erasure, heads, tables
from store.engine import writing
from store.subjects.part import Part


class Retention(Part):
    """Cases held, and artefacts purged."""

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

    def drop_payloads(self, ids: Collection[str]) -> int:
        """Quarantine entries without their payload from now on; how many."""
        q = tables.quarantine
        with writing(self._engine) as connection:
            heads.lock(connection, "quarantine")
            statement = sa.update(q).where(q.c.id == sa.bindparam("id_")).values(payload_sealed=None, record_id=None)
            if ids:
                connection.execute(statement, [{"id_": i} for i in sorted(set(ids))])
        return len(set(ids))
