"""Declared contacts name their point in the history of their case, so that what is told of one since is shown. The next run fills it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0330"
down_revision = "0310"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("declared_contacts", sa.Column("point_id", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("declared_contacts") as table:
        table.drop_column("point_id")
