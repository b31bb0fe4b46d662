"""Where a source's bytes are: local paths (globs allowed) and whatever URL fsspec knows; gzip is seen through."""

from __future__ import annotations

import glob
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import BinaryIO, cast

from connectors.request import Request
from core.errors import Transient

CHUNK = 4 << 20
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class File:
    """One file of a source. ``name`` is its last part: the only part that is ever shown."""

    name: str
    open_raw: Callable[[], BinaryIO]
    request: Request
    path: Path | None = None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The file's bytes, unpacked where they are gzip; errors as SourceUnusable or Transient naming the file."""
        with self.errors(), self.open_raw() as raw:
            is_gzip = raw.read(2) == _GZIP
            raw.seek(0)
            yield cast("BinaryIO", GzipFile(fileobj=raw)) if is_gzip else raw

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        with self.open() as stream:
            while chunk := stream.read(size):
                yield chunk

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Whatever goes wrong with these bytes, as an error of this source that names the file."""
        try:
            yield
        except FileNotFoundError:
            raise self.request.unusable(f"{self.name} is not there") from None
        except PermissionError:
            raise self.request.unusable(f"{self.name} may not be read: permission denied") from None
        except IsADirectoryError:
            raise self.request.unusable(
                f"{self.name} is a folder: name a file, or use a pattern such as *.csv"
            ) from None
        except (BadGzipFile, EOFError, zlib.error):
            raise self.request.unusable(f"{self.name} is a broken or truncated gzip file") from None
        except (ConnectionError, TimeoutError, InterruptedError):
            raise Transient(f"source {self.request.source}: {self.name} cannot be reached just now") from None
        except OSError as e:
            raise self.request.unusable(f"{self.name} cannot be read ({type(e).__name__})") from None


def resolve(request: Request) -> list[File]:
    """The source's files in order of their names. Raises SourceUnusable when there is none."""
    location = request.location.removeprefix("file://")
    files = _remote(request) if "://" in location else _local(request, location)
    if not files:
        raise request.unusable(f"no file matches {Path(location).name}")
    return files


def is_many(location: str) -> bool:
    """Whether the location is a pattern, so that files may come and go. The ? of a URL begins its query."""
    return glob.has_magic(location.replace("?", "") if "://" in location else location)


def _local(request: Request, location: str) -> list[File]:
    path = request.base / location
    if path.exists() or not is_many(location):
        return [_local_file(request, path)]
    return [_local_file(request, Path(p)) for p in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - Path.glob takes no absolute pattern


def _local_file(request: Request, path: Path) -> File:
    return File(path.name, lambda: cast("BinaryIO", path.open("rb")), request, path)


def _remote(request: Request) -> list[File]:
    import fsspec  # noqa: PLC0415 - most sources are local files

    try:
        system, path = fsspec.core.url_to_fs(request.location)  # type: ignore[no-untyped-call]
        paths = sorted(system.glob(path)) if is_many(request.location) else [path]
    except (ValueError, ImportError) as e:
        scheme = request.location.partition("://")[0]
        raise request.unusable(f"locations of scheme {scheme} cannot be opened here ({type(e).__name__})") from None
    except OSError as e:
        raise Transient(f"source {request.source}: its location cannot be reached ({type(e).__name__})") from None
    return [File(Path(p).name, partial(system.open, p, "rb"), request) for p in paths]
