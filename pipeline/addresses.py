"""The addresses of debtors and signals, read on every core before linking asks for them: reading one costs more than comparing it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

import values.address
from core.kinds import CaseStatus, SourceKind
from pipeline import ahead, check, processes
from pipeline.run import Run

_COLUMNS = ("address", "address_alt")
_LEAST = 20_000  # reading fewer is done before another process has begun
_PARTS = 32
_PARTS_OF_SIGNALS = 8


def begin(run: Run) -> None:
    """Let the other process, if there is one, read those of the registry; all sources are through by now."""
    ahead.renew(run)
    if run.site.deployment.jurisdiction == "cn":
        for part in range(_PARTS):
            ahead.ask(run, "pipeline.addresses:of_registry", part=str(part))


def ask_ahead(run: Run, step: str, source: str) -> None:
    """Let the other process, if there is one, read those that this step left of a source."""
    if run.site.deployment.jurisdiction == "cn":
        for said in _parts_of(step, source):
            ahead.ask(run, "pipeline.addresses:of_signals", **said)


def read_ahead(run: Run, registry: pa.Table, step: str, sources: list[str]) -> None:
    """Every distinct Chinese address of the registry and of what ``step`` left of these sources, where there are many and cores
    to read them.
    """
    if run.site.deployment.jurisdiction != "cn" or processes.cores() < 2:
        return
    texts = _distinct([*(registry[n] for n in _COLUMNS), *(_of_signals(run, step, s) for s in sources)])
    if len(texts) < 2 * _LEAST:
        return
    texts = texts.filter(pc.invert(pc.is_in(texts, value_set=_read_already(run, step, sources))))
    parsed = ahead.shared(run, "pipeline.addresses:parsed", pa.table({"text": texts}), least_rows=_LEAST)
    values.address.remember(texts, parsed)
    ahead.tell(run, "pipeline.addresses:read_there", parsed.append_column("text", texts))


def _read_already(run: Run, step: str, sources: list[str]) -> pa.Array:
    """The texts that the other process has read by now; they are remembered here."""
    asked: list[tuple[str, dict[str, str]]] = [("of_registry", {"part": str(n)}) for n in range(_PARTS)]
    asked += [("of_signals", said) for source in sources for said in _parts_of(step, source)]
    for function, said in reversed(asked):  # what has not begun is shared anew; what is last in line is withdrawn first
        ahead.withdraw(run, f"pipeline.addresses:{function}", **said)
    known = [pa.array([], pa.string())]
    for function, said in asked:
        read = ahead.answer(run, f"pipeline.addresses:{function}", **said)
        if read is not None:
            known.append(_kept(read))
    return pa.concat_arrays(known)


def of_registry(run: Run, _: pa.Table, *, part: str) -> pa.Table:
    """In the other process: a part of the distinct addresses of open cases, and what they say."""
    return _part_read(run.once("addresses", lambda: _of_open_cases(run)), int(part), _PARTS)


def _parts_of(step: str, source: str) -> list[dict[str, str]]:
    return [{"step": step, "source": source, "part": str(n)} for n in range(_PARTS_OF_SIGNALS)]


def of_signals(run: Run, _: pa.Table, *, step: str, source: str, part: str) -> pa.Table:
    """In the other process: a part of the distinct addresses that this step left of a source, and what they say."""
    texts = run.once(f"addresses of {source}", lambda: _of_signals(run, step, source))
    return _part_read(texts, int(part), _PARTS_OF_SIGNALS)


def _part_read(texts: pa.Array, part: int, parts: int) -> pa.Table:
    bounds = [len(texts) * (part + n) // parts for n in (0, 1)]
    rows = pa.table({"text": texts.slice(bounds[0], bounds[1] - bounds[0])})
    return parsed(rows).append_column("text", rows["text"])


def _of_signals(run: Run, step: str, source: str) -> pa.Array:
    batches = run.site.stage.iter_batches(run.key, step, source, columns=["contact_address"])
    return _distinct([b["contact_address"] for b in batches])


def _of_open_cases(run: Run) -> pa.Array:
    registry = check.clean_of(run, SourceKind.DECLARED_CONTACTS)
    is_open = pc.equal(registry["case_status"], CaseStatus.OPEN.value)
    return _distinct([registry[name].filter(is_open) for name in _COLUMNS])


def read_there(_: Run, read: pa.Table) -> pa.Table:
    """In the other process: keep what was made of these texts here."""
    _kept(read)
    return pa.table({})


def _kept(read: pa.Table) -> pa.Array:
    """The texts of what the other process sent, remembered from here on."""
    texts = read["text"].combine_chunks()
    values.address.remember(texts, read.drop_columns(["text"]))
    return texts


def parsed(rows: pa.Table) -> pa.Table:
    """The parts of these texts."""
    return values.address.parse_each(rows["text"])


def _distinct(columns: list[pa.Array | pa.ChunkedArray]) -> pa.Array:
    chunks = [c for column in columns for c in (column.chunks if isinstance(column, pa.ChunkedArray) else [column])]
    return pc.unique(pa.chunked_array(chunks, pa.string()).drop_null())
