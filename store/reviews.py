"""What people decided of candidates: every decision ever made, the one that stands, and what it does to the published set.

An accepted candidate comes first of its case and a rejected one last, whatever a model says; a rejected one is not told to
anybody outside the workbench. Both are told as deltas at the moment of the decision, and hold in every later run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.kinds import DeltaOp
from core.schemas import TEXT, TIME
from store import bulk, content, heads, tables
from store.heads import Head
from store.tables import UtcTime, metadata

ACCEPT, REJECT, UNSURE, UNDONE = "accept", "reject", "unsure", "undone"
RUN_KEY = "review"  # the run of a delta that a person's decision wrote

# One row a decision, numbered by candidate: the number is the optimistic lock. The database refuses to change or remove one.
# Reasons are codes of a closed list: nothing about a person is kept that could not be erased.
decisions = sa.Table(
    "workbench_decisions",
    metadata,
    sa.Column("candidate_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("probability", sa.Double),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.CheckConstraint("verdict IN ('accept', 'reject', 'unsure', 'undone')", name="verdict"),
)

# The last decision on each candidate, as the gate asks for it: a projection of `decisions`, written with them.
standing = sa.Table(
    "workbench_standing",
    metadata,
    sa.Column("candidate_id", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("verdict", sa.Text, nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
)

_ORDER = {ACCEPT: 0, REJECT: 2}
_ROW = pa.schema(
    [(n, TEXT) for n in ("candidate_id", "case_id", "value_masked", "kind", "holder", "content_hash")]
    + [("rank", pa.int32()), ("origins", pa.int32()), ("probability", pa.float64())]
    + [("first_seen", TIME), ("last_seen", TIME)]
    + [(n, pa.list_(TEXT)) for n in ("sources", "reasons", "consent_ids")]
)
# As publishing.DELTAS, which cannot be named here: a run's publish asks this file.
_DELTA_TEXTS = ("op", "candidate_id", "case_id", "run_key", "payload", "content_hash")
DELTAS = pa.schema([("seq", pa.int64()), ("at", TIME), *[(n, TEXT) for n in _DELTA_TEXTS]])


def decide(connection: sa.Connection, rows: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """Add decisions and tell what they change. Raises IntegrityError when one of their versions is taken."""
    heads.lock(connection, "deltas")  # first: what is told below must be what stood until now
    connection.execute(sa.insert(decisions), [dict(r) for r in rows])
    cases = sorted({r["case_id"] for r in rows})
    before = verdicts(connection, cases)
    _stand(connection, rows)
    now = verdicts(connection, cases)
    if now != before:
        _tell(connection, cases, before, now, at)


def verdicts(connection: sa.Connection, case_ids: Collection[str] | None = None) -> dict[str, str]:
    """What stands (accept or reject) on the candidates of these cases, or of all."""
    s = standing.c
    query = sa.select(s.candidate_id, s.verdict).where(s.verdict.in_((ACCEPT, REJECT)))
    if case_ids is not None:
        query = query.where(bulk.is_in(connection, s.case_id, case_ids))
    return {r.candidate_id: r.verdict for r in connection.execute(query)}


def rejected(connection: sa.Connection, candidate_ids: Collection[str] | None = None) -> set[str]:
    """Those of these candidates (or of all) that a person rejected."""
    s = standing.c
    query = sa.select(s.candidate_id).where(s.verdict == REJECT)
    if candidate_ids is not None:
        query = query.where(bulk.is_in(connection, s.candidate_id, candidate_ids))
    return set(connection.execute(query).scalars())


def dominate(rows: pa.Table, by_candidate: Mapping[str, str]) -> pa.Table:
    """The rows with ranks as decisions want them; cases that nobody decided anything of keep the ranks they have."""
    decided = pc.is_in(rows["candidate_id"], value_set=pa.array(sorted(by_candidate), pa.string()))
    touched = pc.unique(rows["case_id"].filter(decided))
    at = np.flatnonzero(np.asarray(pc.is_in(rows["case_id"], value_set=touched), dtype=bool))
    ranks = rows["rank"].to_numpy().copy()
    ranks[at] = _ranks(rows.take(pa.array(at)), by_candidate, rows["rank"].take(pa.array(at)).to_pylist())
    return rows.set_column(rows.schema.get_field_index("rank"), "rank", pa.array(ranks, pa.int32()))


def _ranks(rows: pa.Table, by_candidate: Mapping[str, str], own: Sequence[float]) -> list[int]:
    """Within each case: accepted ones, the others, rejected ones; each by ``own``, the smallest first."""
    cases = rows["case_id"].to_pylist()
    places = [_ORDER.get(by_candidate.get(i, ""), 1) for i in rows["candidate_id"].to_pylist()]
    ranks, n = [0] * len(cases), Counter[str]()
    for i in sorted(range(len(cases)), key=lambda i: (places[i], own[i], i)):
        n[cases[i]] += 1
        ranks[i] = n[cases[i]]
    return ranks


def _stand(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    names = ("candidate_id", "case_id", "verdict", "version")
    insert: Any = dialect.insert(standing)
    news = {n: insert.excluded[n] for n in names[1:]}
    connection.execute(
        insert.on_conflict_do_update(index_elements=["candidate_id"], set_=news),
        [{n: r[n] for n in names} for r in rows],
    )


def _tell(
    connection: sa.Connection, cases: Sequence[str], before: Mapping[str, str], now: Mapping[str, str], at: datetime
) -> None:
    """DEL what was rejected, ADD what is no longer, MOD what stands at another rank."""
    last = heads.lock(connection, "deltas").seq
    rows = _reranked(connection, cases, now)
    told: list[dict[str, Any]] = []
    for row, text in zip(rows.to_pylist(), content.payload(rows).to_pylist(), strict=True):
        key = row["candidate_id"]
        is_changed = row["new_hash"] != row["content_hash"]
        op = _op(was_rejected=before.get(key) == REJECT, is_rejected=now.get(key) == REJECT, is_changed=is_changed)
        values = {"rank": row["rank"], "content_hash": row["new_hash"]}
        if op is not None:
            is_put = op is not DeltaOp.DEL
            delta = {"seq": last + len(told) + 1, "op": op.value, "candidate_id": key, "case_id": row["case_id"]}
            delta |= {"payload": text if is_put else None, "content_hash": row["new_hash"] if is_put else None}
            told.append(delta | {"at": at, "run_key": RUN_KEY})
            values |= {"published_seq": delta["seq"]} if is_put else {}
        mine = tables.candidates.c.candidate_id == key
        connection.execute(sa.update(tables.candidates).where(mine).values(**values))
    bulk.insert(connection, tables.deltas, pa.Table.from_pylist(told, schema=DELTAS))
    heads.move(connection, "deltas", Head(last + len(told), ""))


def _reranked(connection: sa.Connection, cases: Sequence[str], now: Mapping[str, str]) -> pa.Table:
    """The published candidates of these cases with the ranks they have now, and the hash of that (``new_hash``)."""
    c = tables.candidates.c
    query = sa.select(*[c[n] for n in _ROW.names]).where(c.case_id.in_(cases)).order_by(c.case_id, c.rank)
    rows = bulk.fetch(connection, query, _ROW)
    ranks = _ranks(rows, now, [-p for p in rows["probability"].to_pylist()])
    rows = rows.set_column(rows.schema.get_field_index("rank"), "rank", pa.array(ranks, pa.int32()))
    hashes = content.hashes(content.fixed(rows), content.milli(rows["probability"]))
    return rows.append_column("new_hash", pa.array(hashes, pa.string()))


def _op(*, was_rejected: bool, is_rejected: bool, is_changed: bool) -> DeltaOp | None:
    if is_rejected:
        return None if was_rejected else DeltaOp.DEL
    if was_rejected:
        return DeltaOp.ADD
    return DeltaOp.MOD if is_changed else None
