"""A source's files, one after the other: each delivery once, whole ones only, gzip and zip seen through."""

from __future__ import annotations

import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from gzip import BadGzipFile
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from connectors import archive, cursor, pgp, places
from connectors.archive import Bounds
from connectors.block import Block
from connectors.last import with_last
from connectors.places import Entry, Place, is_many
from connectors.request import Request
from core.errors import Transient

__all__ = ["CHUNK", "OPTIONS", "File", "is_many", "opened", "read"]

CHUNK = 4 << 20
_KIND = "files"
_MEMBER = "!"  # between an archive's key and its member's name
# An SFTP server shows a file from its first byte on: one that changes within so many seconds is still being written.
_RESOLUTION = 1  # SFTP tells times in whole seconds
_SETTLE_SECONDS: Mapping[str, float] = {"sftp": 5}

# What every transport of files may be told.
OPTIONS: Mapping[str, str] = {
    "done_marker": "read only files beside which one with this ending stands, e.g. .done for orders.csv.done",
    "settle_seconds": "leave a file for later that changes within so many seconds; 5 for sftp, else 0",
    "member": "the members of a .zip to read, e.g. *.csv; all where it is not given",
    "max_unpacked_bytes": "refuse an archive that unpacks to more; 64 GB where it is not given",
    "max_ratio": "refuse an archive that unpacks to more times its size; 250 where it is not given",
    "pgp_key": "where the private key for PGP-encrypted files is: env:NAME or airflow:CONN_ID; never the key itself",
    **places.OPTIONS,
}


@dataclass(frozen=True)
class File:
    """One file of a source. ``name`` is its last part: the only part that is ever shown. ``key`` and ``mark`` tell a delivery."""

    name: str
    open_raw: Callable[[], AbstractContextManager[BinaryIO]]
    request: Request
    key: str = ""
    mark: tuple[int | str | None, ...] = ()

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The file's bytes, unpacked where they are gzip; errors as SourceUnusable or Transient naming the file."""
        with self.errors(), self.open_raw() as raw:
            start = raw.read(32)
            raw.seek(0)
            yield archive.gunzipped(raw, bounds_of(self.request)) if start.startswith(archive.GZIP) else raw

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        with self.open() as stream:
            while chunk := stream.read(size):
                yield chunk

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Whatever goes wrong with these bytes, as an error of this source that names the file."""
        with _errors(self.request, self.name):
            yield


@contextmanager
def _errors(request: Request, name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise request.unusable(f"{name} is not there") from None
    except PermissionError:
        raise request.unusable(f"{name} may not be read: permission denied") from None
    except IsADirectoryError:
        raise request.unusable(f"{name} is a folder: name a file, or use a pattern such as *.csv") from None
    except archive.Bomb:
        raise request.unusable(f"{name} unpacks out of all proportion: it is refused as a zip bomb") from None
    except archive.Locked:
        raise request.unusable(
            f"{name} is encrypted: name the key of PGP files (option pgp_key), or have it decrypted before it is dropped"
        ) from None
    except pgp.Unopened as e:
        raise request.unusable(f"{name} {e}") from None
    except (zipfile.BadZipFile, NotImplementedError):
        raise request.unusable(f"{name} is no whole zip file, or packed in a way that is not known here") from None
    except (BadGzipFile, EOFError, zlib.error):
        packed = "zip" if ".zip/" in name.lower() else "gzip"
        raise request.unusable(f"{name} is a broken or truncated {packed} file") from None
    except (ConnectionError, TimeoutError, InterruptedError):
        raise Transient(f"source {request.source}: {name} cannot be reached just now") from None
    except OSError as e:
        raise request.unusable(f"{name} cannot be read ({type(e).__name__})") from None


def bounds_of(request: Request) -> Bounds:
    """How much may come out of what is packed."""
    return Bounds(
        request.option("max_unpacked_bytes", int, archive.MAX_UNPACKED),
        float(request.option("max_ratio", (int, float), archive.MAX_RATIO)),
    )


def read(request: Request, blocks: Callable[[File, Request], Iterator[Block]]) -> Iterator[Block]:
    """The blocks of every file that ``since`` does not cover, each with the cursor that covers it."""
    passed = _Passed.of(request)
    with opened(request, passed) as files:
        for file in files:
            start = passed.row(file)
            for block, is_last in with_last(blocks(file, request)):
                at = passed.at_end(file) if is_last else passed.at(file, block.last)
                left = block.after(start) if start else block
                if left.read or is_last:
                    yield replace(left, cursor=at, cursor_at=partial(passed.at, file))
            passed.end(file)


class _Passed:
    """Which deliveries were read to their end, and how far the one was that was being read."""

    def __init__(self, done: Mapping[str, list[Any]], half: Mapping[str, Any] | None) -> None:
        self.done = dict(done)
        self.half = half

    @classmethod
    def of(cls, request: Request) -> _Passed:
        state = request.state(_KIND) or {}
        done, half = state.get("done", {}), state.get("half")
        if not isinstance(done, dict) or not (half is None or _is_half(half)):
            raise request.no_cursor(cursor.BadCursor("it is of another form"))
        return cls(done, half)

    def keep(self, keys: Iterable[str]) -> None:
        """Forget files that are gone, so that a cursor is no longer than the listing."""
        there = set(keys)
        self.done = {key: mark for key, mark in self.done.items() if key.partition(_MEMBER)[0] in there}

    def is_done(self, key: str, mark: tuple[int | str | None, ...]) -> bool:
        return self.done.get(key) == list(mark)

    def row(self, file: File) -> int:
        """The last row of the file that is safe already."""
        half = self.half
        return int(half["row"]) if half and (half["key"], half["mark"]) == (file.key, list(file.mark)) else 0

    def at(self, file: File, row: int) -> str:
        return cursor.write(_KIND, {"done": self.done, "half": {"key": file.key, "mark": file.mark, "row": row}})

    def at_end(self, file: File) -> str:
        return cursor.write(_KIND, {"done": self.done | {file.key: list(file.mark)}})

    def end(self, file: File) -> None:
        self.done[file.key] = list(file.mark)


def _is_half(state: object) -> bool:
    return isinstance(state, dict) and {"key", "mark", "row"} <= set(state) and isinstance(state["row"], int)


@contextmanager
def opened(request: Request, passed: _Passed | None = None) -> Iterator[Iterator[File]]:
    """The source's files in order of their names. Raises SourceUnusable when the location names none."""
    passed = passed or _Passed({}, None)
    name = PurePosixPath(request.location.partition("?")[0]).name or request.location
    with ExitStack() as stack:
        with _errors(request, name):
            place = stack.enter_context(places.open_place(request))
            found = place.entries()
        if not found and request.since is None:
            raise request.unusable(f"no file matches {name}")
        yield _files(request, place, found, passed)


