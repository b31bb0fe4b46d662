"""Sealed values: read and sealed anew, and scrubbed out of the database's files once they are deleted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from store import erasure, tables
from store.engine import reading, writing
from store.subjects.part import Part

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


class Sealed(Part):
    """Sealed values, wherever they rest."""

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
