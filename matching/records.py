"""The records of one table as linking needs them: their ids, and the columns of the spec, coded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.errors import ConfigError, Fatal
from matching.column import Column, encode
from matching.hashing import U64, hash_texts
from matching.spec import Spec


@dataclass(frozen=True, slots=True)
class Records:
    """``ids``: texts, each once. ``hashes``: one an id. ``columns``: coded, as many rows each."""

    ids: pa.Array
    hashes: U64
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.ids)

    def between(self, start: int, stop: int) -> Records:
        """These rows; the values of the columns are those of all."""
        columns = {name: c.between(start, stop) for name, c in self.columns.items()}
        return Records(self.ids.slice(start, stop - start), self.hashes[start:stop], columns)

    def rows(self, chosen: npt.NDArray[np.integer]) -> Records:
        """Chosen rows, and no other values than theirs."""
        columns = {name: c.rows(chosen) for name, c in self.columns.items()}
        return Records(self.ids.take(pa.array(chosen)), self.hashes[chosen], columns)

    def batches(self, size: int) -> Iterator[Records]:
        """All rows, so many at a time."""
        for at in range(0, len(self), size):
            yield self.between(at, min(at + size, len(self)))


def signals_of(table: pa.Table, spec: Spec) -> Records:
    """The left table's. Raises ConfigError where it lacks a column, Fatal where ids repeat or are absent."""
    require_columns(table, (spec.left_id, *spec.left_columns), spec, "left")
    columns = {c: encode(table.column(c), distinct=False) for c in spec.left_columns}
    return Records(*unique_ids(table.column(spec.left_id), spec.left_id, "left"), columns)


def registry_of(table: pa.Table, spec: Spec, each: Callable[..., Iterable[Any]] = map) -> Records:
    """The right table's, with the column of entities where there is one; ``each``: ``map``, or that of a pool."""
    names = right_names(spec)
    require_columns(table, (spec.right_id, *names), spec, "right")
    ids, hashes = unique_ids(table.column(spec.right_id), spec.right_id, "right")
    return Records(ids, hashes, dict(zip(names, each(encode, [table.column(c) for c in names]), strict=True)))


def right_names(spec: Spec) -> tuple[str, ...]:
    """The columns of the registry that are needed, the ids aside."""
    return tuple(dict.fromkeys((*spec.right_columns, *([spec.right_entity] if spec.right_entity else []))))


def require_columns(table: pa.Table | pa.Schema, names: Sequence[str], spec: Spec, side: str) -> None:
    """Raise ConfigError naming the first column of the spec that the table has not."""
    known = table.column_names if isinstance(table, pa.Table) else table.names
    for name in names:
        if name not in known:
            raise ConfigError(f"the {side} table has no such column", file=f"{spec.name}.yaml", key=name)


def unique_ids(column: pa.Array | pa.ChunkedArray, name: str, side: str) -> tuple[pa.Array, U64]:
    """The id column as text, and the hashes. Raises Fatal with counts where ids are absent or repeat."""
    texts = column.cast(pa.string())
    ids = pa.concat_arrays(texts.chunks or [pa.array([], pa.string())]) if isinstance(texts, pa.ChunkedArray) else texts
    if ids.null_count:
        raise Fatal(f"{side} table: {ids.null_count} rows have no {name}")
    hashes = hash_texts(ids)
    ordered = np.sort(hashes)
    repeated = len(ids) - len(ids.unique()) if (ordered[1:] == ordered[:-1]).any() else 0
    if repeated:
        raise Fatal(f"{side} table: {repeated} rows repeat a {name}")
    return ids, hashes