def _files(request: Request, place: Place, found: list[Entry], passed: _Passed) -> Iterator[File]:
    passed.keep(entry.key for entry in found)
    with _errors(request, "its folder"):
        ready = _whole(request, place, found)
    for entry in (e for e in ready if _is_before(request, e)):
        for file in _of_entry(request, place, entry):
            passed.end(file)
    for entry in (e for e in ready if not _is_before(request, e)):
        for file in _of_entry(request, place, entry):
            if not passed.is_done(file.key, file.mark):
                yield file
        _require_unchanged(request, place, entry)


def _is_before(request: Request, entry: Entry) -> bool:
    """Whether the file was written before the time that is asked for: then it can hold nothing of it."""
    return request.start is not None and entry.modified is not None and entry.modified < request.start.timestamp()


def _whole(request: Request, place: Place, found: list[Entry]) -> list[Entry]:
    """The files that are completely there: marked as done where they are marked, and not changing."""
    marker = request.option("done_marker", str)
    if marker is not None:
        return [e for e in found if not e.key.endswith(marker) and place.look(e.key + marker) is not None]
    seconds = _settle_seconds(request)
    settled = (
        time.time() - seconds - _RESOLUTION
    )  # later than that, even later than now by a clock that is ahead: young
    young = {e.key for e in found if seconds and (e.modified is None or e.modified > settled)}
    if not young:
        return found
    time.sleep(seconds)
    return [e for e in found if e.key not in young or _is_same(e, place.look(e.key))]


def _settle_seconds(request: Request) -> float:
    default = _SETTLE_SECONDS.get(places.scheme(request.location), 0)
    return float(request.option("settle_seconds", (int, float), default))


def _is_same(before: Entry, now: Entry | None) -> bool:
    return now is not None and now.mark == before.mark


def _require_unchanged(request: Request, place: Place, entry: Entry) -> None:
    """Raise Transient for a file that changed while it was read: what was read of it may be half of each."""
    if places.scheme(request.location) == "file" and not _settle_seconds(request):
        return
    with _errors(request, entry.name):
        now = place.look(entry.key)
    if now is not None and not _is_same(entry, now):
        raise Transient(f"source {request.source}: {entry.name} changed while it was read")


def _of_entry(request: Request, place: Place, entry: Entry) -> list[File]:
    """The file, or the members of an archive."""
    mark = tuple(entry.mark)
    if not archive.is_zip(archive.unlocked_name(entry.name)):
        return [File(entry.name, lambda: _clear(request, place, entry), request, entry.key, mark)]
    with _errors(request, entry.name), _clear(request, place, entry) as raw:
        names = archive.members(raw, request.option("member", str))
    if not names:
        raise request.unusable(f"{entry.name} has no member that fits")
    return [_member(request, place, entry, name) for name in names]


def _member(request: Request, place: Place, entry: Entry, name: str) -> File:
    @contextmanager
    def open_raw() -> Iterator[BinaryIO]:
        with (
            _clear(request, place, entry) as raw,
            archive.member(raw, name, bounds_of(request)) as stream,
            _unlocked(request, name, stream) as clear,
        ):
            yield clear

    return File(f"{entry.name}/{Path(name).name}", open_raw, request, f"{entry.key}{_MEMBER}{name}", tuple(entry.mark))


@contextmanager
def _clear(request: Request, place: Place, entry: Entry) -> Iterator[BinaryIO]:
    """The file's bytes, decrypted where they are a PGP message."""
    with place.open(entry.key) as raw, _unlocked(request, entry.name, raw) as clear:
        yield clear


@contextmanager
def _unlocked(request: Request, name: str, raw: BinaryIO) -> Iterator[BinaryIO]:
    start = raw.read(32)
    raw.seek(0)
    if not archive.is_locked(name, start):
        yield raw
        return
    key = request.referred("pgp_key", "key")
    if key is None:
        raise archive.Locked
    with pgp.decrypted(raw, key, bounds_of(request)) as clear:
        yield clear
