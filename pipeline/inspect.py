"""The parsers on one column of any file, for inspection and for measuring them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

import connectors
import values.address
from core.deployment import SourceSpec
from core.errors import ConfigError, SourceUnusable

_TRANSPORTS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".gz": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl",
               ".json": "jsonl", ".parquet": "parquet", ".xlsx": "excel"}  # fmt: skip


@dataclass(frozen=True)
class SetAside:
    """A row that could not be read, and why: no value."""

    file: str
    row: int
    reason: str  # core.reasons.Reason


def addresses(file: Path, column: str, aside: list[SetAside], country: str = "CN") -> Iterator[dict[str, Any]]:
    """The parts of each address: row, province, city, district, town, road, number, poi, building, unit, floor, room, pickup.

    Rows that cannot be read are put ``aside``; ConfigError where the file or the column is not there.
    """
    for rows, texts, _ in _columns(file, column, None, aside):
        parsed = values.address.parse_column(texts, country)
        for row, parts in zip(rows.to_pylist(), parsed.to_pylist(), strict=True):
            yield {"row": row, **parts}


def texts(file: Path, column: str, aside: list[SetAside], subject: str | None = None) -> Iterator[dict[str, Any]]:
    """Of each note: row, masked text, spans (start, end, type), signals (kind, value, polarity, owner, reporter, confidence).

    Rows that cannot be read are put ``aside``; ConfigError where the file or the column is not there.
    """
    import privacy.text

    for rows, notes, names in _columns(file, column, subject, aside):
        found = privacy.text.analyse(notes, names)
        spans, signals = _by_row(found.spans), _by_row(found.signals)
        for i, (row, masked) in enumerate(zip(rows.to_pylist(), found.masked.to_pylist(), strict=True)):
            yield {"row": row, "masked": masked, "spans": spans.get(i, []), "signals": signals.get(i, [])}


def _columns(
    file: Path, column: str, subject: str | None, aside: list[SetAside]
) -> Iterator[tuple[pa.Array, pa.Array, pa.Array | None]]:
    transport = _TRANSPORTS.get(file.suffix.lower())
    if transport is None:
        raise ConfigError(f"cannot read this kind of file; known: {', '.join(_TRANSPORTS)}", file=file.name)
    origin = "path" if transport == "jsonl" else "column"
    fields: dict[str, Any] = {"text": {origin: column, "strip": False}, "observed_at": {"constant": "2000-01-01"}}
    if subject:
        fields["name"] = {origin: subject}
    spec = SourceSpec.model_validate(
        {"name": "file", "kind": "service_notes", "transport": transport, "location": file.name, "fields": fields}
        | {"consent_scopes": ("none",)}
    )
    try:
        for batch in connectors.pull(spec, base=file.parent, environ={}):
            aside += [SetAside(file.name, r["row"], r["reason"]) for r in batch.unreadable.to_pylist()]
            names = batch.rows["name"].combine_chunks() if subject else None
            yield batch.rows["row"].combine_chunks(), batch.rows["text"].combine_chunks(), names
    except SourceUnusable as e:
        raise ConfigError(e.reason, file=file.name) from None


def _by_row(table: pa.Table) -> dict[int, list[dict[str, Any]]]:
    out: dict[int, list[dict[str, Any]]] = {}
    for item in table.to_pylist():
        out.setdefault(item.pop("row"), []).append(item)
    return out
