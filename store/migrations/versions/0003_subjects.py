"""What persons may ask for: erasures, restricted values, freezes, holds, requests, and the contacts that were made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

TIME = sa.DateTime(timezone=True)

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('withdrawn', 'restricted', 'deleted')", name=op.f("ck_erasures_state")),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_token", "erasures", ["token"])
    op.create_index("ix_erasures_case_id", "erasures", ["case_id"])
    op.create_table(
        "restricted",
        sa.Column("candidate_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("candidate_id", name="pk_restricted"),
    )
    op.create_index("ix_restricted_case_id", "restricted", ["case_id"])
    op.create_table(
        "freezes",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_freezes"),
    )
    op.create_table(
        "holds",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_holds"),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("acknowledge_by", TIME, nullable=True),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("outer_due_at", TIME, nullable=True),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        sa.CheckConstraint("status IN ('open', 'answered', 'refused')", name=op.f("ck_requests_status")),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    op.create_index("ix_requests_case_id", "requests", ["case_id"])
    op.create_index("ix_requests_status", "requests", ["status"])
    op.create_table(
        "contact_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("customer_token", sa.Text(), nullable=True),
        sa.Column("point_id", sa.Text(), nullable=True),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("party IN ('debtor', 'third_party')", name=op.f("ck_contact_events_party")),
        sa.PrimaryKeyConstraint("id", name="pk_contact_events"),
    )
    op.create_index("ix_contact_events_case_id", "contact_events", ["case_id"])
    op.create_index("ix_contact_events_customer_token", "contact_events", ["customer_token"])
    op.create_index("ix_contact_events_point_id", "contact_events", ["point_id"])


def downgrade() -> None:
    for name in ("contact_events", "requests", "holds", "freezes", "restricted", "erasures"):
        op.drop_table(name)
