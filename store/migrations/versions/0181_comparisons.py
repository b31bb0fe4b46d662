"""The signals behind a candidate beside what its debtor declared, and how declared contacts fare; all masked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0181"
down_revision = "0180"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "candidate_comparisons",
        sa.Column("candidate_id", sa.Text(), nullable=False),
        sa.Column("signal_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True)),
        sa.Column("weight_bits", sa.Double(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("signal", sa.JSON(), nullable=False),
        sa.Column("debtor", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidates.candidate_id"], ondelete="CASCADE",
            name="fk_candidate_comparisons_candidate_id_candidates",
        ),
        sa.PrimaryKeyConstraint("candidate_id", "signal_id", name="pk_candidate_comparisons"),
    )  # fmt: skip
    op.create_table(
        "declared_contacts",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value_masked", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True)),
        sa.Column("last_outcome", sa.Text()),
        sa.PrimaryKeyConstraint("case_id", "field", name="pk_declared_contacts"),
    )


def downgrade() -> None:
    op.drop_table("declared_contacts")
    op.drop_table("candidate_comparisons")
