"""The decision that stands on each candidate, as the gate asks for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0180"
down_revision = "0030"
branch_labels = None
depends_on = None

_FILL = """
INSERT INTO workbench_standing (candidate_id, case_id, verdict, version)
SELECT d.candidate_id, d.case_id, d.verdict, d.version FROM workbench_decisions d
JOIN (SELECT candidate_id, max(version) AS version FROM workbench_decisions GROUP BY candidate_id) l
ON l.candidate_id = d.candidate_id AND l.version = d.version
"""


def upgrade() -> None:
    op.create_table(
        "workbench_standing",
        sa.Column("candidate_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("candidate_id", name="pk_workbench_standing"),
    )
    op.create_index("ix_workbench_standing_case_id", "workbench_standing", ["case_id"])
    op.create_index("ix_workbench_standing_verdict", "workbench_standing", ["verdict"])
    op.execute(_FILL)


def downgrade() -> None:
    op.drop_table("workbench_standing")
