"""What was written last of each grant, so that a load writes only what changed. Empty at first: the next load writes all once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0340"
down_revision = "0330"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grants_written",
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("part", name="pk_grants_written"),
    )


def downgrade() -> None:
    op.drop_table("grants_written")
