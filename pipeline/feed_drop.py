"""For systems that take files: drops of the whole published set, with a manifest, for named recipients only where that is asked."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from cryptography.x509 import Certificate
from pyarrow import csv

from pipeline import feed_envelope
from pipeline.services.feed import Feed
from pipeline.services.readers import Reader

Write = Callable[[pa.Table, BinaryIO], None]
_FORMULA = r"^[=+\-@\t\r]"


def drop(feed: Feed, folder: Path, reader: Reader, *, encrypt_to: Sequence[Certificate] = ()) -> dict[str, Any]:
    """Write the snapshot as CSV, JSON lines and Parquet into ``folder/<seq>``; the manifest comes last. Returns it.

    A folder without a manifest is one that was broken off: the next drop of this number writes it anew. With ``encrypt_to``
    only the owners of these certificates can read the files (``*.p7m``), and nothing of them is on the disk in plain.
    """
    seq, rows = feed.snapshot(reader)
    target = folder / f"{seq:012d}"
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in target.iterdir():  # of an earlier drop of this number, or of one that was broken off
        left.unlink()
    files = {}
    for name, write in WRITERS.items():
        file = target / (f"{name}.p7m" if encrypt_to else name)
        _written(file, rows, write, encrypt_to)
        files[file.name] = {"rows": rows.num_rows, "bytes": file.stat().st_size, "sha256": _sha256(file)}
    manifest: dict[str, Any] = {
        "version": 1,
        "seq": seq,
        "made_at": feed.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "files": files,
    }
    if encrypt_to:
        readers = [feed_envelope.fingerprint(c) for c in encrypt_to]
        manifest["encryption"] = {
            "format": "CMS EnvelopedData, DER",
            "cipher": "AES-256-CBC",
            "recipients_sha256": readers,
        }
    temporary = target / ".manifest.json"
    temporary.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, target / "manifest.json")  # noqa: PTH105 - the moment at which the drop is there
    return manifest


def _written(file: Path, rows: pa.Table, write: Write, encrypt_to: Sequence[Certificate]) -> None:
    """Under a temporary name until it is whole; what is encrypted is made in memory."""
    temporary = file.with_name(f".{file.name}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        if encrypt_to:
            plain = io.BytesIO()
            write(rows, plain)
            out.write(feed_envelope.sealed(plain.getvalue(), encrypt_to))
        else:
            write(rows, out)
    temporary.replace(file)


def _csv(rows: pa.Table, out: BinaryIO) -> None:
    """UTF-8 with a mark that spreadsheets need; lists joined by ``|``; no cell begins as a formula does."""
    columns = {}
    for name in rows.column_names:
        column = rows[name].combine_chunks()
        if pa.types.is_list(column.type):
            column = pc.binary_join(column, "|")
        if pa.types.is_timestamp(column.type):
            column = pc.strftime(column.cast(pa.timestamp("s", tz="UTC"), safe=False), "%Y-%m-%dT%H:%M:%SZ")
        columns[name] = _harmless(column) if pa.types.is_string(column.type) else column
    out.write(b"\xef\xbb\xbf")
    csv.write_csv(pa.table(columns), out)


def _harmless(column: pa.Array) -> pa.Array:
    quoted = pc.binary_join_element_wise("'", column, "")
    return pc.if_else(pc.match_substring_regex(column, _FORMULA), quoted, column)


def _jsonl(rows: pa.Table, out: BinaryIO) -> None:
    for batch in rows.to_batches(max_chunksize=5000):
        lines = (json.dumps(r, default=_iso, ensure_ascii=False) + "\n" for r in batch.to_pylist())
        out.writelines(line.encode() for line in lines)


def _parquet(rows: pa.Table, out: BinaryIO) -> None:
    pq.write_table(rows, out)


def _iso(value: Any) -> str:
    return str(value.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


WRITERS: Mapping[str, Write] = {
    "candidates.csv": _csv,
    "candidates.jsonl": _jsonl,
    "candidates.parquet": _parquet,
}
