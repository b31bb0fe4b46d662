"""Objects of an S3 bucket, or of any storage that speaks S3, by Arrow: ``s3://bucket/drops/*.csv``.

The login comes from ``credentials`` (``access_key``, ``secret_key``, ``session_token``); without, from where Amazon's own tools
look for it (environment, profile, the machine's role).
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Self, cast
from urllib.parse import urlsplit

from pyarrow import fs

from connectors.places import Entry, is_many, sorted_entries, timeout
from connectors.request import Request

# Arrow says in words what S3 answered.
_NOT_THERE = re.compile(r"NoSuchKey|NoSuchBucket|404|not found|does not exist|RESOURCE_NOT_FOUND", re.IGNORECASE)
_REFUSED = re.compile(
    r"ACCESS_DENIED|AccessDenied|InvalidAccessKey|SignatureDoesNotMatch|403|INVALID_ACCESS|SIGNATURE", re.IGNORECASE
)
_AGAIN = re.compile(
    r"NETWORK_CONNECTION|REQUEST_TIMEOUT|SLOW_DOWN|SlowDown|INTERNAL|SERVICE_UNAVAILABLE|curl|timed? ?out|50[0-4]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """``path`` is bucket and key; the key may be a pattern."""

    system: Any
    path: str

    def entries(self) -> list[Entry]:
        with _said():
            if not is_many(self.path):
                return [_entry(self._existing(self.path))]
            found = self.system.get_file_info(
                fs.FileSelector(_fixed_part(self.path), recursive=True, allow_not_found=True)
            )
            files = (info for info in found if info.type == fs.FileType.File)
            return sorted_entries(_entry(i) for i in files if _fits(i.path.split("/"), self.path.split("/")))

    def _existing(self, key: str) -> Any:
        info = self.system.get_file_info(key)
        if info.type == fs.FileType.NotFound:
            raise FileNotFoundError
        if info.type == fs.FileType.Directory:
            raise IsADirectoryError
        return info

    def open(self, key: str) -> BinaryIO:
        with _said():
            return cast("BinaryIO", _Reader(self.system.open_input_file(key)))

    def look(self, key: str) -> Entry | None:
        try:
            with _said():
                return _entry(self._existing(key))
        except FileNotFoundError:
            return None


class _Reader:
    """Arrow's file, with errors as open() has them."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        with _said():
            return bytes(self._file.read(None if size < 0 else size))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@contextmanager
def open_place(request: Request) -> Iterator[Bucket]:
    login = request.credentials()
    endpoint = request.option("endpoint", str)
    url = urlsplit(endpoint) if endpoint else None
    if url is not None and not url.netloc:
        raise request.unusable("option endpoint must be a URL, e.g. https://s3.example.com")
    system = fs.S3FileSystem(
        access_key=login.access_key or login.user,
        secret_key=login.secret_key or login.password or login.secret,
        session_token=login.session_token,
        region=request.option("region", str) or ("us-east-1" if url else None),
        endpoint_override=url.netloc if url else None,
        scheme=url.scheme if url else "https",
        connect_timeout=timeout(request),
        request_timeout=timeout(request),
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=4),
    )
    yield Bucket(system, request.location.partition("://")[2])


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, PermissionError, IsADirectoryError, ConnectionError, TimeoutError):
        raise
    except OSError as e:
        said = str(e)
        for kind, words in ((PermissionError, _REFUSED), (FileNotFoundError, _NOT_THERE), (ConnectionError, _AGAIN)):
            if words.search(said):
                raise kind from None
        raise OSError from None


def _fixed_part(path: str) -> str:
    """The folder that holds every match: what comes before the first pattern."""
    parts = []
    for part in path.split("/")[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return "/".join(parts)


def _fits(parts: list[str], pattern: list[str]) -> bool:
    """``*`` stays within a folder, ``**`` does not."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_fits(parts[i:], pattern[1:]) for i in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])


def _entry(info: Any) -> Entry:
    at = info.mtime.timestamp() if info.mtime else None
    return Entry(info.path, PurePosixPath(info.path).name, info.size, None if at is None else f"{at:.3f}", at)
