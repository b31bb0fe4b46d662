"""A source's columns to our fields, as the deployment's FieldMaps say; a column at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.block import Block
from core.deployment import FieldMap

_TIME_DIRECTIVE = re.compile(r"%-?[HIMSfpcXTsR]")


@dataclass(frozen=True, slots=True)
class Mapped:
    """The mapped fields of a block, and for each strict field which rows hold a word it does not know."""

    columns: Mapping[str, pa.Array]
    unknown: Mapping[str, pa.Array]


def apply(fields: Mapping[str, FieldMap], block: Block, *, nulls: tuple[str, ...] = ()) -> Mapped:
    """Every field of the block's rows; ``nulls`` are texts that mean "no value"."""
    columns: dict[str, pa.Array] = {}
    unknown: dict[str, pa.Array] = {}
    for name, how in fields.items():
        value = _origin(how, block, nulls)
        value = _null_if_empty(_transformed(how, value))
        if how.values is not None:
            value, is_unknown = _looked_up(how.values, value)
            if how.strict:
                unknown[name] = is_unknown
        columns[name] = _null_if_empty(value if how.default is None else pc.fill_null(value, how.default))
    return Mapped(columns, unknown)


def _origin(how: FieldMap, block: Block, nulls: tuple[str, ...]) -> pa.Array:
    if how.constant is not None:
        return pa.repeat(pa.scalar(how.constant, pa.string()), len(block.numbers))
    names = how.columns or (how.column or how.path,)
    parts = [_stripped(how.strip, block.columns[str(name)], nulls) for name in names]
    if how.columns is None:
        return parts[0]
    return _joined(parts, how.join)


def _joined(parts: list[pa.Array], join: str) -> pa.Array:
    """What is there of the parts, joined. Arrow drops a row whose parts are all null, hence the empty first one."""
    first = pa.repeat(pa.scalar("", pa.string()), len(parts[0]))
    return pc.utf8_slice_codeunits(pc.binary_join_element_wise(first, *parts, join, null_handling="skip"), len(join))


def _stripped(strip: str | bool, array: pa.Array, nulls: tuple[str, ...]) -> pa.Array:
    if strip is True:
        array = pc.utf8_trim_whitespace(array)
    elif isinstance(strip, str):
        array = pc.utf8_trim(pc.utf8_trim_whitespace(array), characters=strip)
    if nulls:
        array = pc.if_else(pc.is_in(array, pa.array(nulls, pa.string())), None, array)
    return _null_if_empty(array)


def _null_if_empty(array: pa.Array) -> pa.Array:
    is_empty = pc.equal(pc.binary_length(array), 0)
    return pc.if_else(is_empty, None, array) if pc.any(is_empty).as_py() else array


def _transformed(how: FieldMap, array: pa.Array) -> pa.Array:
    if how.pattern is not None:
        array = per_distinct(array, _matcher(how.pattern))
    if how.date_format is not None:
        array = per_distinct(array, _dater(how.date_format))
    return array


def per_distinct(array: pa.Array, function: Callable[[str], str | None]) -> pa.Array:
    """The function of each value, called once a distinct value; null stays null."""
    encoded = array.dictionary_encode()
    made = pa.array([function(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return made.take(encoded.indices)


def _matcher(pattern: str) -> Callable[[str], str | None]:
    """The pattern's first group, or the whole match where it has none; None where it does not match."""
    compiled = re.compile(pattern)
    group = 1 if compiled.groups else 0

    def match(text: str) -> str | None:
        found = compiled.search(text)
        return found[group] if found else None

    return match


def _dater(date_format: str) -> Callable[[str], str | None]:
    """ISO 8601 of a text in this format. Other texts stay: whether they are dates is decided where rows are checked."""
    has_time = bool(_TIME_DIRECTIVE.search(date_format))

    def to_iso(text: str) -> str:
        try:
            at = datetime.strptime(text, date_format)  # noqa: DTZ007 - a zone is the format's to say
        except ValueError:
            return text
        return at.isoformat() if has_time else at.date().isoformat()

    return to_iso


def _looked_up(values: Mapping[str, str], array: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The words replaced; and which are present but not in the map (a word the map leads to is known, too)."""
    keys = pa.array(list(values), pa.string())
    index = pc.index_in(array, keys)
    found = pa.array(list(values.values()), pa.string()).take(index)
    known: Any = pa.array(sorted({*values, *values.values()}), pa.string())
    is_unknown = pc.and_(pc.is_valid(array), pc.invert(pc.is_in(array, known)))
    return pc.coalesce(found, array), is_unknown
