"""The tables of the feed: who may read, what was already done under which key, what is still to be delivered, what came back."""

from __future__ import annotations

import sqlalchemy as sa

from store.tables import UtcTime, metadata

# `key_hash` is scrypt of the secret; the secret itself is shown once, when the client is made.
clients = sa.Table(
    "feed_clients",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("key_hash", sa.LargeBinary, nullable=False),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("portfolios", sa.JSON),  # JSON null: every portfolio
    sa.Column("rate_per_minute", sa.Integer, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("revoked_at", UtcTime),
)

# The answer of a write under its Idempotency-Key; `status` null: it is being worked on.
idempotency = sa.Table(
    "feed_idempotency",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("body_hash", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("answer", sa.Text),
)

# A webhook's own place in the sequence moves only when a delivery was acknowledged.
webhooks = sa.Table(
    "feed_webhooks",
    metadata,
    sa.Column("webhook_id", sa.Text, primary_key=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("secret_sealed", sa.LargeBinary, nullable=False),
    sa.Column("after_seq", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", UtcTime, nullable=False),
    sa.Column("last_status", sa.Integer),
)

# What came of an attempt, told by the case system. The value is the candidate's sealed one: a candidate that is gone
# tomorrow has still been tried today.
outcomes = sa.Table(
    "feed_outcomes",
    metadata,
    sa.Column("outcome_id", sa.Text, primary_key=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("case_id", sa.Text, nullable=False, index=True),
    sa.Column("candidate_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("value_sealed", sa.LargeBinary, nullable=False),
    sa.Column("disposition", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
)
