"""The addresses of debtors and signals, read on every core before linking asks for them: reading one costs more than comparing it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

import values.address
from core.kinds import CaseStatus, SourceKind
from pipeline import admit, ahead, check, processes
from pipeline.run import Run

_COLUMNS = ("address", "address_alt")
_LEAST = 20_000  # reading fewer is done before another process has begun
_PARTS = 32


def begin(run: Run) -> None:
    """Let the other process, if there is one, read those of the registry; all sources are through by now."""
    ahead.renew(run)
    if run.site.deployment.jurisdiction == "cn":
        for part in range(_PARTS):
            ahead.ask(run, "pipeline.addresses:of_registry", part=str(part))


def read_ahead(run: Run, registry: pa.Table, sources: list[str]) -> None:
    """Every distinct Chinese address of the registry and of what was admitted, where there are many and cores to read them."""
    if run.site.deployment.jurisdiction != "cn" or processes.cores() < 2:
        return
    texts = _distinct([registry[name] for name in _COLUMNS])
    for source in sources:
        for batch in run.site.stage.iter_batches(run.key, admit.STEP, source, columns=["contact_address"]):
            texts = _distinct([texts, batch["contact_address"]])
    if len(texts) < 2 * _LEAST:
        return
    texts = texts.filter(pc.invert(pc.is_in(texts, value_set=_read_already(run))))
    parsed = ahead.shared(run, "pipeline.addresses:parsed", pa.table({"text": texts}), least_rows=_LEAST)
    values.address.remember(texts, parsed)


def _read_already(run: Run) -> pa.Array:
    """The texts that the other process has read by now; they are remembered here."""
    known = [pa.array([], pa.string())]
    for part in reversed(range(_PARTS)):  # what is last in line is withdrawn first
        read = ahead.answer(run, "pipeline.addresses:of_registry", now=True, part=str(part))
        if read is not None:
            known.append(read["text"].combine_chunks())
            values.address.remember(known[-1], read.drop_columns(["text"]))
    return pa.concat_arrays(known)


def of_registry(run: Run, _: pa.Table, *, part: str) -> pa.Table:
    """In the other process: a part of the distinct addresses of open cases, and what they say."""
    texts = run.once("addresses", lambda: _of_open_cases(run))
    bounds = [len(texts) * (int(part) + n) // _PARTS for n in (0, 1)]
    rows = pa.table({"text": texts.slice(bounds[0], bounds[1] - bounds[0])})
    return parsed(rows).append_column("text", rows["text"])


def _of_open_cases(run: Run) -> pa.Array:
    registry = check.clean_of(run, SourceKind.DECLARED_CONTACTS)
    is_open = pc.equal(registry["case_status"], CaseStatus.OPEN.value)
    return _distinct([registry[name].filter(is_open) for name in _COLUMNS])


def parsed(rows: pa.Table) -> pa.Table:
    """The parts of these texts."""
    return values.address.parse_each(rows["text"])


def _distinct(columns: list[pa.Array | pa.ChunkedArray]) -> pa.Array:
    chunks = [c for column in columns for c in (column.chunks if isinstance(column, pa.ChunkedArray) else [column])]
    return pc.unique(pa.chunked_array(chunks, pa.string()).drop_null())
