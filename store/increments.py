"""What is known of sources that are read by increments: kept signals, how far each was read, and for whom.

Written only in the transaction that publishes, so that a cursor and what was made of the rows it covers stand or fall together.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from core.errors import Fatal
from core.schemas import TEXT
from store import bulk, heads, tables

KEPT = pa.schema(
    [
        ("kept_id", TEXT),
        ("signal_id", TEXT),
        ("case_id", TEXT),
        ("source", TEXT),
        ("consent_id", TEXT),
        ("row_sealed", pa.binary()),
        ("run_key", TEXT),
    ]
)
KEYS = pa.schema([f for f in KEPT if f.name not in ("row_sealed", "run_key")])
VERSIONS = pa.schema([("signal_id", TEXT), ("source", TEXT), ("version", pa.int64())])
TRACED = pa.schema([("case_id", TEXT), ("identity", TEXT), ("scopes", TEXT)])


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a source was read. ``basis`` is a digest of what decided which of its rows were kept; with another one it is
    read anew. ``is_behind``: somebody new is traced for whom it could not be read. ``digests``: of a snapshot's rows.
    """

    source: str
    cursor: str | None
    basis: str
    run_key: str
    at: datetime
    is_behind: bool = False
    newest: datetime | None = None
    digests: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Increment:
    """What a run learned from its sources, to be committed with its candidates.

    ``after`` is the number of the last publication the run was made from. ``kept`` has schema KEPT, ``versions`` VERSIONS;
    ``dropped`` are kept ids that go (those that ``kept`` replaces among them); ``traced`` (TRACED) is the whole set.
    """

    after: int
    kept: pa.Table
    dropped: pa.Array
    versions: pa.Table
    cursors: Sequence[Cursor]
    traced: pa.Table
    settled: Sequence[str] = ()  # quarantine entries whose rows were taken up: their payload goes


def commit(connection: sa.Connection, increment: Increment) -> None:
    """Write it. The caller holds the lock of the deltas. Raises Fatal when another run was published since this one began."""
    if heads.read(connection, "publications").seq != increment.after:
        raise Fatal("another run was published while this one was under way: run it again, from what is known now")
    heads.move(connection, "publications", heads.Head(increment.after + 1, ""))
    bulk.delete(connection, tables.kept_signals, "kept_id", increment.dropped)
    bulk.insert(connection, tables.kept_signals, _still_allowed(connection, increment.kept))
    bulk.upsert(connection, tables.signal_versions, increment.versions)
    for cursor in increment.cursors:
        c = tables.cursors
        connection.execute(sa.delete(c).where(c.c.source == cursor.source))
        connection.execute(sa.insert(c).values({column.name: getattr(cursor, column.name) for column in c.columns}))
    _replace_traced(connection, increment.traced)
    q = tables.quarantine
    for entry in increment.settled:
        connection.execute(sa.update(q).where(q.c.id == entry).values(payload_sealed=None))


def _still_allowed(connection: sa.Connection, kept: pa.Table) -> pa.Table:
    """Without what rests on a consent withdrawn, or belongs to a case frozen, since it was matched."""
    g, f = tables.grants.c, tables.freezes.c
    withdrawn = set(connection.execute(sa.select(g.consent_id).where(g.withdrawn_at.is_not(None))).scalars())
    frozen = list(connection.execute(sa.select(f.case_id)).scalars())
    ended = [i for i in pc.unique(kept["consent_id"]).to_pylist() if _rests_on(i, withdrawn)]
    hit = pc.or_(
        pc.is_in(kept["consent_id"], value_set=pa.array(ended, TEXT), skip_nulls=True),
        pc.is_in(kept["case_id"], value_set=pa.array(frozen, TEXT)),
    )
    return kept.filter(pc.invert(hit))


def _rests_on(consent_id: str | None, consents: Collection[str]) -> bool:
    """Is one of these among the consents of a row? A source of several scopes has one of each, joined by ``|``."""
    return any(part in consents for part in (consent_id or "").split("|"))


def _replace_traced(connection: sa.Connection, now: pa.Table) -> None:
    """The whole set, by its difference from what is there."""
    before = _traced(connection)
    known = pa.table({"key": _joined(before)})["key"].combine_chunks()
    fresh = now.filter(pc.invert(pc.is_in(_joined(now), value_set=known)))
    gone = before.filter(pc.invert(pc.is_in(before["case_id"], value_set=now["case_id"].combine_chunks())))
    for rows in (gone, fresh):
        bulk.delete(connection, tables.traced, "case_id", rows["case_id"].combine_chunks())
    bulk.insert(connection, tables.traced, fresh)


def _joined(rows: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(rows["case_id"], rows["identity"], rows["scopes"], "\x1f")


def _traced(connection: sa.Connection) -> pa.Table:
    t = tables.traced.c
    return bulk.fetch(connection, sa.select(*[t[n] for n in TRACED.names]), TRACED)


def published(connection: sa.Connection) -> int:
    """How many publications there were: the number a run is made from."""
    return heads.read(connection, "publications").seq


def traced(connection: sa.Connection) -> pa.Table:
    """Who was traced at the last publication (TRACED)."""
    return _traced(connection)


def cursor(connection: sa.Connection, source: str) -> Cursor | None:
    """How far a source was read; None where it never was."""
    c = tables.cursors
    row = connection.execute(sa.select(c).where(c.c.source == source)).mappings().first()
    return None if row is None else Cursor(**row)


def keys(connection: sa.Connection, source: str | None = None) -> pa.Table:
    """What is kept (KEYS), of one source or of all: no value of it."""
    k = tables.kept_signals.c
    query = sa.select(*[k[n] for n in KEYS.names]).order_by(k.kept_id)
    return bulk.fetch(connection, query if source is None else query.where(k.source == source), KEYS)


def sealed(connection: sa.Connection, source: str, after: str, limit: int) -> list[tuple[str, str, bytes]]:
    """The next kept rows of a source by kept id: (kept id, signal id, sealed row)."""
    k = tables.kept_signals.c
    query = sa.select(k.kept_id, k.signal_id, k.row_sealed).where(k.source == source, k.kept_id > after)
    return [tuple(row) for row in connection.execute(query.order_by(k.kept_id).limit(limit))]


def versions(connection: sa.Connection, source: str) -> pa.Table:
    """The newest version known of each signal that was kept (VERSIONS)."""
    v = tables.signal_versions.c
    return bulk.fetch(connection, sa.select(*[v[n] for n in VERSIONS.names]).where(v.source == source), VERSIONS)


def erase(connection: sa.Connection, case_ids: Collection[str], consents: Collection[str] | None) -> int:
    """Delete what is kept for these cases: all of it, or what rests on these consents; how many rows."""
    k = tables.kept_signals
    ids = sorted(case_ids)
    gone = 0
    for start in range(0, len(ids), 500):
        theirs = k.c.case_id.in_(ids[start : start + 500])
        if consents is None:
            gone += connection.execute(sa.delete(k).where(theirs)).rowcount
            continue
        query = sa.select(k.c.kept_id, k.c.consent_id).where(theirs)
        hit = [row.kept_id for row in connection.execute(query) if _rests_on(row.consent_id, consents)]
        bulk.delete(connection, k, "kept_id", pa.array(hit, TEXT))
        gone += len(hit)
    return gone
