"""What stands behind a published candidate, side by side with what its debtor declared: masked, and gone with the candidate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from core import schemas
from core.schemas import TEXT, TIME
from store import bulk, tables
from store.tables import UtcTime, metadata

# `signal` and `debtor` are JSON objects: column → masked text.
COMPARISONS = pa.schema(
    [
        ("candidate_id", TEXT),
        ("signal_id", TEXT),
        ("source", TEXT),
        ("observed_at", TIME),
        ("weight_bits", pa.float64()),
        ("probability", pa.float64()),
        ("evidence", schemas.EVIDENCE),
        ("signal", TEXT),
        ("debtor", TEXT),
    ]
)
DECLARED = pa.schema(
    [
        ("case_id", TEXT),
        ("field", TEXT),
        ("kind", TEXT),
        ("value_masked", TEXT),
        ("point_id", TEXT),
        ("attempts", pa.int32()),
        ("failures", pa.int32()),
        ("last_at", TIME),
        ("last_outcome", TEXT),
    ]
)

comparisons = sa.Table(
    "candidate_comparisons",
    metadata,
    sa.Column("candidate_id", sa.Text, sa.ForeignKey("candidates.candidate_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("signal_id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("observed_at", UtcTime),
    sa.Column("weight_bits", sa.Double, nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("signal", sa.JSON, nullable=False),
    sa.Column("debtor", sa.JSON, nullable=False),
)

# `failures`: how many of the last attempts failed, with none between them that did not. `point_id`: what the history of the case calls it.
declared = sa.Table(
    "declared_contacts",
    metadata,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("value_masked", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", UtcTime),
    sa.Column("last_outcome", sa.Text),
    sa.Column("point_id", sa.Text),
)


def save(connection: sa.Connection, rows: pa.Table) -> None:
    """Replace the comparisons of these candidates (COMPARISONS)."""
    bulk.delete(connection, comparisons, "candidate_id", rows["candidate_id"].unique())
    still = sa.select(tables.candidates.c.candidate_id).where(
        bulk.is_in(connection, tables.candidates.c.candidate_id, rows["candidate_id"].unique().to_pylist())
    )
    there = pa.array(list(connection.execute(still).scalars()), pa.string())  # one may be withdrawn since
    bulk.insert(connection, comparisons, rows.filter(pc.is_in(rows["candidate_id"], value_set=there)))


def save_declared(connection: sa.Connection, rows: pa.Table) -> None:
    """Make these the declared contacts of the open cases (DECLARED), but for cases frozen meanwhile."""
    frozen = list(connection.execute(sa.select(tables.freezes.c.case_id)).scalars())
    connection.execute(sa.delete(declared))
    is_frozen = pc.is_in(rows["case_id"], value_set=pa.array(frozen, pa.string()))
    bulk.insert(connection, declared, rows.filter(pc.invert(is_frozen)))


def of_candidate(connection: sa.Connection, candidate_id: str) -> list[dict[str, Any]]:
    """The comparisons of a candidate, the most certain first."""
    c = comparisons.c
    query = sa.select(comparisons).where(c.candidate_id == candidate_id)
    return [dict(r) for r in connection.execute(query.order_by(c.probability.desc(), c.observed_at.desc())).mappings()]


def seen_of(connection: sa.Connection, case_id: str) -> list[dict[str, Any]]:
    """When which source saw each candidate of a case: candidate_id, source, observed_at."""
    c, k = comparisons.c, tables.candidates.c
    query = sa.select(c.candidate_id, c.source, c.observed_at).join(tables.candidates, k.candidate_id == c.candidate_id)
    return [dict(r) for r in connection.execute(query.where(k.case_id == case_id).order_by(c.observed_at)).mappings()]


def declared_by(connection: sa.Connection, case_id: str) -> list[dict[str, Any]]:
    """What the debtor of this case declared, masked."""
    query = sa.select(declared).where(declared.c.case_id == case_id).order_by(declared.c.field)
    return [dict(r) for r in connection.execute(query).mappings()]


def forget(connection: sa.Connection, case_ids: Sequence[str]) -> None:
    """Take out what the debtors of these cases declared."""
    connection.execute(sa.delete(declared).where(bulk.is_in(connection, declared.c.case_id, case_ids)))
