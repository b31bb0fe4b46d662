"""The history of cases, their artefacts, approved changes, last night's states. No event is ever changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0200"
down_revision = "0100"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_SQLITE = """
CREATE TRIGGER case_events_no_update BEFORE UPDATE ON case_events
BEGIN SELECT RAISE(ABORT, 'case_events is append-only'); END
"""
_POSTGRESQL = """
CREATE TRIGGER case_events_append_only BEFORE UPDATE ON case_events
FOR EACH STATEMENT EXECUTE FUNCTION skiptrace_append_only()
"""


def upgrade() -> None:
    op.create_table(
        "case_events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("point_id", sa.Text()),
        sa.Column("channel", sa.Text()),
        sa.Column("party", sa.Text()),
        sa.Column("until", _TIME),
        sa.Column("amount", sa.Double()),
        sa.Column("days_past_due", sa.BigInteger()),
        sa.Column("balance", sa.Double()),
        sa.Column("origins", sa.BigInteger()),
        sa.Column("lost_since", sa.Date()),
        sa.Column("agents", sa.BigInteger()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text()),
        sa.PrimaryKeyConstraint("event_id", name="pk_case_events"),
        sa.UniqueConstraint("seq", name="uq_case_events_seq"),
    )
    op.create_index("ix_case_events_case_id", "case_events", ["case_id"])
    op.create_table(
        "case_states",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("life", sa.Text(), nullable=False),
        sa.Column("rung", sa.Text()),
        sa.Column("hold", sa.Text()),
        sa.Column("risk", sa.Text()),
        sa.Column("action", sa.Text()),
        sa.Column("action_status", sa.Text()),
        sa.Column("is_reachable", sa.Boolean(), nullable=False),
        sa.Column("has_address", sa.Boolean(), nullable=False),
        sa.Column("has_emergency", sa.Boolean(), nullable=False),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_case_states"),
    )
    op.create_index("ix_case_states_life", "case_states", ["life", "case_id"])
    op.create_table(
        "case_artefacts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("artefact", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text()),
        sa.Column("place_class", sa.Text()),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("deleted_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_case_artefacts"),
    )
    op.create_index("ix_case_artefacts_case_id", "case_artefacts", ["case_id"])
    op.create_table(
        "casework_changes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("complaints", sa.Integer(), nullable=False),
        sa.Column("would_stop", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", _TIME, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.Text()),
        sa.Column("settled_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_casework_changes"),
        sa.CheckConstraint("status IN ('open', 'approved', 'declined')", name=op.f("ck_casework_changes_status")),
        sa.CheckConstraint(
            "settled_by IS NULL OR settled_by <> proposed_by", name=op.f("ck_casework_changes_two_persons")
        ),
    )
    heads = sa.table("heads", sa.column("name"), sa.column("seq"), sa.column("hash"))
    op.bulk_insert(heads, [{"name": "case_events", "seq": 0, "hash": ""}])
    op.execute(_SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL)


def downgrade() -> None:
    for table in ("casework_changes", "case_artefacts", "case_states", "case_events"):
        op.drop_table(table)
    op.execute("DELETE FROM heads WHERE name = 'case_events'")
