"""The lasting id of an observation, and the memory of those already seen."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from connectors.runs import Columns, Runs

_SIZE = 16


def digests(source: str, record_ids: pa.Array) -> bytes:
    """The 16-byte BLAKE2b digest of (source, record id) of each row, one after the other."""
    prefix = f"{source}\x1f".encode()
    blake = hashlib.blake2b
    return b"".join([blake(prefix + r.encode(), digest_size=_SIZE).digest() for r in record_ids.to_pylist()])


def as_hex(found: bytes) -> pa.Array:
    """The digests as a string array of 32 hexadecimal digits each."""
    rows = len(found) // _SIZE
    offsets = pa.py_buffer(np.arange(0, (rows + 1) * 2 * _SIZE, 2 * _SIZE, dtype=np.int32))
    return pa.Array.from_buffers(pa.string(), rows, [None, offsets, pa.py_buffer(found.hex().encode())])


def halves(found: bytes) -> npt.NDArray[np.uint64]:
    """Half of each digest, enough to tell ids apart."""
    return np.frombuffer(found, np.uint64)[::2]


class Seen:
    """Which digests have been seen, in 8 bytes each: sorted runs, merged when they have grown alike, put on disk when long.

    Half of each digest is kept: among a hundred million records, the chance that any two different ones are taken for
    one is below 1 in 3,000.
    """

    def __init__(self) -> None:
        self._runs = Runs(_merged)

    def add(self, found: bytes) -> npt.NDArray[np.bool_]:
        """Remember these; True for each that was seen before, in this batch or an earlier one."""
        of_each = halves(found)
        order = np.argsort(of_each, kind="stable")
        ordered = of_each[order]
        repeated_in_order = np.zeros(len(of_each), np.bool_)
        repeated_in_order[1:] = ordered[1:] == ordered[:-1]
        for (run,) in self._runs:
            repeated_in_order |= run[at_or_after(run, ordered)] == ordered
        self._runs.add(ordered[~repeated_in_order])
        repeated = np.empty_like(repeated_in_order)
        repeated[order] = repeated_in_order
        return repeated


def _merged(one: Columns, other: Columns) -> Columns:
    run = np.concatenate([one[0], other[0]])
    run.sort(kind="stable")  # merges runs that are sorted already
    return (run,)


def at_or_after(run: npt.NDArray[np.generic], values: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
    """Where each value stands in a sorted run, or else something that is not it."""
    return np.minimum(np.searchsorted(run, values), len(run) - 1)
