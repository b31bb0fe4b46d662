"""Keys that several kinds share: whole value, prefix, suffix, sound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.column import text_bytes

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

_ROWS = 1 << 15  # values looked at at a time: what is made on the way stays in cache
_LETTERS = 12
_MUTE = 9
_DIGITS: Bytes = np.zeros(256, dtype=np.uint8)  # vowels and what is no letter: 0
for _digit, _alike in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), start=1):
    _DIGITS[[ord(c) for c in _alike]] = _digit
_DIGITS[[ord("h"), ord("w")]] = _MUTE


def exact(values: pa.Array) -> pa.Array:
    """The value itself."""
    return values


def start(length: int) -> Callable[[pa.Array], pa.Array]:
    """The first ``length`` characters of values that have as many."""
    return lambda values: _long_enough(values, pc.utf8_slice_codeunits(values, 0, length), length)


def end(length: int) -> Callable[[pa.Array], pa.Array]:
    """The last ``length`` characters of values that have as many."""
    return lambda values: _long_enough(values, pc.utf8_slice_codeunits(values, -length), length)


def head(values: pa.Array, sign: int) -> pa.Array:
    """What stands before the first byte ``sign`` (ASCII) of each value; the whole value where there is none."""
    parts = [_head(values.slice(at, _ROWS), sign) for at in range(0, len(values), _ROWS)]
    return pa.concat_arrays([values.slice(0, 0), *parts])


def _head(values: pa.Array, sign: int) -> pa.Array:
    offsets, data = text_bytes(values)
    data = data[offsets[0] : offsets[-1]]
    starts, ends = offsets[:-1] - offsets[0], offsets[1:] - offsets[0]
    signs = np.append(np.flatnonzero(data == sign), len(data))
    sizes = np.minimum(signs[np.searchsorted(signs, starts)], ends) - starts
    kept = np.append(0, np.cumsum(sizes))
    letters = data[np.arange(kept[-1]) + np.repeat(starts - kept[:-1], sizes)]
    buffers = [None, pa.py_buffer(kept.astype(np.int32)), pa.py_buffer(letters)]
    out = pa.Array.from_buffers(pa.string(), len(values), buffers)
    return pc.if_else(pc.is_valid(values), out, pa.scalar(None, pa.string())) if values.null_count else out


def sound(values: pa.Array) -> pa.Array:
    """Soundex of the first letters (Russell 1918), so that spellings of one sound meet; null where there are none."""
    letters = _letters(pc.fill_null(values, ""))
    digits = _DIGITS[letters]
    spoken = digits != _MUTE  # h and w do not part letters of one digit
    before = _before(digits, spoken)
    counted = (digits > 0) & spoken & (digits != before)
    counted[:, 0] = False
    order = np.cumsum(counted, axis=1)
    code = np.full((len(letters), 4), ord("0"), dtype=np.uint8)
    code[:, 0] = letters[:, 0]
    for n in (1, 2, 3):
        digit = np.where(counted & (order == n), digits, 0).max(axis=1)
        code[:, n] = digit + ord("0")
    texts = pa.Array.from_buffers(
        pa.string(),
        len(code),
        [None, pa.py_buffer(np.arange(0, 4 * len(code) + 1, 4, dtype=np.int32)), pa.py_buffer(code)],
    )
    return kept(letters[:, 0] > 0, texts)


def _letters(values: pa.Array) -> Bytes:
    """The first letters of each value, lower case, as rows of bytes; 0 after the last."""
    bare = pc.utf8_slice_codeunits(pc.replace_substring_regex(pc.utf8_lower(values), "[^a-z]+", ""), 0, _LETTERS)
    offsets = np.frombuffer(bare.buffers()[1], dtype=np.int32)[bare.offset : bare.offset + len(bare) + 1].astype(
        np.int64
    )
    data = np.frombuffer(bare.buffers()[2] or b"\0", dtype=np.uint8)
    at = offsets[:-1, None] + np.arange(_LETTERS)
    return np.where(at < offsets[1:, None], data[np.minimum(at, max(len(data) - 1, 0))], 0).astype(np.uint8)


def _before(digits: Bytes, spoken: Flags) -> Bytes:
    """The digit of the last letter spoken before each; 0 at the start."""
    out = np.zeros_like(digits)
    for n in range(1, digits.shape[1]):
        out[:, n] = np.where(spoken[:, n - 1], digits[:, n - 1], out[:, n - 1])
    return out


def each(values: pa.Array, function: Callable[[str], str | None]) -> pa.Array:
    """``function`` of each value; an empty answer is null."""
    return pa.array([function(v) or None for v in values.to_pylist()], pa.string())


def _long_enough(values: pa.Array, keys: pa.Array, length: int) -> pa.Array:
    return pc.if_else(pc.greater_equal(pc.utf8_length(values), length), keys, pa.scalar(None, pa.string()))


def without_mask(keys: pa.Array) -> pa.Array:
    """Null where a position is hidden; most often none is, and the keys are what they were."""
    hidden = pc.match_substring(keys, "*")
    if not pc.any(hidden).as_py():
        return keys
    return pc.if_else(hidden, pa.scalar(None, pa.string()), keys)


def kept(flags: Flags, values: pa.Array) -> pa.Array:
    """Null where the flag is off."""
    return pc.if_else(pa.array(flags), values, pa.scalar(None, pa.string()))
