"""The published set of candidates, and what changed in it: ADD, MOD and DEL, numbered without gaps.

Pure set arithmetic on Arrow columns between one read and a few bulk writes, in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from core import schemas
from core.errors import Fatal
from core.kinds import DeltaOp
from core.schemas import TEXT, TIME
from store import bulk, content, heads, increments, reviews, tables
from store.heads import Head

# What `publish` takes: CANDIDATES with the value sealed and masked, and with its stable id.
ROWS = pa.schema(
    [
        ("candidate_id", TEXT),
        ("case_id", TEXT),
        ("rank", pa.int32()),
        ("kind", TEXT),
        ("value_sealed", pa.binary()),
        ("value_masked", TEXT),
        ("probability", pa.float64()),
        ("holder", TEXT),
        ("first_seen", TIME),
        ("last_seen", TIME),
        ("sources", pa.list_(TEXT)),
        ("origins", pa.int32()),
        ("reasons", pa.list_(TEXT)),
        ("factors", schemas.FACTORS),
        ("consent_ids", pa.list_(TEXT)),
    ]
)
PUBLISHED = pa.schema([*ROWS, ("content_hash", TEXT), ("run_key", TEXT), ("published_seq", pa.int64())])
# Published candidates as read at an instant: how many of the consents they rest on stand then, and their case's state.
READ = pa.schema([*PUBLISHED, ("consents_valid", pa.int64()), ("case_status", TEXT)])
DELTAS = pa.schema(
    [
        ("seq", pa.int64()),
        ("op", TEXT),
        ("candidate_id", TEXT),
        ("case_id", TEXT),
        ("at", TIME),
        ("run_key", TEXT),
        ("payload", TEXT),
        ("content_hash", TEXT),
    ]
)
_BEFORE = pa.schema([("candidate_id", TEXT), ("case_id", TEXT), ("probability", pa.float64()), ("content_hash", TEXT)])


@dataclass(frozen=True, slots=True)
class PublishResult:
    """How many candidates changed; ``first_seq`` > ``last_seq`` when none did."""

    added: int
    modified: int
    deleted: int
    unchanged: int
    carried: int
    first_seq: int
    last_seq: int
    refused: int = 0  # rows that rest on a consent withdrawn, or of a case frozen, since they were ranked

    @property
    def changed(self) -> int:
        return self.added + self.modified + self.deleted


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole published set as it is after delta ``seq``. ``rows`` has schema PUBLISHED."""

    seq: int
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class _Difference:
    added: pa.Table
    modified: pa.Table
    deleted: pa.Table
    unchanged: int
    carried: int


def publish(
    connection: sa.Connection,
    rows: pa.Table,
    *,
    run_key: str,
    at: datetime,
    carried: Collection[str],
    increment: increments.Increment | None = None,
) -> PublishResult:
    """Make ``rows`` (ROWS) the published set, and write the deltas that lead there, with what was learned from the sources.

    Raises Fatal on ids absent or twice, and when another run was published since ``increment`` began.
    """
    rows = _checked(rows)
    last = heads.lock(connection, "deltas").seq  # first: an erasure holds it too, so none can slip in between
    if increment is not None:
        increments.commit(connection, increment)
    asked, rows = rows.num_rows, _still_allowed(connection, rows)
    rows = reviews.dominate(rows, reviews.verdicts(connection))
    carried = set(carried) - _no_longer_allowed(connection, carried)
    difference = _compare(_before(connection), rows, carried)
    deltas = _deltas(difference, first=last + 1, run_key=run_key, at=at)
    bulk.insert(connection, tables.deltas, deltas)
    _replace(connection, difference, deltas, run_key)
    end = last + deltas.num_rows
    heads.move(connection, "deltas", Head(end, ""))
    return PublishResult(
        added=difference.added.num_rows,
        modified=difference.modified.num_rows,
        deleted=difference.deleted.num_rows,
        unchanged=difference.unchanged,
        carried=difference.carried,
        first_seq=last + 1,
        last_seq=end,
        refused=asked - rows.num_rows,
    )


def _still_allowed(connection: sa.Connection, rows: pa.Table) -> pa.Table:
    """Without what rests on a consent withdrawn meanwhile, or belongs to a frozen case: no run publishes it again."""
    withdrawn, frozen = _withdrawn_and_frozen(connection)
    lists = rows.column("consent_ids").combine_chunks()
    hit = pc.is_in(pc.list_flatten(lists), value_set=pa.array(withdrawn, TEXT))
    resting = np.zeros(rows.num_rows, dtype=bool)
    resting[np.asarray(pc.list_parent_indices(lists).filter(hit), dtype=np.int64)] = True
    is_frozen = np.asarray(pc.is_in(rows.column("case_id"), value_set=pa.array(frozen, TEXT)), dtype=bool)
    disowned = list(connection.execute(sa.select(tables.disowned.c.candidate_id)).scalars())
    is_disowned = np.asarray(pc.is_in(rows.column("candidate_id"), value_set=pa.array(disowned, TEXT)), dtype=bool)
    refused = resting | is_frozen | is_disowned
    return rows.filter(pa.array(~refused)).combine_chunks() if refused.any() else rows


