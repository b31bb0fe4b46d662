"""Files of this machine: a path relative to the deployment's root, or an absolute one; patterns may use ``**``."""

from __future__ import annotations

import glob
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from connectors.places import Entry, is_many, sorted_entries
from connectors.request import Request


@dataclass(frozen=True, slots=True)
class Local:
    """``path`` may be a pattern; keys are relative to ``base`` where they are below it, so that a moved root is the same place."""

    base: Path
    path: Path

    def entries(self) -> list[Entry]:
        if self.path.exists() or not is_many(str(self.path)):
            return [_entry(self._key(self.path), self.path)]
        found = (Path(p) for p in glob.glob(str(self.path), recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
        return sorted_entries(_entry(self._key(p), p) for p in found if not p.is_dir())

    def _key(self, path: Path) -> str:
        return str(path.relative_to(self.base)) if path.is_relative_to(self.base) else str(path)

    def open(self, key: str) -> BinaryIO:
        return cast("BinaryIO", (self.base / key).open("rb"))

    def look(self, key: str) -> Entry | None:
        try:
            return _entry(key, self.base / key)
        except FileNotFoundError:
            return None


@contextmanager
def open_place(request: Request) -> Iterator[Local]:
    yield Local(request.base, request.base / request.location.removeprefix("file://"))


def _entry(key: str, path: Path) -> Entry:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError
    return Entry(key, path.name, status.st_size, str(status.st_mtime_ns), status.st_mtime)
