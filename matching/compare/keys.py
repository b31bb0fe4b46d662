"""Keys that several kinds share: whole value, prefix, suffix, sound."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_SOUNDS = str.maketrans("bfpvcgjkqsxzdtlmnr", "111122222222334556")


def exact(values: pa.Array) -> pa.Array:
    """The value itself."""
    return values


def start(length: int) -> Callable[[pa.Array], pa.Array]:
    """The first ``length`` characters of values that have as many."""
    return lambda values: _long_enough(values, pc.utf8_slice_codeunits(values, 0, length), length)


def end(length: int) -> Callable[[pa.Array], pa.Array]:
    """The last ``length`` characters of values that have as many."""
    return lambda values: _long_enough(values, pc.utf8_slice_codeunits(values, -length), length)


def sound(values: pa.Array) -> pa.Array:
    """Soundex of the letters (Russell 1918), so that spellings of one sound meet; null for other scripts."""
    return each(values, soundex)


def each(values: pa.Array, function: Callable[[str], str | None]) -> pa.Array:
    """``function`` of each value; an empty answer is null."""
    return pa.array([function(v) or None for v in values.to_pylist()], pa.string())


@lru_cache(maxsize=1 << 17)
def soundex(text: str) -> str | None:
    """First letter and three digits; None where there is no Latin letter."""
    letters = [c for c in text.casefold() if "a" <= c <= "z"]
    if not letters:
        return None
    code, last = [letters[0]], letters[0].translate(_SOUNDS)
    for letter in letters[1:]:
        digit = letter.translate(_SOUNDS)
        if digit.isdigit() and digit != last:
            code.append(digit)
        if letter not in "hw":
            last = digit
    return "".join(code)[:4].ljust(4, "0")


def _long_enough(values: pa.Array, keys: pa.Array, length: int) -> pa.Array:
    return pc.if_else(pc.greater_equal(pc.utf8_length(values), length), keys, pa.scalar(None, pa.string()))


def without_mask(keys: pa.Array) -> pa.Array:
    """Null where a position is hidden."""
    return pc.if_else(pc.match_substring(keys, "*"), pa.scalar(None, pa.string()), keys)


def pairs_mask(flags: np.ndarray[tuple[int], np.dtype[np.bool_]], values: pa.Array) -> pa.Array:
    """Null where the flag is off."""
    return pc.if_else(pa.array(flags), values, pa.scalar(None, pa.string()))
