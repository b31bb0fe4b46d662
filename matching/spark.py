"""The same linking on Spark 4 (optional extra ``spark``): batches of signals over a broadcast index.

One index is mapped once a worker process; batches are weighed by the very function that runs in one process, so pairs
and scores are identical.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from matching.index import Index
from matching.link import Linker, stream
from matching.model import Model

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SCHEMA = "id_l string, id_r string, score double, prob double"


def link(signals: DataFrame, index_folder: Path | str, model: Model, threshold: float = 0.0) -> DataFrame:
    """Pairs (id_l, id_r, score, prob) of a Spark table of signals.

    ``index_folder``: a saved index that every executor can read (a shared file system, or files shipped with
    ``SparkContext.addFile``); it is memory-mapped, so the executors of one machine share its pages.
    """
    folder, text = str(index_folder), model.to_json()

    def weigh(batches: Iterator[Any]) -> Iterator[Any]:
        linker = _linker(folder, text)
        for batch in batches:
            for pairs in stream(linker, pa.Table.from_batches([batch]), threshold):
                yield from pairs.to_batches()

    spec = Index.open(folder).spec
    return signals.select(spec.left_id, *spec.left_columns).mapInArrow(weigh, SCHEMA)


@lru_cache(maxsize=2)
def _linker(folder: str, model: str) -> Linker:
    """Once a worker process."""
    return Linker(Index.open(folder), Model.from_json(model))
