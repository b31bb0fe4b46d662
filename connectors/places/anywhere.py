"""Whatever else fsspec has a driver for (gs, abfs, hdfs, memory …), with the driver's own way of logging in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

import fsspec

from connectors.places import Entry, is_many, sorted_entries
from connectors.request import Request


@dataclass(frozen=True, slots=True)
class Anywhere:
    """``path`` is the location without what the driver makes of its scheme; it may be a pattern."""

    system: Any
    path: str

    def entries(self) -> list[Entry]:
        found = self.system.glob(self.path) if is_many(self.path) else [self.path]
        infos = ((key, self.system.info(key)) for key in found)
        return sorted_entries(_entry(str(key), info) for key, info in infos if info["type"] == "file")

    def open(self, key: str) -> BinaryIO:
        return cast("BinaryIO", self.system.open(key, "rb"))

    def look(self, key: str) -> Entry | None:
        self.system.invalidate_cache()
        try:
            return _entry(key, self.system.info(key))
        except FileNotFoundError:
            return None


@contextmanager
def open_place(request: Request) -> Iterator[Anywhere]:
    try:
        system, path = fsspec.core.url_to_fs(request.location)  # type: ignore[no-untyped-call]
    except (ValueError, ImportError) as e:
        name = request.location.partition("://")[0]
        raise request.unusable(f"locations of scheme {name} cannot be opened here ({type(e).__name__})") from None
    yield Anywhere(system, path)


def _entry(key: str, info: dict[str, Any]) -> Entry:
    version = next(
        (info[k] for k in ("etag", "ETag", "mtime", "updated", "last_modified", "created") if k in info), None
    )
    modified = info.get("mtime", info.get("LastModified"))
    at = modified.timestamp() if isinstance(modified, datetime) else modified
    return Entry(key, PurePosixPath(key).name, info.get("size"), None if version is None else str(version), at)
