"""Candidates as files that other programs read: CSV safe against formulas, JSON lines, Parquet. Written aside, then renamed."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

# A cell that begins like this is run as a formula by spreadsheet programs (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(rows: pa.Table, form: str, out: Path | None) -> None:
    """Rows as csv, jsonl or parquet, to a file or (text forms) to standard output."""
    if form == "parquet":
        assert out is not None
        temporary = out.with_name(out.name + ".part")
        pq.write_table(rows, temporary, compression="zstd")
        temporary.replace(out)
        return
    with _text(out) as stream:
        (_csv if form == "csv" else _jsonl)(rows, stream)


def write_lines(items: Iterable[dict[str, Any]], out: Path) -> int:
    """JSON lines, as they come; how many."""
    n = 0
    with _text(out) as stream:
        for item in items:
            stream.write(json.dumps(item, ensure_ascii=False) + "\n")
            n += 1
    return n


def _csv(rows: pa.Table, stream: TextIO) -> None:
    writer = csv.writer(stream)
    writer.writerow(rows.column_names)
    for r in rows.to_pylist():
        writer.writerow([_cell(v) for v in r.values()])


def _jsonl(rows: pa.Table, stream: TextIO) -> None:
    stream.writelines(
        json.dumps({k: _plain(v) for k, v in r.items()}, ensure_ascii=False) + "\n" for r in rows.to_pylist()
    )


def _cell(value: Any) -> Any:
    plain = _plain(value)
    text = ";".join(map(str, plain)) if isinstance(plain, list) else plain
    if isinstance(text, str) and text.startswith(_FORMULA) and not text[1:].isdigit():
        return "'" + text
    return text


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


@contextmanager
def _text(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    temporary = out.with_name(out.name + ".part")
    with temporary.open("w", encoding="utf-8", newline="") as stream:
        yield stream
    temporary.replace(out)
