"""What a kind of comparison is: ordered levels, how to tell them, prior m and u, and the keys records can meet by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rapidfuzz import process

from matching.column import Codes, Column

Levels = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
_REPAID = 16  # values that can be looked at in the time of comparing one pair
# distinct values -> one key a value (string) or several (list of strings); null where the value has no such key
KeyFunction = Callable[[pa.Array], pa.Array]


class Kind(ABC):
    """One kind of comparison. Levels are ordered from ``different`` (0) to ``exact`` (last); null is no level."""

    name: ClassVar[str]
    levels: ClassVar[tuple[str, ...]]
    m: ClassVar[tuple[float, ...]]  # what to expect of true pairs before the data speaks
    u: ClassVar[tuple[float, ...]]  # of random pairs
    term_frequency: ClassVar[bool] = False
    shared_by: ClassVar[tuple[str, ...]] = ()
    handed_down: ClassVar[float] = 0.0  # how often at most relatives share it though no relation is defined by it
    of_family: ClassVar[int] = 0  # the highest level that a family name alone reaches
    stays_behind: ClassVar[bool] = True  # of what a household shares: whether it changes with the home
    keys: ClassVar[Mapping[str, KeyFunction]] = {}
    is_masked: ClassVar[bool] = False  # values may hide positions behind '*': equal texts are not equal numbers
    is_slow: ClassVar[bool] = False  # worth comparing each distinct pair of values once only

    @abstractmethod
    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        """The level of each pair of present, unequal texts (aligned string arrays)."""

    def grade(self, left: Column, right: Column, a: Codes, b: Codes) -> Levels:
        """The same of pairs of codes, by what is known of each distinct value where that is quicker."""
        if not is_worth(left, right, len(a)):
            return self.compare(left.values.take(pa.array(a)), right.values.take(pa.array(b)))
        may = self.may_agree(left, right, a, b)
        if may is None:
            return self.compare(left.values.take(pa.array(a)), right.values.take(pa.array(b)))
        out = np.zeros(len(a), dtype=np.int8)
        rows = np.flatnonzero(may)
        out[rows] = self.compare(left.values.take(pa.array(a[rows])), right.values.take(pa.array(b[rows])))
        return out

    def may_agree(self, left: Column, right: Column, a: Codes, b: Codes) -> Flags | None:  # noqa: ARG002
        """Pairs that are not certain to be ``different``: only those are compared in full. None: nothing is known."""
        return None


def is_worth(left: Column, right: Column, pairs: int) -> bool:
    """Whether so many pairs repay a look at all values: one signal is compared with its few candidates as it is."""
    return max(pairs, len(left.values)) * _REPAID >= len(right.values)


def similarities(left: pa.Array, right: pa.Array, scorer: Any, cutoff: float) -> npt.NDArray[np.float32]:
    """``scorer`` of rapidfuzz on each pair of aligned texts; what is worse than ``cutoff`` is only said to be worse."""
    if len(left) == 0:
        return np.empty(0, dtype=np.float32)
    return np.asarray(
        process.cpdist(texts(left), texts(right), scorer=scorer, score_cutoff=cutoff, dtype=np.float32, workers=1)
    )


def texts(values: pa.Array) -> list[str]:
    """As Python texts, faster than ``to_pylist``."""
    return values.to_numpy(zero_copy_only=False).tolist()  # type: ignore[no-any-return]


def steps(score: npt.NDArray[Any], thresholds: tuple[float, ...]) -> Levels:
    """How many of the ascending thresholds each score reaches."""
    out = np.zeros(len(score), dtype=np.int8)
    for threshold in thresholds:
        out += score >= threshold
    return out
