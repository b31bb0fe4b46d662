"""The last number and hash of each sequence. Its row is the lock under which the next numbers are given out."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from store import tables


@dataclass(frozen=True, slots=True)
class Head:
    """Where a sequence ends."""

    seq: int
    hash: str


def read(connection: sa.Connection, name: str) -> Head:
    """Where the sequence ended when this transaction began to read."""
    return _one(connection, _query(name))


def lock(connection: sa.Connection, name: str) -> Head:
    """Where the sequence ends, held until this transaction ends. (On SQLite the transaction has the write lock already.)"""
    return _one(connection, _query(name).with_for_update())


def move(connection: sa.Connection, name: str, to: Head) -> None:
    """Let the (locked) sequence end here."""
    heads = tables.heads
    connection.execute(sa.update(heads).where(heads.c.name == name).values(seq=to.seq, hash=to.hash))


def _query(name: str) -> sa.Select[int, str]:
    return sa.select(tables.heads.c.seq, tables.heads.c.hash).where(tables.heads.c.name == name)


def _one(connection: sa.Connection, query: sa.Select[int, str]) -> Head:
    seq, digest = connection.execute(query).one()
    return Head(seq, digest)
