"""Which of several rows of one record is the newest: versions as numbers, and the memory of the highest of each id."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors import identity
from connectors.runs import Columns, Runs
from values import dates

# Below every version that is told: a row without one never replaces a row.
NONE = -(2**63)


def of_texts(texts: pa.Array) -> pa.Array:
    """Each version as int64: a whole number as it is, a time as microseconds since 1970, NONE for neither and for null."""
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary
    is_whole = pc.match_substring_regex(distinct, r"^[0-9]{1,18}$")
    whole = pc.if_else(is_whole, distinct, None).cast(pa.int64())
    moments, _ = dates.normalise(pc.if_else(is_whole, None, distinct))
    numbers = pc.coalesce(whole, moments.cast(pa.int64()), pa.scalar(NONE, pa.int64()))
    return pc.fill_null(numbers.take(encoded.indices), NONE)


class Newest:
    """The highest version seen of each digest, 16 bytes an id: like ``identity.Seen``, with the version beside it."""

    def __init__(self) -> None:
        self._runs = Runs(_merged)

    def passed(self, found: bytes, versions: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
        """Remember these; True for each that is not the newest of its id so far (of equal ones, the first is)."""
        halves = identity.halves(found)
        numbers = versions.to_numpy().astype(np.int64)
        # By id, then the newest first, then in the order they came.
        order = np.lexsort((np.arange(len(halves)), ~numbers, halves))
        ids, numbers = halves[order], numbers[order]
        is_old = np.zeros(len(ids), np.bool_)
        is_old[1:] = ids[1:] == ids[:-1]
        for run_ids, run_numbers in self._runs:
            at = identity.at_or_after(run_ids, ids)
            is_old |= (run_ids[at] == ids) & (run_numbers[at] >= numbers)
        self._runs.add(ids[~is_old], numbers[~is_old])
        passed = np.empty_like(is_old)
        passed[order] = is_old
        return passed


def _merged(one: Columns, other: Columns) -> Columns:
    ids, numbers = (np.concatenate(both) for both in zip(one, other, strict=True))
    order = np.lexsort((numbers, ids))
    ids, numbers = ids[order], numbers[order]
    is_newest = np.append(ids[1:] != ids[:-1], True)
    return ids[is_newest], numbers[is_newest]
