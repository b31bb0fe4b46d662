"""Alembic's entry: always on the connection (and in the transaction) that ``store.migrate`` opened."""

from __future__ import annotations

from alembic import context

from store import tables
from store.migrate import VERSION_TABLE

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
