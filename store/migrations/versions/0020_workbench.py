"""The workbench: accounts, sessions, decisions that nobody can change, proposals, and the queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

TIME = sa.DateTime(timezone=True)

revision = "0020"
down_revision = "0010"
branch_labels = None
depends_on = None

_SORTS = ("priority", "balance", "days_past_due", "best", "doubt")
_SQLITE = """
CREATE TRIGGER workbench_decisions_no_{verb} BEFORE {verb} ON workbench_decisions
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END
"""
_POSTGRESQL = (
    """
CREATE FUNCTION skiptrace_decisions_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'decisions are append-only'; END $$
""",
    """
CREATE TRIGGER workbench_decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON workbench_decisions
FOR EACH STATEMENT EXECUTE FUNCTION skiptrace_decisions_append_only()
""",
)


def upgrade() -> None:
    _accounts()
    _decisions()
    op.create_table(
        "workbench_queue",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("portfolio", sa.Text(), nullable=True),
        sa.Column("balance", sa.Double(), nullable=True),
        sa.Column("days_past_due", sa.BigInteger(), nullable=True),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("best", sa.Double(), nullable=False),
        sa.Column("doubt", sa.Double(), nullable=False),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.CheckConstraint("state IN ('todo', 'done')", name=op.f("ck_workbench_queue_state")),
        sa.PrimaryKeyConstraint("case_id", name="pk_workbench_queue"),
    )
    for column in _SORTS:
        op.create_index(f"ix_workbench_queue_{column}", "workbench_queue", ["state", column, "case_id"])


def _accounts() -> None:
    op.create_table(
        "workbench_accounts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", TIME, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_workbench_accounts"),
    )
    op.create_table(
        "workbench_sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_workbench_sessions"),
    )
    op.create_index("ix_workbench_sessions_account", "workbench_sessions", ["account"])


def _decisions() -> None:
    op.create_table(
        "workbench_decisions",
        sa.Column("candidate_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint(
            "verdict IN ('accept', 'reject', 'unsure', 'undone')", name=op.f("ck_workbench_decisions_verdict")
        ),
        sa.PrimaryKeyConstraint("candidate_id", "version", name="pk_workbench_decisions"),
    )
    op.create_index("ix_workbench_decisions_case_id", "workbench_decisions", ["case_id"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in [_SQLITE.format(verb=v) for v in ("update", "delete")] if is_sqlite else _POSTGRESQL:
        op.execute(statement)
    op.create_table(
        "workbench_proposals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("candidate_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_at", TIME, nullable=True),
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


def downgrade() -> None:
    for table in ("queue", "proposals", "decisions", "sessions", "accounts"):
        op.drop_table(f"workbench_{table}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION skiptrace_decisions_append_only")
