"""Arrow columns ↔ JSON text, a column at a time: no Python object per row."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

_FEW = 1000  # of so few lists Python makes less ado than a reader of files


def dumps(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Each value of the column as JSON text; null stays null. Strings, numbers, booleans, times, lists, structs."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    kind = array.type
    if pa.types.is_dictionary(kind):
        return dumps(array.cast(kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _quoted(array)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _lists(array)
    if pa.types.is_struct(kind):
        return _structs(array)
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_finite(array), array, pa.scalar(None, kind)).cast(pa.string())
    if pa.types.is_timestamp(kind):
        return _joined([pa.scalar('"'), pc.strftime(array, "%Y-%m-%dT%H:%M:%SZ"), pa.scalar('"')])
    if pa.types.is_date(kind):
        return _joined([pa.scalar('"'), array.cast(pa.string()), pa.scalar('"')])
    return array.cast(pa.string())


def loads(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """The inverse of ``dumps`` for a known type."""
    if len(texts) == 0:
        return pa.array([], kind)
    if len(texts) <= _FEW and pa.types.is_list(kind) and pa.types.is_string(kind.value_type):
        return pa.array([None if t is None else json.loads(t) for t in texts.to_pylist()], kind)
    lines = _joined([pa.scalar('{"v":'), pc.fill_null(texts.cast(pa.large_string()), "null"), pa.scalar("}")])
    longest = pc.max(pc.binary_length(lines)).as_py()
    table = pj.read_json(
        io.BytesIO("\n".join(lines.to_pylist()).encode()),
        read_options=pj.ReadOptions(block_size=max(1 << 20, 2 * longest), use_threads=False),
        parse_options=pj.ParseOptions(explicit_schema=pa.schema([("v", kind)])),
    )
    return table.column("v").combine_chunks()


def _joined(parts: list[pa.Array | pa.Scalar]) -> pa.Array:
    large = [p.cast(pa.large_string()) for p in parts]
    return pc.binary_join_element_wise(*large, pa.scalar("", pa.large_string()))


def _quoted(array: pa.Array) -> pa.Array:
    encoded = array.dictionary_encode()
    quoted = [None if v is None else json.dumps(v, ensure_ascii=False) for v in encoded.dictionary.to_pylist()]
    return pa.array(quoted, pa.large_string()).take(encoded.indices)


def _or_null(texts: pa.Array) -> pa.Array:
    return pc.fill_null(texts.cast(pa.large_string()), "null")


def _lists(array: pa.Array) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    offsets = pa.array([0, *lengths.cumsum().tolist()], pa.int64())
    items = pa.LargeListArray.from_arrays(offsets, _or_null(dumps(array.flatten())))
    text = _joined([pa.scalar("["), pc.binary_join(items, pa.scalar(",", pa.large_string())), pa.scalar("]")])
    return pc.if_else(pc.is_valid(array), text, pa.scalar(None, pa.large_string()))


def _structs(array: pa.Array) -> pa.Array:
    parts: list[pa.Array | pa.Scalar] = []
    for i, (field, child) in enumerate(zip(array.type, array.flatten(), strict=True)):
        parts += [pa.scalar(f"{'{' if i == 0 else ','}{json.dumps(field.name)}:"), _or_null(dumps(child))]
    text = _joined([*parts, pa.scalar("}")])
    return pc.if_else(pc.is_valid(array), text, pa.scalar(None, pa.large_string()))
