"""One file with all its columns, whatever transport reads files of its ending: a table that no source is declared for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors import encoding
from connectors.block import Block
from connectors.discovery import transports
from connectors.request import Request
from core.errors import SourceUnusable

_TRANSPORTS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".psv": "csv", ".dat": "csv", ".xlsx": "excel", ".xlsm": "excel",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet", ".pq": "parquet",
    ".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite",
}  # fmt: skip

_CHUNK = 1 << 20


def whole(source: str, path: Path, options: Mapping[str, Any]) -> tuple[Request, str]:
    """What to ask for all of a file, and which transport. Raises SourceUnusable for an ending that none reads."""
    given, transport = dict(options), _transport(source, path)
    if transport == "sqlite" and not {"table", "query"} & set(given):
        given["table"] = _largest_table(source, path)
    return Request(source, path.name, given, {}, frozenset(), path.parent, everything=True), transport


def blocks(source: str, path: Path) -> Iterator[Block]:
    """All rows of a file, with the faults of those that cannot be read. Raises SourceUnusable."""
    request, transport = whole(source, path, {})
    yield from transports()[transport].read(request)


def is_utf_8(path: Path) -> bool:
    """Whether a text file looks like UTF-8 (or ASCII). Raises OSError."""
    with path.open("rb") as file:
        return encoding.detect(iter(lambda: file.read(_CHUNK), b"")) == "utf-8"


def _transport(source: str, path: Path) -> str:
    suffixes = [s.lower() for s in path.suffixes if s.lower() not in {".gz", ".zip"}]
    found = _TRANSPORTS.get(suffixes[-1] if suffixes else "")
    if found is None:
        raise SourceUnusable(
            source, f"{path.name}: no transport for files of this ending; known: {', '.join(_TRANSPORTS)}"
        )
    return found


def _largest_table(source: str, path: Path) -> str:
    """The table with the most rows: the others of a small database are mostly lists of codes."""
    engine = sa.create_engine(f"sqlite:///file:{path}?mode=ro&immutable=1&uri=true")
    try:
        with engine.connect() as connection:
            names = sa.inspect(connection).get_table_names()
            count = sa.select(sa.func.count())
            rows = {n: connection.execute(count.select_from(sa.table(n))).scalar_one() for n in names}
    except sa.exc.SQLAlchemyError:
        raise SourceUnusable(source, f"{path.name} is no SQLite database that can be read") from None
    if not rows:
        raise SourceUnusable(source, f"{path.name} has no table")
    return max(rows, key=lambda n: rows[n])
