"""Columns of text: run a scalar function once per distinct value, and hand back arrays as long as the column.

Absent is null, whitespace, or a word that people and exports write for "nothing" (``N/A``, ``null``, ``无``, ``-``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from core.errors import BadInput

TEXT = pa.string()

# Lower case. What exports and clerks write where they have nothing: absent, not bad.
NOTHING = frozenset(
    {"", "-", "--", "—", "/", "\\", ".", "?", "null", "none", "nan", "<na>", "n/a", "na", "nil", "\\n", "#n/a", "nat"}
    | {"无", "無", "空", "暂无", "未知", "不详", "未填", "未填写", "未提供", "没有", "unknown"}
)
_NOTHING = pa.array(sorted(NOTHING), TEXT)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A column after normalising, every array as long as the column.

    ``values``: canonical text, null where absent or bad. ``kinds``: sub-type, null where absent or bad.
    ``reasons``: a ``core.reasons.Reason`` where the input was present but bad, else null.
    """

    values: pa.Array
    kinds: pa.Array
    reasons: pa.Array


@dataclass(frozen=True, slots=True)
class Distinct:
    """The distinct present texts of a column (trimmed, no nulls), and which one stands in each row (null: absent)."""

    values: pa.Array
    indices: pa.Array

    def spread(self, answers: pa.Array) -> pa.Array:
        """One answer a distinct value -> one answer a row, null where the row is absent."""
        return answers.take(self.indices)


def distinct(column: pa.Array | pa.ChunkedArray) -> Distinct:
    """Dictionary-encode a column of any type that casts to text; absent values become null rows."""
    encoded = _text(column).dictionary_encode()
    values, indices = encoded.dictionary, encoded.indices
    trimmed = pc.utf8_trim_whitespace(values)
    if not trimmed.equals(values):  # trimming may have made two values one; encoding again is what costs
        again = trimmed.dictionary_encode()
        values, indices = again.dictionary, again.indices.take(indices)
    is_present = pc.invert(pc.is_in(pc.utf8_lower(values), value_set=_NOTHING))
    place = pc.subtract(pc.cumulative_sum(is_present.cast(pa.int32())), 1)
    return Distinct(values.filter(is_present), pc.if_else(is_present, place, None).take(indices))


def map_distinct(
    column: pa.Array | pa.ChunkedArray, function: Callable[[str], object], answer: pa.DataType = TEXT
) -> pa.Array:
    """``function`` of every present value, called once per distinct value; null where absent."""
    d = distinct(column)
    return d.spread(pa.array([function(text) for text in d.values.to_pylist()], answer))


def normalise(column: pa.Array | pa.ChunkedArray, scalar: Callable[[str], tuple[str, str]]) -> Normalised:
    """Normalise with ``scalar``: text -> (canonical, kind), or BadInput, whose reason is recorded for the row."""
    d = distinct(column)
    return spread(d, normalise_distinct(d.values, scalar))


def normalise_distinct(values: pa.Array, scalar: Callable[[str], tuple[str, str]]) -> Normalised:
    """The same for values known to be present and distinct: no encoding, no spreading."""
    canonical: list[str | None] = []
    kinds: list[str | None] = []
    reasons: list[str | None] = []
    for text in values.to_pylist():
        try:
            value, kind = scalar(text)
        except BadInput as bad:
            canonical.append(None)
            kinds.append(None)
            reasons.append(str(bad.reason))
        else:
            canonical.append(value)
            kinds.append(kind)
            reasons.append(None)
    return Normalised(*(pa.array(column, TEXT) for column in (canonical, kinds, reasons)))


def try_distinct(values: pa.Array, function: Callable[[str], object], answer: pa.DataType) -> tuple[pa.Array, pa.Array]:
    """(answers, reasons) of a function that may raise BadInput; null in both where the value is null."""
    answers: list[object] = []
    reasons: list[str | None] = []
    for text in values.to_pylist():
        try:
            answers.append(None if text is None else function(text))
            reasons.append(None)
        except BadInput as bad:
            answers.append(None)
            reasons.append(str(bad.reason))
    return pa.array(answers, answer), pa.array(reasons, TEXT)


def spread(d: Distinct, answers: Normalised) -> Normalised:
    """Answers of the distinct values -> answers of the rows."""
    return Normalised(d.spread(answers.values), d.spread(answers.kinds), d.spread(answers.reasons))


def merge(is_first: pa.Array, first: Normalised, rest: Normalised) -> Normalised:
    """Answers of the values where ``is_first`` holds, and of the others, back in their order."""
    in_first = pc.subtract(pc.cumulative_sum(is_first.cast(pa.int64())), 1)
    in_rest = pc.subtract(pc.cumulative_sum(pc.invert(is_first).cast(pa.int64())), 1)
    order = pc.if_else(is_first, in_first, pc.add(in_rest, len(first.values)))
    halves = ((first.values, rest.values), (first.kinds, rest.kinds), (first.reasons, rest.reasons))
    return Normalised(*(pa.concat_arrays(pair).take(order) for pair in halves))


def _text(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One flat array of ``string``, whatever the chunks and the type (dictionary, large_string, int, null)."""
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(flat, pa.ChunkedArray):  # combine_chunks of some types keeps chunks
        flat = pa.concat_arrays(flat.chunks) if flat.num_chunks else pa.nulls(0, TEXT)
    if pa.types.is_dictionary(flat.type):
        flat = flat.dictionary_decode()
    return flat if flat.type == TEXT else flat.cast(TEXT)
