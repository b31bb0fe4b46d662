"""A stage in a folder: a file is there whole or not at all (temporary name, fsync, rename); readable by its owner only."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import Fatal, Transient

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EINTR, errno.EIO, errno.ESTALE}


class Folder:
    """``<path>/<run>/<step>/<file>``. Workers on several machines have to share it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def write(self, key: str) -> Iterator[Any]:
        path = self.path / key
        with _os_errors(path):
            _make_folders(self.path, path.parent)
            with _replacing(path) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())

    @contextmanager
    def read(self, key: str) -> Iterator[Any]:
        path = self.path / key
        with _os_errors(path), path.open("rb") as file:
            yield file

    def put(self, key: str, text: str) -> None:
        path = self.path / key
        with _os_errors(path):
            _make_folders(self.path, path.parent)
        write_whole(path, text)

    def get(self, key: str) -> str | None:
        path = self.path / key
        if not path.is_file():
            return None
        with _os_errors(path):
            return path.read_text(encoding="utf-8")

    def has(self, key: str) -> bool:
        return (self.path / key).is_file()

    def names(self, folder: str) -> list[str]:
        path = self.path / folder
        return sorted(p.name for p in path.iterdir()) if path.is_dir() else []

    def runs(self) -> list[str]:
        return [name for name in self.names("") if (self.path / name).is_dir()]

    def files(self, folder: str = "") -> list[str]:
        found = (p for p in (self.path / folder).rglob("*") if p.is_file())
        return sorted(p.relative_to(self.path).as_posix() for p in found)

    def raw(self, key: str) -> bytes:
        with _os_errors(self.path / key):
            return (self.path / key).read_bytes()

    def remove(self, folder: str) -> int:
        path = self.path / folder
        files = sum(len(names) for _, _, names in os.walk(path))
        shutil.rmtree(path, ignore_errors=True)
        if path.exists():
            raise Transient(f"stage: could not remove everything of run {folder.partition('/')[0]}")
        return files

    def newest(self, run: str) -> float:
        path = self.path / run
        return max((p.stat().st_mtime for p in [path, *path.rglob("*")]), default=0.0)


def write_whole(path: Path, text: str) -> None:
    """A text file, whole or not at all, and on the disk when this returns. Transient on a full disk, Fatal on a read-only one."""
    with _os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _replacing(path) as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())


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
