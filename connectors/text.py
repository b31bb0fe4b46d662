"""Any value a source may hold, as text: what the lender's own staff would read in that cell."""

from __future__ import annotations

import codecs
import datetime as dt
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

# Stands for broken bytes inside decoded text: a Unicode noncharacter, kept for internal use by the standard. A row that
# holds it (or NUL, which no text of a person holds and PostgreSQL refuses) is BAD_ENCODING.
MARK = "\ufdd1"
MARK_UTF8 = MARK.encode()


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    # The CJK codecs would swallow the byte after a broken lead byte: often the delimiter or the end of the line.
    step = error.end if error.encoding.startswith("utf") else error.start + 1
    return MARK, step


codecs.register_error("replace_by_mark", _mark)

# A double keeps 15 significant digits: a longer whole number has lost its tail, and must look like that.
_EXACT = 10**15
_EXCEL_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})


def of_value(value: object) -> str | None:
    """One value as text; None for None. Whole floats lose their ``.0``, dates and times become ISO 8601."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _of_float(value)
    if isinstance(value, dt.datetime):
        return _of_datetime(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return _of_other(value)


def _of_float(value: float) -> str | None:
    if value != value:  # noqa: PLR0124 - NaN is how a table says "no value"
        return None
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value).upper()


def _of_datetime(value: dt.datetime) -> str:
    is_date = value.tzinfo is None and value.time() == dt.time()
    return value.date().isoformat() if is_date else value.isoformat()


def _of_other(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace_by_mark")
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=of_value)
    return str(value)


def of_cell(value: object) -> object:
    """A spreadsheet cell: Excel's own error texts are absent; a whole number it kept 15 digits of shows that it did."""
    if isinstance(value, str):
        return None if value in _EXCEL_ERRORS else value
    if isinstance(value, int) and abs(value) >= _EXACT and not value % 10 ** (len(str(abs(value))) - 15):
        return float(value)
    return value


def of_values(values: Sequence[object]) -> pa.Array:
    """A string array; lone surrogates (JSON can escape half a character) become MARK."""
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeError):
        if set(map(type, values)) <= {int, type(None)}:
            return _of_ints(values)
        return pa.array([_encodable(of_value(v)) for v in values], pa.string())


def _of_ints(values: Sequence[object]) -> pa.Array:
    try:
        return pa.array(values, pa.int64()).cast(pa.string())
    except (pa.ArrowInvalid, OverflowError):  # longer than 64 bits
        return pa.array([of_value(v) for v in values], pa.string())


def _encodable(value: str | None) -> str | None:
    return None if value is None else value.encode("utf-8", "surrogatepass").decode("utf-8", "replace_by_mark")


def of_array(array: pa.Array) -> pa.Array:
    """A string array of an Arrow array of any type; the same text as ``of_value`` of each of its values."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return of_array(array.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _of_string(array)
    for is_kind, convert in _CONVERSIONS:
        if is_kind(kind):
            return convert(array)
    return of_values([of_value(v) for v in _python(array)])


def _python(array: pa.Array) -> list[object]:
    """The values; MARK for one that is none of its type (a time of day beyond the day)."""
    try:
        found: list[object] = array.to_pylist()
    except (OverflowError, ValueError):
        return [_scalar(scalar) for scalar in array]
    return found


def _scalar(scalar: pa.Scalar) -> object:
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        return MARK


def _of_string(array: pa.Array) -> pa.Array:
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return of_values([of_value(v) for v in array.cast(pa.binary()).to_pylist()])
    return array.cast(pa.string())


def _of_floats(array: pa.Array) -> pa.Array:
    array = array.cast(pa.float64())
    whole = pc.and_(pc.equal(pc.floor(array), array), pc.less(pc.abs(array), float(_EXACT)))
    as_int = pc.if_else(whole, array, None).cast(pa.int64(), safe=False).cast(pa.string())
    as_float = pc.utf8_upper(pc.if_else(pc.is_nan(array), None, array).cast(pa.string()))
    return pc.coalesce(as_int, as_float)


def _of_timestamps(array: pa.Array) -> pa.Array:
    """Whole seconds show no fraction, whatever stands beside them: a time may be an id."""
    kind = array.type
    whole = pc.all(pc.equal(pc.floor_temporal(array, unit="second"), array)).as_py()
    if whole is not False:
        array = array.cast(pa.timestamp("s", kind.tz))
    texts = pc.replace_substring(array.cast(pa.string()), " ", "T", max_replacements=1)
    return texts if whole is not False else pc.replace_substring_regex(texts, r"\.0+([^0-9]|$)", r"\1")


def _plain(array: pa.Array) -> pa.Array:
    return array.cast(pa.string())


_CONVERSIONS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]], ...] = (
    (pa.types.is_integer, _plain),
    (pa.types.is_floating, _of_floats),
    (pa.types.is_timestamp, _of_timestamps),
    (pa.types.is_date32, _plain),
    (pa.types.is_boolean, _plain),
    (pa.types.is_null, _plain),
)


def broken(columns: Sequence[pa.Array]) -> pa.Array | None:
    """Which rows hold MARK or NUL in any column (boolean array); None when none does."""
    masks = []
    for array in columns:
        for sign in (MARK, "\0"):
            found = pc.match_substring(array, sign)
            if pc.any(found).as_py():
                masks.append(pc.fill_null(found, False))
    return reduce(pc.or_, masks) if masks else None
