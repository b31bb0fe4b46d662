"""k-anonymity of counts: what leaves operations tells of no group smaller than k.

A count from 1 to k - 1 is not told. Every other is rounded to a multiple of k, so that what is not told cannot be had as a
difference of two that are (Cox 1987; the usual practice of statistical offices).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self


class Coarse(int):
    """A count as it may be told. One that may not be told reads ``<k`` wherever it is written; as a number it is 1."""

    text: str

    def __new__(cls, value: int, text: str = "") -> Self:
        made = super().__new__(cls, value)
        made.text = text
        return made

    def __str__(self) -> str:
        return self.text or super().__repr__()

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return self.text or super().__format__(spec)


def coarse(n: int, k: int) -> Coarse:
    """A count for people outside operations. Zero stays zero."""
    if 0 < n < k:
        return Coarse(1, f"<{k}")
    return Coarse((n + k // 2) // k * k)


def coarsened(value: Any, k: int, *, keep: frozenset[str] = frozenset(), drop: frozenset[str] = frozenset()) -> Any:
    """The same structure with every count coarse. Other numbers (shares, means) go, for they tell counts too.

    ``keep``: keys whose values stay as they are; ``drop``: keys whose values become empty (texts with counts in them).
    """
    if isinstance(value, Mapping):
        return {
            name: inner if name in keep else [] if name in drop else coarsened(inner, k, keep=keep, drop=drop)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [coarsened(inner, k, keep=keep, drop=drop) for inner in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return coarse(value, k) if isinstance(value, int) else None


def told(value: Any) -> Any:
    """A coarsened structure as JSON has it: a count that may not be told is the text ``<k``."""
    if isinstance(value, Mapping):
        return {name: told(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [told(inner) for inner in value]
    return value.text if isinstance(value, Coarse) and value.text else value
