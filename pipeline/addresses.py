"""The addresses of debtors and signals, read on every core before linking asks for them: reading one costs more than comparing it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

import values.address
from pipeline import admit, processes
from pipeline.run import Run

_COLUMNS = ("address", "address_alt")
_LEAST = 20_000  # reading fewer is done before another process has begun


def read_ahead(run: Run, registry: pa.Table, sources: list[str]) -> None:
    """Every distinct Chinese address of the registry and of what was admitted, where there are many and cores to read them."""
    if run.site.deployment.jurisdiction != "cn" or processes.cores() < 2:
        return
    texts = _distinct([registry[name] for name in _COLUMNS])
    for source in sources:
        for batch in run.site.stage.iter_batches(run.key, admit.STEP, source, columns=["contact_address"]):
            texts = _distinct([texts, batch["contact_address"]])
    if len(texts) >= 2 * _LEAST:
        parsed = processes.by_rows("pipeline.addresses:parsed", pa.table({"text": texts}), least_rows=_LEAST)
        values.address.remember(texts, parsed)


def parsed(rows: pa.Table) -> pa.Table:
    """The parts of these texts."""
    return values.address.parse_each(rows["text"])


def _distinct(columns: list[pa.Array | pa.ChunkedArray]) -> pa.Array:
    chunks = [c for column in columns for c in (column.chunks if isinstance(column, pa.ChunkedArray) else [column])]
    return pc.unique(pa.chunked_array(chunks, pa.string()).drop_null())
