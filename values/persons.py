"""Which rows are one person's: those that share a customer number or a full id number, directly or through another row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_FULL = r"^[^*]{8,}$"  # no masked position, and not a tail


def codes(keys: Sequence[pa.ChunkedArray | pa.Array]) -> npt.NDArray[np.int64]:
    """One number a person for rows with these keys (arrays of text, a row each; nulls say nothing), by first appearance."""
    n = len(keys[0])
    rows, nodes, size = [], [], n
    for key in keys:
        encoded = pc.dictionary_encode(key)
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        code = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        known = np.flatnonzero(code >= 0)
        rows.append(known)
        nodes.append(size + code[known].astype(np.int64))
        size += len(encoded.dictionary)
    at, node = np.concatenate(rows), np.concatenate(nodes)
    links = coo_array((np.ones(len(at), bool), (at, node)), shape=(size, size))  # type: ignore[no-untyped-call]
    found = connected_components(links, directed=False)[1][:n]
    return np.asarray(_by_appearance(found), dtype=np.int64)


def full_ids(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Id numbers that name one person; masked ones and tails become null."""
    return pc.if_else(pc.match_substring_regex(column, _FULL), column, pa.scalar(None, pa.string()))


def _by_appearance(found: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    distinct, first, back = np.unique(found, return_index=True, return_inverse=True)
    place = np.empty(len(distinct), dtype=np.int64)
    place[np.argsort(first, kind="stable")] = np.arange(len(distinct))
    return np.asarray(place[back])
