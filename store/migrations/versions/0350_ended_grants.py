"""An index of the grants that ended: every gate asks for them all, in order, and they are few of all grants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0350"
down_revision = "0340"
branch_labels = None
depends_on = None

_ENDED = sa.text("withdrawn_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_grants_ended", "grants", ["consent_id", "withdrawn_at"], postgresql_where=_ENDED, sqlite_where=_ENDED
    )


def downgrade() -> None:
    op.drop_index("ix_grants_ended", table_name="grants")
