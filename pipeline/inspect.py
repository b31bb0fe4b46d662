"""The parsers on one column of any file, for inspection and for measuring them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

import connectors
import values.address
from core.deployment import SourceSpec
from core.errors import ConfigError

_TRANSPORTS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".gz": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl",
               ".json": "jsonl", ".parquet": "parquet", ".xlsx": "excel"}  # fmt: skip


def addresses(file: Path, column: str, country: str = "CN") -> Iterator[dict[str, Any]]:
    """The parts of each address: row, province, city, district, town, road, number, poi, building, unit, floor, room, pickup."""
    for rows, texts in _column(file, column):
        parsed = values.address.parse_column(texts, country)
        for row, parts in zip(rows.to_pylist(), parsed.to_pylist(), strict=True):
            yield {"row": row, **parts}


def texts(file: Path, column: str, subject: str | None = None) -> Iterator[dict[str, Any]]:
    """Of each note: row, masked text, spans (start, end, type), signals (kind, value, polarity, owner, reporter, confidence)."""
    import privacy.text

    for rows, notes, names in _column_and_subject(file, column, subject):
        found = privacy.text.analyse(notes, names)
        spans, signals = _by_row(found.spans), _by_row(found.signals)
        for i, (row, masked) in enumerate(zip(rows.to_pylist(), found.masked.to_pylist(), strict=True)):
            yield {"row": row, "masked": masked, "spans": spans.get(i, []), "signals": signals.get(i, [])}


def _column(file: Path, column: str) -> Iterator[tuple[pa.Array, pa.Array]]:
    for rows, texts_, _ in _column_and_subject(file, column, None):
        yield rows, texts_


def _column_and_subject(
    file: Path, column: str, subject: str | None
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
    for batch in connectors.pull(spec, base=file.parent, environ={}):
        names = batch.rows["name"].combine_chunks() if subject else None
        yield batch.rows["row"].combine_chunks(), batch.rows["text"].combine_chunks(), names


def _by_row(table: pa.Table) -> dict[int, list[dict[str, Any]]]:
    out: dict[int, list[dict[str, Any]]] = {}
    for item in table.to_pylist():
        out.setdefault(item.pop("row"), []).append(item)
    return out
