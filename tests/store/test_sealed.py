"""Whatever is sealed is known as sealed: rotated with the keys, searched for residue."""

import sqlalchemy as sa

import store
from store import tables
from store.subjects import SEALED


def test_every_sealed_column_of_every_table_is_rotated_and_searched():
    assert store.open
    sealed = {(t.name, c.name) for t in tables.metadata.sorted_tables for c in t.columns if c.name.endswith("_sealed")}
    assert sealed == {(table, blob) for table, (_, blob, _) in SEALED.items()}


def test_bytes_that_are_not_sealed_are_hashes_and_salts_only():
    binary = {
        f"{t.name}.{c.name}"
        for t in tables.metadata.sorted_tables
        for c in t.columns
        if isinstance(c.type, sa.LargeBinary) and not c.name.endswith("_sealed")
    }
    assert binary <= {"cursors.digests", "grants_written.digests", "feed_clients.key_hash", "feed_clients.salt", "workbench_accounts.password_hash", "workbench_accounts.salt"}  # fmt: skip
