"""Packed files, seen through: gzip, and the members of a zip; what unpacks out of all proportion is refused."""

from __future__ import annotations

import fnmatch
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import PurePosixPath
from typing import BinaryIO, cast

# So much may come out of any archive. Beyond it, ordinary exports pack 5 to 40 to 1, monotonous ones 150 to 1; the most
# deflate can do, and what bombs are made of, is 1,032 to 1.
FREE = 64 << 20
MAX_RATIO = 250
MAX_UNPACKED = 64 << 30

GZIP = b"\x1f\x8b"
_PGP = b"-----BEGIN PGP MESSAGE"
_PGP_NAMES = (".pgp", ".gpg", ".asc")
_ENCRYPTED = 0x1


class Bomb(Exception):
    """An archive that unpacks out of all proportion."""


class Locked(Exception):
    """An archive or file that needs a password or key."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may come out: ``unpacked`` bytes, and after the first FREE ones no more than ``ratio`` times what went in."""

    unpacked: int = MAX_UNPACKED
    ratio: float = MAX_RATIO

    def check(self, unpacked: int, packed: int) -> None:
        if unpacked > self.unpacked or (unpacked > FREE and unpacked > self.ratio * max(packed, 1)):
            raise Bomb


class Unpacked(io.RawIOBase):
    """A stream that unpacks, held to bounds; ``packed`` tells how many bytes went in so far."""

    def __init__(self, stream: BinaryIO, packed: Callable[[], int], bounds: Bounds) -> None:
        self._stream = stream
        self._packed = packed
        self._bounds = bounds

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 22), b""))
        data = self._stream.read(size)
        self._bounds.check(self._stream.tell(), self._packed())
        return data

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:  # a stream that is unpacked knows its end only when it is there
            while self.read(1 << 22):
                pass
            whence = io.SEEK_CUR
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def is_locked(name: str, start: bytes) -> bool:
    """Whether this is a file encrypted with PGP (RFC 9580), by its name or its first bytes."""
    return name.lower().endswith(_PGP_NAMES) or start.startswith(_PGP)


def unlocked_name(name: str) -> str:
    """The name without the ending that says it is encrypted."""
    ending = next((e for e in _PGP_NAMES if name.lower().endswith(e)), "")
    return name[: len(name) - len(ending)]


def gunzipped(raw: BinaryIO, bounds: Bounds) -> BinaryIO:
    """The content of a gzip stream."""
    return cast("BinaryIO", Unpacked(cast("BinaryIO", GzipFile(fileobj=raw)), raw.tell, bounds))


def is_zip(name: str) -> bool:
    """Whether the file is a zip of files, by its name: a workbook is a zip, too, and is none of files."""
    return name.lower().endswith(".zip")


def members(raw: BinaryIO, pattern: str | None) -> list[str]:
    """The names of the members that fit the pattern, in their order; without one, all but a Mac's own."""
    with zipfile.ZipFile(raw) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
    return [name for name in names if _fits(name, pattern)]


def _fits(name: str, pattern: str | None) -> bool:
    path = PurePosixPath(name)
    if path.name.startswith(".") or "__MACOSX" in path.parts:
        return False
    return pattern is None or fnmatch.fnmatchcase(path.name, pattern) or fnmatch.fnmatchcase(name, pattern)


def check_parts(raw: BinaryIO, bounds: Bounds) -> None:
    """Raise Bomb where a part of this zip (a workbook) unpacks to more than the bounds; no part gives more than it says.

    Raises BadZipFile.
    """
    with zipfile.ZipFile(raw) as archive:
        for info in archive.infolist():
            bounds.check(info.file_size, info.compress_size)
    raw.seek(0)


@contextmanager
def member(raw: BinaryIO, name: str, bounds: Bounds) -> Iterator[BinaryIO]:
    """One member's content, streamed. Raises Locked, Bomb, BadZipFile."""
    with zipfile.ZipFile(raw) as archive:
        info = archive.getinfo(name)
        if info.flag_bits & _ENCRYPTED:
            raise Locked
        with archive.open(info) as stream:
            yield cast("BinaryIO", Unpacked(cast("BinaryIO", stream), lambda: info.compress_size, bounds))
