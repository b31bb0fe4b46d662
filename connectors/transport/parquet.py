"""Parquet, a batch of row groups at a time; any column type, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors import block, files, paths, text
from connectors.block import Block
from connectors.files import File
from connectors.request import Request


class Parquet:
    """Parquet files; nested columns by path. Columns that are not mapped are not read."""

    name = "parquet"
    options: Mapping[str, str] = files.OPTIONS

    def read(self, request: Request) -> Iterator[Block]:
        return files.read(request, _of_file)


TRANSPORTS = (Parquet(),)


def _of_file(file: File, request: Request) -> Iterator[Block]:
    with file.open() as stream:
        try:
            yield from _blocks(file, request, pq.ParquetFile(stream))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as e:
            is_of_medium = getattr(e, "errno", None) is not None or isinstance(e, (ConnectionError, TimeoutError))
            if is_of_medium:  # not the format's
                raise
            raise request.unusable(f"{file.name} is not a whole Parquet file") from None


def _blocks(file: File, request: Request, parquet: pq.ParquetFile) -> Iterator[Block]:
    schema = parquet.schema_arrow
    tops = {wanted: _top(wanted, schema) for wanted in request.columns(_leaves(schema))}
    request.require([w for w, top in tops.items() if top] + schema.names, file.name)
    first = 1
    for batch in parquet.iter_batches(batch_size=request.batch_rows, columns=sorted({t for t in tops.values() if t})):
        columns = {wanted: _column(batch, wanted, top) for wanted, top in tops.items() if top}
        numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
        first += batch.num_rows
        yield block.of_columns(file.name, columns, numbers)


def _leaves(schema: pa.Schema) -> list[str]:
    """Every column, structs by the paths of what they hold."""

    def below(path: str, kind: pa.DataType) -> list[str]:
        if not pa.types.is_struct(kind):
            return [path]
        return [leaf for f in kind for leaf in below(f"{path}.{f.name}", f.type)]

    return [leaf for f in schema for leaf in below(f.name, f.type)]


def _top(wanted: str, schema: pa.Schema) -> str | None:
    """The top-level column a name or path leads to, None where there is none."""
    if wanted in schema.names:
        return wanted
    kind: pa.DataType | None = None
    for step in paths.steps(wanted):
        if kind is None:
            kind = schema.field(step).type if step in schema.names else None
        elif isinstance(step, str):
            index = kind.get_field_index(step) if pa.types.is_struct(kind) else -1
            kind = kind.field(index).type if index >= 0 else None
        else:
            kind = kind.value_type if _is_list(kind) else None
        if kind is None:
            return None
    return str(paths.steps(wanted)[0])


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _column(batch: pa.RecordBatch, wanted: str, top: str) -> pa.Array:
    array = batch.column(top)
    for step in paths.steps(wanted)[1:] if wanted != top else ():
        array = pc.struct_field(array, step) if isinstance(step, str) else _element(array, step)
    return text.of_array(array)


def _element(array: pa.Array, position: int) -> pa.Array:
    """The element at this position of each list; null where the list is shorter."""
    is_long_enough = pc.greater(pc.list_value_length(array), position)
    padded = pc.if_else(pc.fill_null(is_long_enough, False), array, pa.scalar(None, array.type))
    values = [None if lst is None else lst[position] for lst in padded.to_pylist()]
    return pa.array(values, array.type.value_type)
