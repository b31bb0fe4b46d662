"""Sources read by increments: kept signals, their versions, cursors, and for whom they were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0100"
down_revision = "0181"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_signals",
        sa.Column("kept_id", sa.Text(), nullable=False),
        sa.Column("signal_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("consent_id", sa.Text(), nullable=True),
        sa.Column("row_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kept_id", name="pk_kept_signals"),
    )
    for column in ("signal_id", "case_id", "source"):
        op.create_index(f"ix_kept_signals_{column}", "kept_signals", [column])
    op.create_table(
        "signal_versions",
        sa.Column("signal_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("signal_id", name="pk_signal_versions"),
    )
    op.create_index("ix_signal_versions_source", "signal_versions", ["source"])
    op.create_table(
        "cursors",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("is_behind", sa.Boolean(), nullable=False),
        sa.Column("newest", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digests", sa.LargeBinary(), nullable=True),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_cursors"),
    )
    op.create_table(
        "traced",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_traced"),
    )
    heads = sa.table("heads", sa.column("name"), sa.column("seq"), sa.column("hash"))
    op.bulk_insert(heads, [{"name": "publications", "seq": 0, "hash": ""}])


def downgrade() -> None:
    for table in ("traced", "cursors", "signal_versions", "kept_signals"):
        op.drop_table(table)
    op.execute("DELETE FROM heads WHERE name = 'publications'")
