"""What was written last of each grant, 16 bytes each: a nightly load is mostly what it was, and asking a table of millions costs more
than all else that is done with it.

A row is known by a hash of its id and one of all it says; so a grant that changes and changes back is written both times. It is
kept and changed in the transaction that writes the grants, and nobody else changes in them what a load brings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from store import tables

Hashes = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]
_ROWS = 65_536  # hashed at a time, and kept in one row of the table
_NOTHING = "\x00"


@dataclass(frozen=True, slots=True)
class Written:
    """``ids``, ascending, each once, and the hash of what was written last under each."""

    ids: Hashes
    said: Hashes

    def holds(self, rows: Written) -> Mask:
        """True for each of ``rows`` that says what was written last. Of ids that come twice none does: their order decides."""
        _, codes, counts = np.unique(rows.ids, return_inverse=True, return_counts=True)
        if not len(self.ids) or not len(rows.ids):
            return np.zeros(len(rows.ids), bool)
        at = np.minimum(np.searchsorted(self.ids, rows.ids), len(self.ids) - 1)
        same: Mask = (self.ids[at] == rows.ids) & (self.said[at] == rows.said) & (counts[codes] == 1)
        return same

    def after(self, rows: Written) -> Written:
        """With ``rows`` written, the last of each id."""
        ids, said = np.concatenate([self.ids, rows.ids]), np.concatenate([self.said, rows.said])
        order = np.argsort(ids, kind="stable")
        last = order[np.append(ids[order][1:] != ids[order][:-1], True)] if len(ids) else order
        return Written(ids[last], said[last])


def of_rows(rows: pa.Table, key: str) -> Written:
    """The hashes of these rows, in their order, an id as often as it comes."""
    parts = [_hashed(batch, key) for batch in rows.to_batches(max_chunksize=_ROWS)]
    empty = np.empty(0, np.uint64)
    return Written(*(np.concatenate([empty, *(p[n] for p in parts)]) for n in (0, 1)))


def read(connection: sa.Connection) -> Written:
    """What the table remembers."""
    t = tables.grants_written.c
    raw = b"".join(connection.execute(sa.select(t.digests).order_by(t.part)).scalars())
    pairs = np.frombuffer(raw, np.uint64).reshape(-1, 2)
    return Written(pairs[:, 0].copy(), pairs[:, 1].copy())


def keep(connection: sa.Connection, now: Written) -> None:
    """Remember this."""
    connection.execute(sa.delete(tables.grants_written))
    pairs = np.stack([now.ids, now.said], axis=1)
    parts = [
        {"part": n, "digests": pairs[at : at + _ROWS].tobytes()} for n, at in enumerate(range(0, len(pairs), _ROWS))
    ]
    if parts:
        connection.execute(sa.insert(tables.grants_written), parts)


def _hashed(batch: pa.RecordBatch, key: str) -> tuple[Hashes, Hashes]:
    texts = [pc.fill_null(_text(column), _NOTHING) for column in batch.columns]
    joined = pc.binary_join_element_wise(*texts, "\x1f")
    return _hash(batch.column(key)), _hash(joined)


def _text(column: pa.Array) -> pa.Array:
    return pc.cast(pc.cast(column, pa.int64()) if pa.types.is_timestamp(column.type) else column, pa.string())


def _hash(texts: pa.Array) -> Hashes:
    return np.asarray(pd.util.hash_array(texts.to_numpy(zero_copy_only=False), categorize=False), dtype=np.uint64)
