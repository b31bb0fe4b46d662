"""The matching engine as a tool for any two tables."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import matching
from matching import files

_DIRECT = {".parquet", ".csv", ".tsv", ".jsonl", ".ndjson"}  # what the engine reads itself, at the speed of Arrow
_DELIMITERS = {".csv": b",", ".tsv": b"\t"}


def link_files(
    left: Path,
    right: Path,
    *,
    spec: Path | None,
    out: Path,
    model: Path | None,
    stats: Path | None,
    labels: Path | None = None,
    charts: Path | None = None,
    evidence: bool,
    lang: str = "en",
) -> dict[str, Any]:
    """Link two files and write pairs (id_l, id_r, score in bits, prob); the run's statistics.

    ``unreadable`` among them: rows of each file that are no text or no row of its table, and take part in nothing.
    """
    with _plain(left, right, *([labels] if labels else [])) as (tables, lost):
        found = matching.link_files(
            tables[0],
            tables[1],
            spec,
            out,
            model,
            labels_path=tables[2] if labels else None,
            charts_folder=charts,
            evidence=evidence,
            lang=lang,
            clock=time.perf_counter,
        )
    found["unreadable"] = lost
    if stats:
        stats.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def explain_pair(
    left: Path,
    right: Path,
    ids: tuple[str, str],
    *,
    spec: Path | None,
    model: Path | None,
    charts: Path | None = None,
    lang: str = "en",
) -> str:
    """Why two records are, or are not, held to be the same, in words; as a waterfall too, in the folder ``charts``."""
    with _plain(left, right) as (tables, _):
        found = matching.explain_files(tables[0], tables[1], *ids, spec, model)
    if charts:
        from matching import pictures

        pictures.of_pair(charts, found, lang)
    return found.text(lang)


def draft_spec(left: Path, right: Path, lang: str = "en") -> str:
    """The spec that would be used for these two tables, as YAML to keep and correct, with the reasons above it."""
    from matching.draft import draft

    with _plain(left, right) as (tables, _):
        return draft(files.read(tables[0]), files.read(tables[1]), lang)


@contextmanager
def _plain(*paths: Path) -> Iterator[tuple[list[Path], dict[str, int]]]:
    """The tables as files the engine reads: others (GBK, gzip, workbooks, databases) are read by their transport first.

    With the number of rows that could not be read, by file.
    """
    with tempfile.TemporaryDirectory(prefix="skiptrace-link-") as folder:
        lost: dict[str, int] = {}
        tables = [
            path if _is_direct(path) else _converted(path, Path(folder) / f"{n}.parquet", lost)
            for n, path in enumerate(paths)
        ]
        yield tables, lost


def _is_direct(path: Path) -> bool:
    """Also what is not there: the engine says so."""
    if not path.is_file():
        return True
    suffix = path.suffix.casefold()
    if suffix not in _DIRECT or suffix == ".parquet":
        return suffix in _DIRECT
    from connectors import table

    with path.open("rb") as file:
        header = file.readline(1 << 16)
    return _DELIMITERS.get(suffix, b"") in header and table.is_utf_8(path)


def _converted(path: Path, to: Path, lost: dict[str, int]) -> Path:
    from connectors import table

    writer: pq.ParquetWriter | None = None
    try:
        for block in table.blocks(path.name, path):
            lost[path.name] = lost.get(path.name, 0) + len(block.faults)
            rows = pa.table(dict(block.columns))
            if writer is None:
                to.touch(mode=0o600)
                writer = pq.ParquetWriter(to, rows.schema)
            writer.write_table(rows.select(writer.schema.names).cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        pq.write_table(pa.table({}), to)
    return to
