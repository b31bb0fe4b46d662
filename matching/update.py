"""A changed registry: the index that building it anew by the same rules would give, without the source.

An index holds every value it was built of, in one writing. An update takes the rows that stay out of it, adds those that
are new or changed, and lays out codes, counts and blocks again: nothing is read, parsed or planned, so the cost is bounded
by that of building (about a third of it; figures in ``benchmarks/linking.md``), whatever the size of the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import Fatal
from matching.plain import plain
from matching.records import require_columns, unique_ids

if TYPE_CHECKING:
    from matching.index import Index


def updated(
    index: Index,
    changed: pa.Table | None = None,
    *,
    removed: Sequence[str] = (),
    removed_entities: Sequence[str] = (),
    threads: int = 1,
) -> Index:
    """See ``Index.update``."""
    from matching.index import Index  # noqa: PLC0415 - index offers this as its method

    spec = index.spec
    names = tuple(
        dict.fromkeys((spec.right_id, *([spec.right_entity] if spec.right_entity else []), *spec.right_columns))
    )
    gone = [*removed]
    if changed is not None:
        require_columns(changed, names, spec, "right")
        gone += unique_ids(changed.column(spec.right_id), spec.right_id, "right")[0].to_pylist()
    stays = pc.invert(pc.is_in(index.ids, value_set=pa.array(gone, pa.string())))
    if removed_entities:
        stays = pc.and_(
            stays, pc.invert(pc.is_in(_entities(index), value_set=plain(pa.array(removed_entities, pa.string()))))
        )
    parts = [_rows(index, np.flatnonzero(np.asarray(stays)), names)]
    if changed is not None:
        parts.append(pa.table({n: changed.column(n).cast(pa.string()) for n in names}))
    rules = replace(spec.blocking, rules=index.plan.rules, propose=False)
    built = Index.build(pa.concat_tables(parts), replace(spec, blocking=rules), threads=threads)
    return replace(built, spec=spec, plan=index.plan)


def _rows(index: Index, rows: npt.NDArray[np.int64], names: Sequence[str]) -> pa.Table:
    """Rows of the registry as the index holds them: texts in one writing."""
    at = pa.array(rows)
    columns = {index.spec.right_id: index.ids.take(at)}
    if index.spec.right_entity:
        columns[index.spec.right_entity] = _entities(index).take(at)
    for name, column in index.columns.items():
        if name not in columns:
            codes = column.codes[rows]
            columns[name] = column.values.take(pa.array(codes, mask=codes < 0))
    return pa.table({n: columns[n] for n in names})


def _entities(index: Index) -> pa.Array:
    """The name of each row's entity; null where it stands for itself. Raises Fatal where the index was saved without."""
    if not index.spec.right_entity:
        return index.ids
    if index.entity_names is None:
        raise Fatal("the index does not hold the names of its entities: build it again")
    return index.entity_names.take(pa.array(index.entities))
