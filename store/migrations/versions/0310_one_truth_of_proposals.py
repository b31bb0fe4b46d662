"""Letters and visits are asked for and approved in the history of their case; the workbench keeps no list of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0310"
down_revision = "0300"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_table("workbench_proposals")


def downgrade() -> None:
    op.create_table(
        "workbench_proposals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("candidate_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", _TIME, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.Text()),
        sa.Column("settled_at", _TIME),
        sa.CheckConstraint("action IN ('visit', 'letter')", name=op.f("ck_workbench_proposals_action")),
        sa.CheckConstraint("status IN ('open', 'approved', 'declined')", name=op.f("ck_workbench_proposals_status")),
        sa.CheckConstraint(
            "settled_by IS NULL OR settled_by <> proposed_by", name=op.f("ck_workbench_proposals_two_persons")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_workbench_proposals"),
    )
    for column in ("candidate_id", "case_id"):
        op.create_index(f"ix_workbench_proposals_{column}", "workbench_proposals", [column])
    op.create_index("ix_workbench_proposals_status", "workbench_proposals", ["status", "proposed_at"])
