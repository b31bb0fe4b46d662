"""Where a run keeps its rows between steps: one Parquet file a source and step, in one folder a run.

A file is there whole or not at all (temporary name, fsync, rename), and the same rows give the same bytes however they
were batched, so that a step run twice leaves the same stage. Readable by its owner only, encrypted when a cipher is given;
purged when the run ends.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import Fatal, Transient
from core.types import Ref
from store.encrypted_file import Cipher, EncryptedReader, EncryptedWriter

_ROW_GROUP = 131_072
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EINTR, errno.EIO, errno.ESTALE}


class Stage:
    """The stage in one folder: ``<folder>/<run_key>/<step>/<source>.parquet``."""

    def __init__(self, folder: Path, cipher: Cipher | None = None) -> None:
        """``cipher`` encrypts every file at rest; without one they are plain Parquet."""
        self.folder = folder
        self._cipher = cipher

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
        path = self._path(run_key, step, source)
        batches: Iterable[Any] = [rows] if isinstance(rows, pa.Table) else rows
        with _os_errors(path):
            _make_folders(self.folder, path.parent)
            with _replacing(path) as file:
                count = self._write_rows(file, self._name(path), batches, schema)
                file.flush()
                os.fsync(file.fileno())
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Ref(step, source, path.relative_to(self.folder).as_posix(), count, digest)

    def write_note(self, run_key: str, folder: str, name: str, text: str) -> None:
        """A small text beside the rows, whole or not at all, and on the disk when this returns. No value of a person: it is not sealed."""
        path = self.folder / _named(run_key) / _named(folder) / _named(name)
        with _os_errors(path):
            _make_folders(self.folder, path.parent)
        write_whole(path, text)

    def read_note(self, run_key: str, folder: str, name: str) -> str | None:
        """What was left under this name; None where nothing was."""
        path = self.folder / _named(run_key) / _named(folder) / _named(name)
        if not path.is_file():
            return None
        with _os_errors(path):
            return path.read_text(encoding="utf-8")

    def notes(self, run_key: str, folder: str) -> list[str]:
        """The names of the notes in a folder of a run."""
        return sorted(p.name for p in (self.folder / _named(run_key) / _named(folder)).glob("*.json"))

    def ref(self, run_key: str, step: str, source: str) -> Ref:
        """The reference to a file that an earlier step wrote. Raises Fatal when there is none."""
        path = self._path(run_key, step, source)
        with _os_errors(path), path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            rows = pq.ParquetFile(self._plain(file, self._name(path))).metadata.num_rows
            return Ref(step, source, path.relative_to(self.folder).as_posix(), rows, digest)

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
        path = self._located(at, step, source)
        with _os_errors(path), path.open("rb") as file:
            return pq.read_schema(self._plain(file, self._name(path)))

    def exists(self, run_key: str, step: str, source: str) -> bool:
        """True when the whole file is there."""
        return self._path(run_key, step, source).is_file()

    def purge(self, run_key: str, *, but: Collection[str] = ()) -> int:
        """Remove everything of a run, half-written files too; how many files that were. None there is fine.

        ``but``: steps (folders of the run) that are left.
        """
        folder = self.folder / _named(run_key)
        gone = [f for f in folder.iterdir() if f.name not in but] if but and folder.is_dir() else [folder]
        files = sum(len(names) for f in gone for _, _, names in os.walk(f))
        for one in gone:
            shutil.rmtree(one, ignore_errors=True)
        if any(one.exists() for one in gone):
            raise Transient(f"stage: could not remove everything of run {run_key}")
        return files

    def purge_older(self, than: datetime) -> list[str]:
        """Remove the runs in which nothing was written since ``than`` (aware); their run keys."""
        limit = than.timestamp()
        old = sorted(
            f.name for f in self.folder.glob("*") if f.is_dir() and _NAME.fullmatch(f.name) and _newest(f) < limit
        )
        for run_key in old:
            self.purge(run_key)
        return old

    def _path(self, run_key: str, step: str, source: str) -> Path:
        return self.folder / _named(run_key) / _named(step) / f"{_named(source)}.parquet"

    def _located(self, at: Ref | str, step: str, source: str) -> Path:
        if isinstance(at, str):
            return self._path(at, step, source)
        path = Path(at.path)
        if path.is_absolute() or ".." in path.parts:
            raise Fatal("stage: a reference leads out of the stage")
        return self.folder / path

    def _batches(
        self, at: Ref | str, step: str, source: str, columns: Sequence[str] | None, batch_rows: int
    ) -> Iterator[pa.RecordBatch]:
        path = self._located(at, step, source)
        with _os_errors(path), path.open("rb") as file:
            if isinstance(at, Ref) and hashlib.file_digest(file, "sha256").hexdigest() != at.digest:
                raise Fatal(f"stage: {at.path} is not what step {at.step} wrote; run that step again")
            file.seek(0)
            wanted = None if columns is None else list(columns)
            plain = self._plain(file, self._name(path))
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

    def _name(self, path: Path) -> str:
        """What an encrypted file is bound to: its place in the stage."""
        return path.relative_to(self.folder).as_posix()


def write_whole(path: Path, text: str) -> None:
    """A text file, whole or not at all, and on the disk when this returns. Transient on a full disk, Fatal on a read-only one."""
    with _os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _replacing(path) as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise Fatal("stage: a run key, step or source is not a plain name")
    return name


def _make_folders(top: Path, folder: Path) -> None:
    top.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in reversed([folder, *folder.parents][: len(folder.relative_to(top).parts)]):
        part.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def _replacing(path: Path) -> Iterator[Any]:
    """A temporary file (mode 0600) beside ``path`` that takes its place when the block ends well, else vanishes."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
        os.replace(name, path)  # noqa: PTH105 - both are names of one folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


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


def _newest(folder: Path) -> float:
    return max((p.stat().st_mtime for p in [folder, *folder.rglob("*")]), default=0.0)


@contextmanager
def _os_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise Fatal(f"stage: {path.name} of step {path.parent.name} is not there; run that step again") from None
    except OSError as e:
        if e.errno in _FULL:
            raise Transient(f"stage: {e.strerror} ({path.parent})") from None
        raise Fatal(
            f"stage: {e.strerror or type(e).__name__} ({path.parent}); check its disk, owner and mode"
        ) from None
