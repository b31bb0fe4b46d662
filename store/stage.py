"""Where a run keeps its rows between steps: one Parquet file a source and step, in one folder a run.

A file is there whole or not at all, and the same rows give the same bytes however they were batched, so that a step run twice leaves
the same stage. Encrypted when a cipher is given; purged when the run ends. Where it lies is a ``Place``: a folder, or a bucket.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import Fatal
from core.types import Ref
from store.encrypted_file import Cipher, EncryptedReader, EncryptedWriter
from store.stage_bucket import bucket_of
from store.stage_folder import Folder
from store.stage_place import Place

_ROW_GROUP = 131_072
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")


def is_url(where: str) -> bool:
    """Whether a stage is a bucket's URL, and not a folder."""
    return "://" in where


def open_stage(where: str, cipher: Cipher | None = None, *, base: Path) -> Stage:
    """The stage at a URL, or in a folder against ``base``. Raises ConfigError for a URL that cannot be."""
    return Stage(bucket_of(where) if is_url(where) else base / where, cipher)


class Stage:
    """``<run_key>/<step>/<source>.parquet`` in a place."""

    def __init__(self, place: Place | Path, cipher: Cipher | None = None) -> None:
        """``cipher`` encrypts every file at rest; without one they are plain Parquet."""
        self.place: Place = Folder(place) if isinstance(place, Path) else place
        self._cipher = cipher

    @property
    def folder(self) -> Path:
        """The folder that it is. Raises Fatal where it is a bucket."""
        if not isinstance(self.place, Folder):
            raise Fatal("stage: it is no folder")
        return self.place.path

    def write(
        self,
        run_key: str,
        step: str,
        source: str,
        rows: pa.Table | Iterable[pa.Table | pa.RecordBatch],
        *,
        schema: pa.Schema | None = None,
    ) -> Ref:
        """Write rows, a table or batches of one schema, replacing what was there. Memory is that of a row group.

        ``schema`` says what there is when there is no batch at all. Raises Transient on a full disk, Fatal on a read-only one.
        """
        key = _key(run_key, step, source)
        batches: Iterable[Any] = [rows] if isinstance(rows, pa.Table) else rows
        with self.place.write(key) as file:
            count = self._write_rows(file, key, batches, schema)
            file.flush()
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Ref(step, source, key, count, digest)

    def write_note(self, run_key: str, folder: str, name: str, text: str) -> None:
        """A small text beside the rows, whole or not at all, and there when this returns. No value of a person: it is not sealed."""
        self.place.put(f"{_named(run_key)}/{_named(folder)}/{_named(name)}", text)

    def read_note(self, run_key: str, folder: str, name: str) -> str | None:
        """What was left under this name; None where nothing was."""
        return self.place.get(f"{_named(run_key)}/{_named(folder)}/{_named(name)}")

    def notes(self, run_key: str, folder: str) -> list[str]:
        """The names of the notes in a folder of a run."""
        return [n for n in self.place.names(f"{_named(run_key)}/{_named(folder)}") if n.endswith(".json")]

    def ref(self, run_key: str, step: str, source: str) -> Ref:
        """The reference to a file that an earlier step wrote. Raises Fatal when there is none."""
        key = _key(run_key, step, source)
        with self.place.read(key) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            rows = pq.ParquetFile(self._plain(file, key)).metadata.num_rows
            return Ref(step, source, key, rows, digest)

    def read(
        self, at: Ref | str, step: str = "", source: str = "", *, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """The rows at a reference (its digest is checked), or of (run key, step, source)."""
        batches = list(self._batches(at, step, source, columns, _ROW_GROUP))
        schema = self.schema(at, step, source)
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        return pa.Table.from_batches(batches, schema=schema)

    def iter_batches(
        self,
        at: Ref | str,
        step: str = "",
        source: str = "",
        *,
        batch_rows: int = 65_536,
        columns: Sequence[str] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """The same rows a batch at a time, in flat memory."""
        return self._batches(at, step, source, columns, batch_rows)

    def schema(self, at: Ref | str, step: str = "", source: str = "") -> pa.Schema:
        """The schema of the rows at a reference."""
        key = _located(at, step, source)
        with self.place.read(key) as file:
            return pq.read_schema(self._plain(file, key))

    def exists(self, run_key: str, step: str, source: str) -> bool:
        """True when the whole file is there."""
        return self.place.has(_key(run_key, step, source))

    def runs(self) -> list[str]:
        """The runs of which anything is left."""
        return [name for name in self.place.runs() if _NAME.fullmatch(name)]

    def purge(self, run_key: str, *, but: Collection[str] = ()) -> int:
        """Remove everything of a run, half-written files too; how many files that were. None there is fine.

        ``but``: steps (folders of the run) that are left.
        """
        run = _named(run_key)
        gone = [f"{run}/{step}" for step in self.place.names(run) if step not in but] if but else [run]
        return sum(self.place.remove(folder) for folder in gone)

    def purge_older(self, than: datetime) -> list[str]:
        """Remove the runs in which nothing was written since ``than`` (aware); their run keys."""
        limit = than.timestamp()
        old = [run for run in self.runs() if self.place.newest(run) < limit]
        for run_key in old:
            self.purge(run_key)
        return old

    def _batches(
        self, at: Ref | str, step: str, source: str, columns: Sequence[str] | None, batch_rows: int
    ) -> Iterator[pa.RecordBatch]:
        key = _located(at, step, source)
        with self.place.read(key) as file:
            if isinstance(at, Ref) and hashlib.file_digest(file, "sha256").hexdigest() != at.digest:
                raise Fatal(f"stage: {at.path} is not what step {at.step} wrote; run that step again")
            wanted = None if columns is None else list(columns)
            plain = self._plain(file, key)
            yield from pq.ParquetFile(plain, pre_buffer=False).iter_batches(batch_rows, columns=wanted)

    def _write_rows(self, file: Any, name: str, batches: Iterable[Any], schema: pa.Schema | None) -> int:
        if self._cipher is None:
            return _write_groups(file, batches, schema)
        sealed = EncryptedWriter(file, self._cipher, name)
        count = _write_groups(sealed, batches, schema)
        sealed.finish()
        return count

    def _plain(self, file: Any, name: str) -> Any:
        """The Parquet bytes of an open stage file."""
        file.seek(0)
        return file if self._cipher is None else EncryptedReader(file, self._cipher, name)


def _key(run_key: str, step: str, source: str) -> str:
    """The key of a file; an encrypted one is bound to it."""
    return f"{_named(run_key)}/{_named(step)}/{_named(source)}.parquet"


def _located(at: Ref | str, step: str, source: str) -> str:
    if isinstance(at, str):
        return _key(at, step, source)
    path = PurePosixPath(at.path)
    if path.is_absolute() or ".." in path.parts:
        raise Fatal("stage: a reference leads out of the stage")
    return at.path


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise Fatal("stage: a run key, step or source is not a plain name")
    return name


def _write_groups(file: Any, batches: Iterable[Any], schema: pa.Schema | None) -> int:
    """Row groups of one size, each of one chunk: the bytes do not depend on how the rows came."""
    tables = (pa.Table.from_batches([b]) if isinstance(b, pa.RecordBatch) else b for b in batches)
    first = next(tables, None)
    if first is None and schema is None:
        raise Fatal("stage: no batch and no schema to write")
    bare = _bare(schema if first is None else first.schema)
    count, waiting = 0, list[pa.Table]()
    with pq.ParquetWriter(file, bare, compression="zstd") as writer:
        for rows in chain([] if first is None else [first], tables):
            if _bare(rows.schema) != bare:
                raise Fatal("stage: batches of different schemas")
            count += rows.num_rows
            waiting = _flush(writer, [*waiting, rows.cast(bare)], _ROW_GROUP)
        _flush(writer, waiting, 1)
    return count


def _flush(writer: pq.ParquetWriter, waiting: list[pa.Table], least: int) -> list[pa.Table]:
    if sum(t.num_rows for t in waiting) < least:
        return waiting
    rows = pa.concat_tables(waiting)
    while rows.num_rows >= least:
        writer.write_table(rows.slice(0, _ROW_GROUP).combine_chunks(), row_group_size=_ROW_GROUP)
        rows = rows.slice(_ROW_GROUP)
    return [rows]


def _bare(schema: pa.Schema) -> pa.Schema:
    """Without metadata (pandas leaves some) and dictionaries (whose order is an accident)."""
    return pa.schema(
        [pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type, f.nullable) for f in schema]
    )
