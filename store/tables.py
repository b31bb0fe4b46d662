"""The tables of the store, as SQLAlchemy Core. What is written here is sealed, masked or tokenised: no plain personal value.

``store/migrations`` makes them; a test holds the two together (``alembic check``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An instant: aware and UTC on both sides; ``timestamptz`` on PostgreSQL, ISO text on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times in the store carry their time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


# The end of each gapless sequence. Its row is what writers lock, and what shows that the tail of a chain was cut off.
heads = sa.Table(
    "heads",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

# What only one may do at a time, and who does it until when: see store.leases. A row without a holder is free.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text),
    sa.Column("about", sa.Text),
    sa.Column("since", UtcTime),
    sa.Column("until", UtcTime),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("run_key", sa.Text, primary_key=True),
    sa.Column("interval_start", UtcTime, nullable=False),
    sa.Column("interval_end", UtcTime, nullable=False),
    sa.Column("as_of", UtcTime, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime),
    sa.Column("model_id", sa.Text),
    sa.Column("pack_version", sa.Text),
    sa.Column("report", _json()),
    sa.CheckConstraint("status IN ('running', 'done', 'failed')", name="status"),
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("customer_token", sa.Text, index=True),
    sa.Column("id_token", sa.Text, index=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("portfolio", sa.Text),
    sa.Column("days_past_due", sa.BigInteger),
    sa.Column("balance", sa.Double),
    sa.Column("lost_since", sa.Date),
    sa.Column("last_seen_run", sa.Text, nullable=False),
    sa.CheckConstraint("status IN ('open', 'closed')", name="status"),
)

_ENDED = sa.text("withdrawn_at IS NOT NULL")

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("consent_id", sa.Text, primary_key=True),
    sa.Column("customer_token", sa.Text, index=True),
    sa.Column("id_token", sa.Text, index=True),
    sa.Column("purpose", sa.Text),
    sa.Column("scope", sa.Text),
    sa.Column("granted_at", UtcTime),
    sa.Column("expires_at", UtcTime),
    sa.Column("withdrawn_at", UtcTime),
    sa.Column("notice_version", sa.Text),
    sa.Column("last_seen_run", sa.Text, nullable=False),
    sa.Index("ix_grants_ended", "consent_id", "withdrawn_at", postgresql_where=_ENDED, sqlite_where=_ENDED),
)

# Hashes of what was written last of each grant (``store.written``), in parts.
grants_written = sa.Table(
    "grants_written",
    metadata,
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digests", sa.LargeBinary, nullable=False),
)

# A withdrawal outlives the grants it hit: a file made before it, loaded after it, must not bring them back.
withdrawals = sa.Table(
    "withdrawals",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("token", sa.Text, nullable=False, index=True),
    sa.Column("scope", sa.Text),  # null: every scope
    sa.Column("at", UtcTime, nullable=False),
)

candidates = sa.Table(
    "candidates",
    metadata,
    sa.Column("candidate_id", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("value_sealed", sa.LargeBinary, nullable=False),
    sa.Column("value_masked", sa.Text, nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("first_seen", UtcTime),
    sa.Column("last_seen", UtcTime),
    sa.Column("sources", _json()),
    sa.Column("origins", sa.Integer),
    sa.Column("reasons", _json()),
    sa.Column("factors", _json()),
    sa.Column("consent_ids", _json()),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("run_key", sa.Text, nullable=False),
    sa.Column("published_seq", sa.BigInteger, nullable=False),
    sa.CheckConstraint("holder IN ('debtor', 'uncertain')", name="holder"),
)

candidate_consents = sa.Table(
    "candidate_consents",
    metadata,
    sa.Column("candidate_id", sa.Text, sa.ForeignKey("candidates.candidate_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("consent_id", sa.Text, primary_key=True, index=True),
)

deltas = sa.Table(
    "deltas",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("op", sa.Text, nullable=False),
    sa.Column("candidate_id", sa.Text, nullable=False, index=True),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("run_key", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON),  # not JSONB: consumers get the very text that was written
    sa.Column("content_hash", sa.Text),
    sa.CheckConstraint("op IN ('ADD', 'MOD', 'DEL')", name="op"),
    sa.CheckConstraint("(op = 'DEL') = (content_hash IS NULL)", name="del_is_bare"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("run_key", sa.Text, nullable=False, index=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("row", sa.BigInteger),
    sa.Column("record_id", sa.Text),
    sa.Column("field", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("payload_sealed", sa.LargeBinary),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("first_seen", UtcTime, nullable=False),
    sa.Column("last_seen", UtcTime, nullable=False),
    sa.CheckConstraint("status IN ('open', 'replayed')", name="status"),
    sa.Index("ix_quarantine_status_source", "status", "source"),
)

# Linked signals of sources that are read by increments, sealed, for as long as their case is traced. One row a case and signal.
kept_signals = sa.Table(
    "kept_signals",
    metadata,
    sa.Column("kept_id", sa.Text, primary_key=True),
    sa.Column("signal_id", sa.Text, nullable=False, index=True),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("source", sa.Text, nullable=False, index=True),
    sa.Column("consent_id", sa.Text),
    sa.Column("row_sealed", sa.LargeBinary, nullable=False),
    sa.Column("run_key", sa.Text, nullable=False),
)

# The newest version seen of every signal that was ever kept: an older one that comes late brings nothing back.
signal_versions = sa.Table(
    "signal_versions",
    metadata,
    sa.Column("signal_id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False, index=True),
    sa.Column("version", sa.BigInteger, nullable=False),
)

# How far each source was read, committed together with what was made of its rows.
cursors = sa.Table(
    "cursors",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("cursor", sa.Text),
    sa.Column("basis", sa.Text, nullable=False),  # digest of what decided which rows were kept
    sa.Column("is_behind", sa.Boolean, nullable=False),  # somebody new is traced for whom it was not read yet
    sa.Column("newest", UtcTime),
    sa.Column("digests", sa.LargeBinary),  # keyed digests of the rows of a snapshot
    sa.Column("run_key", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

# Who was traced when the last run was published: keyed tokens of what they are known by, and the consents that stood.
traced = sa.Table(
    "traced",
    metadata,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
)

withheld = sa.Table(
    "withheld",
    metadata,
    sa.Column("run_key", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("rule_id", sa.Text, primary_key=True),
    sa.Column("rows", sa.BigInteger, nullable=False),
)

sources_state = sa.Table(
    "sources_state",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("run_key", sa.Text, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("watermark", sa.Text),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("quarantined", sa.BigInteger, nullable=False),
)

# `facts` is text, not JSON: the chain is over its exact bytes, and a database may rewrite a JSON value.
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("event", sa.Text, nullable=False, index=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("run_key", sa.Text, nullable=False, index=True),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("prev_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

# How far the forgetting of a person or case has come: withdrawn (invisible), restricted (kept in storage only), deleted.
erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("token", sa.Text, index=True),
    sa.Column("case_id", sa.Text, index=True),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("scope", sa.Text),  # null: every scope
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("done_at", UtcTime),
    sa.Column("rule_id", sa.Text, nullable=False),
    sa.CheckConstraint("state IN ('withdrawn', 'restricted', 'deleted')", name="state"),
)

# Sealed values that a duty to retain or a legal hold keeps in storage: no reader opens this table.
restricted = sa.Table(
    "restricted",
    metadata,
    sa.Column("candidate_id", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("value_sealed", sa.LargeBinary, nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("until", UtcTime),  # null: until its hold is released
    sa.Column("basis", sa.Text, nullable=False),
)

# Cases that are not traced whatever the lender's file says: closed here, or objected to.
freezes = sa.Table(
    "freezes",
    metadata,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
)

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("case_id", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("acknowledge_by", UtcTime),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("outer_due_at", UtcTime),
    sa.Column("rule_id", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False, index=True),
    sa.Column("answered_at", UtcTime),
    sa.CheckConstraint("status IN ('open', 'answered', 'refused')", name="status"),
)

contact_events = sa.Table(
    "contact_events",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("customer_token", sa.Text, index=True),
    sa.Column("point_id", sa.Text, index=True),
    sa.Column("party", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.CheckConstraint("party IN ('debtor', 'third_party')", name="party"),
)

# Contacts that their person says are not theirs: ids only, so that no run publishes them again.
disowned = sa.Table(
    "disowned",
    metadata,
    sa.Column("candidate_id", sa.Text, primary_key=True),
    sa.Column("case_id", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