def _no_longer_allowed(connection: sa.Connection, carried: Collection[str]) -> set[str]:
    if not carried:
        return set()
    c, used = tables.candidates.c, tables.candidate_consents.c
    withdrawn, frozen = _withdrawn_and_frozen(connection)
    gone = set(connection.execute(sa.select(c.candidate_id).where(c.case_id.in_(frozen))).scalars())
    pairs = connection.execute(
        sa.select(used.candidate_id, used.consent_id).where(
            used.consent_id.in_(sa.select(tables.grants.c.consent_id).where(tables.grants.c.withdrawn_at.is_not(None)))
        )
    )
    ended = set(withdrawn)
    return gone | {p.candidate_id for p in pairs if p.consent_id in ended}


def _withdrawn_and_frozen(connection: sa.Connection) -> tuple[list[str], list[str]]:
    g = tables.grants.c
    withdrawn = list(connection.execute(sa.select(g.consent_id).where(g.withdrawn_at.is_not(None))).scalars())
    return withdrawn, list(connection.execute(sa.select(tables.freezes.c.case_id)).scalars())


def candidates(connection: sa.Connection, case_id: str | None, at: datetime) -> pa.Table:
    """The published candidates (READ), of one case or of all, with what the third gate needs to know at ``at``."""
    c, cases = tables.candidates.c, tables.cases
    query = (
        sa.select(*[c[name] for name in PUBLISHED.names], _valid_consents(at), cases.c.status)
        .select_from(tables.candidates.outerjoin(cases, cases.c.case_id == c.case_id))
        .order_by(c.case_id, c.rank, c.candidate_id)
    )
    return bulk.fetch(connection, query if case_id is None else query.where(c.case_id == case_id), READ)


def changed_by(connection: sa.Connection, run_key: str) -> set[str]:
    """Published candidates that this run added or modified."""
    c = tables.candidates.c
    return set(connection.execute(sa.select(c.candidate_id).where(c.run_key == run_key)).scalars())


def deltas(connection: sa.Connection, after: int, limit: int) -> pa.Table:
    """Up to ``limit`` deltas (DELTAS) that follow ``after``, in order. ``payload`` is JSON text, null in a DEL."""
    d = tables.deltas.c
    columns = [sa.cast(d[n], sa.Text) if n == "payload" else d[n] for n in DELTAS.names]
    return bulk.fetch(connection, sa.select(*columns).where(d.seq > after).order_by(d.seq).limit(limit), DELTAS)


def snapshot(connection: sa.Connection) -> Snapshot:
    """The published set and the number of the last delta that made it, from one state of the store."""
    c = tables.candidates.c
    query = sa.select(*[c[n] for n in PUBLISHED.names]).order_by(c.case_id, c.rank, c.candidate_id)
    return Snapshot(heads.read(connection, "deltas").seq, bulk.fetch(connection, query, PUBLISHED))


def _valid_consents(at: datetime) -> sa.ScalarSelect[int]:
    grants, used = tables.grants, tables.candidate_consents
    return (
        sa.select(sa.func.count())
        .select_from(used.join(grants, grants.c.consent_id == used.c.consent_id))
        .where(
            used.c.candidate_id == tables.candidates.c.candidate_id,
            grants.c.granted_at <= at,
            sa.or_(grants.c.expires_at.is_(None), grants.c.expires_at > at),
            sa.or_(grants.c.withdrawn_at.is_(None), grants.c.withdrawn_at > at),
        )
        .scalar_subquery()
    )


def _checked(rows: pa.Table) -> pa.Table:
    rows = schemas.conform(rows, ROWS).combine_chunks()
    ids = rows.column("candidate_id")
    twice = rows.num_rows - ids.null_count - pc.count_distinct(ids).as_py()
    if ids.null_count or twice:
        raise Fatal(f"publish: {ids.null_count} candidates without an id, {twice} ids more than once")
    return rows


def _before(connection: sa.Connection) -> pa.Table:
    c = tables.candidates.c
    return bulk.fetch(connection, sa.select(*[c[n] for n in _BEFORE.names]), _BEFORE)


