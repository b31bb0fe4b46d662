"""Numbers of fixed layout whose positions may be hidden behind '*': phones and resident ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import OSA

from matching.column import Codes, Column
from matching.compare import keys, letters
from matching.compare.kind import Flags, KeyFunction, Kind, Levels, similarities, steps

HIDDEN = ord("*")
TAIL = 6  # a number of no more positions is the end of a longer one


class Masked(Kind):
    """``fits``: every position both show agrees. A full number also allows one or two typing errors."""

    levels = ("different", "two edits", "one edit", "fits", "exact")
    m = (0.15, 0.01, 0.04, 0.4, 0.4)
    u = (0.998899, 0.001, 0.0001, 0.000001, 0.0000001)
    term_frequency = True
    is_masked = True
    fits = 3

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        a, b = self.bare(left), self.bare(right)
        hidden = np.asarray(pc.or_(pc.match_substring(a, "*"), pc.match_substring(b, "*")))
        short = np.asarray(pc.not_equal(pc.utf8_length(a), pc.utf8_length(b))) & (hidden | self._is_tail(a, b))
        out = np.zeros(len(a), dtype=np.int8)
        whole = ~hidden & ~short
        out[whole] = steps(
            -similarities(a.filter(pa.array(whole)), b.filter(pa.array(whole)), OSA.distance, 2), (-2, -1)
        )
        out[~whole] = np.where(fitting(a.filter(pa.array(~whole)), b.filter(pa.array(~whole))), 3, 0)
        equal = np.asarray(pc.equal(a, b)) & ~hidden
        return np.where(equal, 4, out).astype(np.int8)

    def may_agree(self, left: Column, right: Column, a: Codes, b: Codes) -> Flags:
        """Full numbers of a usual length are few edits apart; what is hidden or short is compared in full."""
        known, other = (c.derive(("bare", self.name), self._letters) for c in (left, right))
        return letters.edits(known, other, a, b, 2)

    def _letters(self, values: pa.Array) -> letters.Letters:
        bare = self.bare(values)
        known = letters.letters(bare)
        full = np.asarray(pc.and_(pc.greater(pc.utf8_length(bare), TAIL), pc.invert(pc.match_substring(bare, "*"))))
        return letters.Letters(known.counts, np.where(full, known.sizes, 0).astype(np.uint8), known.heads)

    def bare(self, values: pa.Array) -> pa.Array:
        """The number without what all numbers have (a country code)."""
        return pc.utf8_upper(values)

    def masked_as(self, values: pa.Array, shown: tuple[int, ...], length: int) -> pa.Array:
        """Full numbers as a layout shows them: ``shown`` positions from the end, the rest hidden; null if not full."""
        full = self.bare(values)
        fits = pc.and_(pc.invert(pc.match_substring(full, "*")), pc.greater_equal(pc.utf8_length(full), max(length, 7)))
        if length > TAIL:
            fits = pc.and_(fits, pc.equal(pc.utf8_length(full), length))
        end = pc.utf8_slice_codeunits(full, -length)
        at = [pc.utf8_slice_codeunits(end, n, n + 1) if n in shown else pa.scalar("*") for n in range(length)]
        return pc.if_else(fits, pc.binary_join_element_wise(*at, ""), pa.scalar(None, pa.string()))

    def _is_tail(self, a: pa.Array, b: pa.Array) -> npt.NDArray[np.bool_]:
        return np.asarray(pc.less_equal(pc.min_element_wise(pc.utf8_length(a), pc.utf8_length(b)), TAIL))


def layouts(masks: pa.Array) -> dict[tuple[tuple[int, ...], int], npt.NDArray[np.int64]]:
    """Which values show which positions: (shown positions, length) -> indices."""
    patterns = pc.replace_substring_regex(masks, r"[^*]", "0").dictionary_encode()
    codes = np.asarray(patterns.indices)
    out = {}
    for n, pattern in enumerate(patterns.dictionary.to_pylist()):
        shown = tuple(i for i, c in enumerate(pattern) if c != "*")
        out[shown, len(pattern)] = np.flatnonzero(codes == n)
    return out


class Phone(Masked):
    """E.164, or masked as its source masks it (138****8000)."""

    name = "phone"
    shared_by = ("household",)
    stays_behind = False
    keys: ClassVar[Mapping[str, KeyFunction]] = {
        "exact": lambda values: keys.without_mask(national(values)),
        "ends": lambda values: _ends(national(values), 3, 4),
        "start": lambda values: keys.without_mask(keys.start(7)(national(values))),
        "end": lambda values: keys.without_mask(keys.end(6)(national(values))),
    }

    def bare(self, values: pa.Array) -> pa.Array:
        return national(values)


class ResidentId(Masked):
    """A resident id of 18 positions, masked or only its tail."""

    name = "resident_id"
    m = (0.03, 0.01, 0.03, 0.43, 0.5)
    keys: ClassVar[Mapping[str, KeyFunction]] = {
        "exact": lambda values: keys.without_mask(pc.utf8_upper(values)),
        "ends": lambda values: _ends(pc.utf8_upper(values), 3, 4),
        "tail": lambda values: keys.without_mask(keys.end(4)(pc.utf8_upper(values))),
        "start": lambda values: keys.without_mask(keys.start(6)(values)),
        "birth": lambda values: keys.without_mask(_long(pc.utf8_slice_codeunits(values, 6, 14), 8)),
    }


def national(values: pa.Array) -> pa.Array:
    """Digits and hidden positions, without +86."""
    if pc.all(pc.ascii_is_decimal(values)).as_py():
        return values
    return pc.replace_substring_regex(pc.replace_substring_regex(values, r"[^\d*+]", ""), r"^\+86", "")


def fitting(a: pa.Array, b: pa.Array) -> npt.NDArray[np.bool_]:
    """Whether all positions that both show agree, aligned at the end; at least three must be shown by both."""
    if len(a) == 0:
        return np.empty(0, dtype=np.bool_)
    left, right = _aligned(a), _aligned(b)
    shown: npt.NDArray[np.bool_] = (left != HIDDEN) & (right != HIDDEN) & (left != 0) & (right != 0)
    clash: npt.NDArray[np.bool_] = (shown & (left != right)).any(axis=1)
    same_length = np.asarray(pc.equal(pc.utf8_length(a), pc.utf8_length(b)))
    tail = np.asarray(pc.less_equal(pc.min_element_wise(pc.utf8_length(a), pc.utf8_length(b)), TAIL))
    return np.asarray(~clash & (shown.sum(axis=1) >= 3) & (same_length | tail))


def _aligned(values: pa.Array) -> npt.NDArray[np.uint8]:
    width = 20
    padded = pc.utf8_slice_codeunits(
        pc.utf8_lpad(pc.replace_substring_regex(values, r"[^\x01-\x7f]", "?"), width, "\x00"), -width
    )
    return np.frombuffer("".join(padded.to_pylist()).encode("ascii"), dtype=np.uint8).reshape(-1, width)


def _ends(values: pa.Array, head: int, tail: int) -> pa.Array:
    """First and last positions where both are shown: a masked number and the full one have the same."""
    key = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(values, 0, head), pc.utf8_slice_codeunits(values, -tail), "-"
    )
    long = pc.greater_equal(pc.utf8_length(values), head + tail + 1)
    return keys.without_mask(pc.if_else(long, key, pa.scalar(None, pa.string())))


def _long(values: pa.Array, length: int) -> pa.Array:
    return pc.if_else(pc.equal(pc.utf8_length(values), length), values, pa.scalar(None, pa.string()))
