"""Given names in Latin letters: spellings, short forms, initials."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import JaroWinkler

from matching.column import Codes, Column
from matching.compare import keys, letters
from matching.compare.kind import Flags, KeyFunction, Kind, Levels, is_worth, similarities, steps
from matching.hashing import U64, hash_texts


def roots(values: pa.Array) -> pa.Array:
    """``root`` of each name."""
    first = values
    if pc.any(pc.match_substring_regex(values, r"[ .]")).as_py():
        first = pc.replace_substring_regex(values, r"\.?( .*)?$", "")
    short, full = _forms()
    at = pc.index_in(first, value_set=short)
    return pc.coalesce(full.take(at), first)


@cache
def _forms() -> tuple[pa.Array, pa.Array]:
    forms = _full_forms()
    return pa.array(forms.keys(), pa.string()), pa.array(forms.values(), pa.string())


class GivenName(Kind):
    """Jaro–Winkler at 0.8, 0.88 and 0.92; ``variant``: a short form (bill, william) or an initial."""

    name = "given_name"
    levels = ("different", "similar", "close", "variant", "near", "exact")
    m = (0.06, 0.02, 0.03, 0.06, 0.08, 0.75)
    u = (0.945, 0.02, 0.01, 0.01, 0.005, 0.01)
    term_frequency = True
    shared_by = ("namesake",)
    handed_down = 0.1  # a father's name given to his son
    keys: ClassVar[Mapping[str, KeyFunction]] = {
        "exact": keys.exact,
        "root": roots,
        "sound": keys.sound,
        "start": keys.start(3),
        "initial": keys.start(1),
    }

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        return _levels(left, right, np.asarray(pc.equal(roots(left), roots(right)).fill_null(False)))

    def grade(self, left: Column, right: Column, a: Codes, b: Codes) -> Levels:
        if not is_worth(left, right, len(a)):
            return super().grade(left, right, a, b)
        rows = np.flatnonzero(self.may_agree(left, right, a, b))
        one, other = a[rows], b[rows]
        same_root = left.derive("root", _root_hashes)[one] == right.derive("root", _root_hashes)[other]
        out = np.zeros(len(a), dtype=np.int8)
        out[rows] = _levels(left.values.take(pa.array(one)), right.values.take(pa.array(other)), same_root)
        return out

    def may_agree(self, left: Column, right: Column, a: Codes, b: Codes) -> Flags:
        one, other = (c.derive("root", _root_hashes) for c in (left, right))
        short, brief = (c.derive("initial", _is_initial) for c in (left, right))
        return np.asarray(
            letters.jaro_winkler(letters.of(left), letters.of(right), a, b, 0.8)
            | (one[a] == other[b])
            | short[a]
            | brief[b]
        )


def _levels(left: pa.Array, right: pa.Array, same_root: Flags) -> Levels:
    grades = np.array([0, 1, 2, 4], dtype=np.int8)
    out = grades[steps(similarities(left, right, JaroWinkler.normalized_similarity, 0.8), (0.8, 0.88, 0.92))]
    initial = _starts_with_initial(left, right) | _starts_with_initial(right, left)
    return np.where((out < 3) & (initial | same_root), np.int8(3), out)


def root(name: str) -> str:
    """The full form of a short form (bob -> robert), else the first of the names as it is."""
    first = name.split(" ", 1)[0].rstrip(".")
    return _full_forms().get(first, first)


@cache
def _full_forms() -> dict[str, str]:
    forms: dict[str, str] = {}
    text = resources.files("matching").joinpath("compare/nicknames.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        full, *short = line.split("\t")
        for form in short:
            forms.setdefault(form, full)
    return {form: full for form, full in forms.items() if full != form}


def _root_hashes(values: pa.Array) -> U64:
    return hash_texts(roots(values))


def _is_initial(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Whether a name is one letter, with a full stop or without."""
    return np.asarray(pc.less_equal(pc.utf8_length(pc.utf8_rtrim(values, ".")), 1))


def _starts_with_initial(left: pa.Array, right: pa.Array) -> npt.NDArray[np.bool_]:
    """Whether the left is an initial ("j", "j.") and the right begins with it."""
    out = np.zeros(len(left), dtype=np.bool_)
    short = np.flatnonzero(np.asarray(pc.less_equal(pc.binary_length(left), 5)))
    initials = pc.utf8_rtrim(left.take(pa.array(short)), ".")
    begins = pc.utf8_slice_codeunits(right.take(pa.array(short)), 0, 1)
    out[short] = np.asarray(pc.equal(initials, begins))
    return out
