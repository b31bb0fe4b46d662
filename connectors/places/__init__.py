"""Where files are: one file a kind of place. A location's URL scheme names the place, the transport names the format."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import BinaryIO, Protocol

from connectors.request import Request


@dataclass(frozen=True, slots=True)
class Entry:
    """One file at a place. ``key`` is what the place knows it by, ``name`` its last part, the only part ever shown.

    ``size`` is in bytes, ``version`` changes when the file does (modification time, entity tag); None where it is not told.
    ``modified`` is in seconds since 1970 by the clock of the place.
    """

    key: str
    name: str
    size: int | None = None
    version: str | None = None
    modified: float | None = None

    @property
    def mark(self) -> list[int | str | None]:
        """What tells this delivery of the file from another of the same name."""
        return [self.size, self.version]


class Place(Protocol):
    """Somewhere files are. Raises FileNotFoundError, PermissionError, ConnectionError, TimeoutError, as open() does."""

    def entries(self) -> list[Entry]:
        """The files the location names, in order of their keys. Folders are no files."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The file's bytes, from its start; seekable."""
        ...

    def look(self, key: str) -> Entry | None:
        """The file as it is now; None where it is not there."""
        ...


Opener = Callable[[Request], AbstractContextManager[Place]]

# What each URL scheme is opened by (``anywhere`` where it is not here); libraries are loaded with the first such location.
_BY_SCHEME: Mapping[str, str] = {
    "file": "local",
    "sftp": "sftp",
    "s3": "s3",
    "https": "web",
    "http": "web",
}

# What a place may be told besides credentials.
OPTIONS: Mapping[str, str] = {
    "known_hosts": "sftp: the OpenSSH known_hosts file that holds the server's key; no other server is talked to",
    "endpoint": "s3: the server's URL, where it is not Amazon's",
    "region": "s3: the region of the bucket",
    "allow_plain_http": "true to read over http:// from another machine, unencrypted",
    "timeout_seconds": "how long to wait for a server that says nothing; 30 where it is not given",
}


def scheme(location: str) -> str:
    """The location's URL scheme; ``file`` for a path."""
    return location.partition("://")[0].lower() if "://" in location else "file"


def open_place(request: Request) -> AbstractContextManager[Place]:
    """The place of the request's location. Raises SourceUnusable for a scheme that is not known."""
    found = _BY_SCHEME.get(scheme(request.location), "anywhere")
    opener: Opener = import_module(f"connectors.places.{found}").open_place
    return opener(request)


def is_many(location: str) -> bool:
    """Whether the location is a pattern, so that files may come and go. The ? of a URL begins its query."""
    return glob.has_magic(location.replace("?", "") if "://" in location else location)


def timeout(request: Request) -> float:
    """Seconds to wait for a server that says nothing."""
    return float(request.option("timeout_seconds", (int, float), 30))


def sorted_entries(found: Iterator[Entry]) -> list[Entry]:
    return sorted(found, key=lambda entry: entry.key)
