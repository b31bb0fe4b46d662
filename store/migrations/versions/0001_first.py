"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_index("ix_audit_event", "audit", ["event"])
    op.create_index("ix_audit_run_key", "audit", ["run_key"])

    op.create_table(
        "candidates",
        sa.Column("candidate_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("value_masked", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("first_seen", TIME, nullable=True),
        sa.Column("last_seen", TIME, nullable=True),
        sa.Column("sources", JSON, nullable=True),
        sa.Column("origins", sa.Integer(), nullable=True),
        sa.Column("reasons", JSON, nullable=True),
        sa.Column("factors", JSON, nullable=True),
        sa.Column("consent_ids", JSON, nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("published_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("holder IN ('debtor', 'uncertain')", name=op.f("ck_candidates_holder")),
        sa.PrimaryKeyConstraint("candidate_id", name="pk_candidates"),
    )
    op.create_index("ix_candidates_case_id", "candidates", ["case_id"])

    op.create_table(
        "cases",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("customer_token", sa.Text(), nullable=True),
        sa.Column("id_token", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("portfolio", sa.Text(), nullable=True),
        sa.Column("days_past_due", sa.BigInteger(), nullable=True),
        sa.Column("balance", sa.Double(), nullable=True),
        sa.Column("lost_since", sa.Date(), nullable=True),
        sa.Column("last_seen_run", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_cases_status")),
        sa.PrimaryKeyConstraint("case_id", name="pk_cases"),
    )
    op.create_index("ix_cases_customer_token", "cases", ["customer_token"])
    op.create_index("ix_cases_id_token", "cases", ["id_token"])

    op.create_table(
        "deltas",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("candidate_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=True),
        sa.CheckConstraint("(op = 'DEL') = (content_hash IS NULL)", name=op.f("ck_deltas_del_is_bare")),
        sa.CheckConstraint("op IN ('ADD', 'MOD', 'DEL')", name=op.f("ck_deltas_op")),
        sa.PrimaryKeyConstraint("seq", name="pk_deltas"),
    )
    op.create_index("ix_deltas_candidate_id", "deltas", ["candidate_id"])
    op.create_index("ix_deltas_case_id", "deltas", ["case_id"])

    op.create_table(
        "grants",
        sa.Column("consent_id", sa.Text(), nullable=False),
        sa.Column("customer_token", sa.Text(), nullable=True),
        sa.Column("id_token", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("granted_at", TIME, nullable=True),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.Column("notice_version", sa.Text(), nullable=True),
        sa.Column("last_seen_run", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", name="pk_grants"),
    )
    op.create_index("ix_grants_customer_token", "grants", ["customer_token"])
    op.create_index("ix_grants_id_token", "grants", ["id_token"])

    op.create_table(
        "heads",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_heads"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=True),
        sa.Column("record_id", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payload_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("first_seen", TIME, nullable=False),
        sa.Column("last_seen", TIME, nullable=False),
        sa.CheckConstraint("status IN ('open', 'replayed')", name=op.f("ck_quarantine_status")),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
    )
    op.create_index("ix_quarantine_run_key", "quarantine", ["run_key"])
    op.create_index("ix_quarantine_status_source", "quarantine", ["status", "source"])

    op.create_table(
        "runs",
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("interval_start", TIME, nullable=False),
        sa.Column("interval_end", TIME, nullable=False),
        sa.Column("as_of", TIME, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("model_id", sa.Text(), nullable=True),
        sa.Column("pack_version", sa.Text(), nullable=True),
        sa.Column("report", JSON, nullable=True),
        sa.CheckConstraint("status IN ('running', 'done', 'failed')", name=op.f("ck_runs_status")),
        sa.PrimaryKeyConstraint("run_key", name="pk_runs"),
    )
    op.create_table(
        "sources_state",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("watermark", sa.Text(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "run_key", name="pk_sources_state"),
    )
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_withdrawals"),
    )
    op.create_index("ix_withdrawals_token", "withdrawals", ["token"])

    op.create_table(
        "withheld",
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run_key", "source", "rule_id", name="pk_withheld"),
    )
    op.create_table(
        "candidate_consents",
        sa.Column("candidate_id", sa.Text(), nullable=False),
        sa.Column("consent_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidates.candidate_id"],
            name="fk_candidate_consents_candidate_id_candidates",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("candidate_id", "consent_id", name="pk_candidate_consents"),
    )
    op.create_index("ix_candidate_consents_consent_id", "candidate_consents", ["consent_id"])

    heads = sa.table("heads", sa.column("name"), sa.column("seq"), sa.column("hash"))
    op.bulk_insert(heads, [{"name": n, "seq": 0, "hash": ""} for n in ("audit", "deltas", "grants", "quarantine")])


def downgrade() -> None:
    op.drop_table("candidate_consents")
    op.drop_table("withheld")
    op.drop_table("withdrawals")
    op.drop_table("sources_state")
    op.drop_table("runs")
    op.drop_table("quarantine")
    op.drop_table("heads")
    op.drop_table("grants")
    op.drop_table("deltas")
    op.drop_table("cases")
    op.drop_table("candidates")
    op.drop_table("audit")