def _compare(before: pa.Table, rows: pa.Table, carried: Collection[str]) -> _Difference:
    where = pc.index_in(rows.column("candidate_id"), value_set=before.column("candidate_id"))
    is_known = np.asarray(pc.is_valid(where))
    fixed, milli = content.fixed(rows), content.milli(rows.column("probability"))
    rows = rows.append_column("content_hash", pa.array(content.hashes(fixed, milli), TEXT))
    is_same = _is_same(before, rows, np.asarray(pc.fill_null(where, -1)), fixed, milli)
    is_gone = ~np.asarray(pc.is_in(before.column("candidate_id"), value_set=rows.column("candidate_id")))
    is_kept = np.asarray(pc.is_in(before.column("candidate_id"), value_set=pa.array(sorted(carried), TEXT)), dtype=bool)
    return _Difference(
        added=_sorted(rows.filter(pa.array(~is_known))),
        modified=_sorted(rows.filter(pa.array(is_known & ~is_same))),
        deleted=before.filter(pa.array(is_gone & ~is_kept)).sort_by(
            [("case_id", "ascending"), ("candidate_id", "ascending")]
        ),
        unchanged=int(is_same.sum()),
        carried=int((is_gone & is_kept).sum()),
    )


def _is_same(before: pa.Table, rows: pa.Table, where: np.ndarray, fixed: list[str], milli: np.ndarray) -> np.ndarray:
    """True where nothing new is to be told: the same content, or all the same but a small drift since it was told."""
    known = np.flatnonzero(where >= 0)
    told_hash = before.column("content_hash").take(pa.array(where[known])).to_pylist()
    told_milli = content.milli(before.column("probability").take(pa.array(where[known])))
    drifted = np.abs(milli[known] - told_milli) < content.DRIFT_MILLI
    # with the probability that was told: equal hashes then mean that all the rest is equal
    at_told = content.hashes([fixed[i] for i in known], np.where(drifted, told_milli, milli[known]))
    is_same = np.zeros(rows.num_rows, dtype=bool)
    is_same[known] = np.array(at_told, dtype=object) == np.array(told_hash, dtype=object)
    return is_same


def _sorted(rows: pa.Table) -> pa.Table:
    return rows.sort_by([("case_id", "ascending"), ("rank", "ascending"), ("candidate_id", "ascending")])


def _deltas(difference: _Difference, *, first: int, run_key: str, at: datetime) -> pa.Table:
    parts = (
        (DeltaOp.DEL, difference.deleted.drop_columns("content_hash")),  # a DEL tells nothing but who is gone
        (DeltaOp.MOD, difference.modified),
        (DeltaOp.ADD, difference.added),
    )
    tables_ = [_delta_part(op, rows, run_key, at) for op, rows in parts if rows.num_rows]
    if not tables_:
        return DELTAS.empty_table()
    joined = pa.concat_tables(tables_)
    numbers = pa.array(np.arange(first, first + joined.num_rows))
    return schemas.conform(joined.append_column("seq", numbers), DELTAS)


def _delta_part(op: DeltaOp, rows: pa.Table, run_key: str, at: datetime) -> pa.Table:
    n = rows.num_rows
    is_del = op is DeltaOp.DEL
    return pa.table(
        {
            "op": pa.repeat(pa.scalar(op.value), n),
            "candidate_id": rows.column("candidate_id"),
            "case_id": rows.column("case_id"),
            "at": pa.repeat(pa.scalar(at, TIME), n),
            "run_key": pa.repeat(pa.scalar(run_key), n),
            "payload": pa.nulls(n, TEXT) if is_del else content.payload(rows).cast(TEXT),
            "content_hash": pa.nulls(n, TEXT) if is_del else rows.column("content_hash"),
        }
    )


def _replace(connection: sa.Connection, difference: _Difference, deltas_: pa.Table, run_key: str) -> None:
    """The candidates table after these deltas: gone ones out, changed ones out and in again, with their consents."""
    for gone in (difference.deleted, difference.modified):
        bulk.delete(connection, tables.candidates, "candidate_id", gone.column("candidate_id"))
    fresh = pa.concat_tables([difference.modified, difference.added])
    told = deltas_.slice(difference.deleted.num_rows)  # in the order of `fresh`
    fresh = fresh.append_column("run_key", pa.repeat(pa.scalar(run_key), fresh.num_rows))
    fresh = fresh.append_column("published_seq", told.column("seq"))
    bulk.insert(connection, tables.candidates, fresh)
    bulk.insert(connection, tables.candidate_consents, _consents(fresh))


def _consents(rows: pa.Table) -> pa.Table:
    lists = rows.column("consent_ids").combine_chunks()
    owners = rows.column("candidate_id").take(pc.list_parent_indices(lists))
    pairs = pa.table({"candidate_id": owners, "consent_id": pc.list_flatten(lists)})
    return pairs.filter(pc.is_valid(pairs.column("consent_id"))).group_by(["candidate_id", "consent_id"]).aggregate([])
