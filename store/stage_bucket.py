"""A stage in a bucket of objects, for workers on several machines: S3 by Arrow (``s3://``), others by fsspec's drivers.

A bucket has no rename, and an upload in parts that breaks off leaves parts which no listing shows. So a file is made on this machine first (a
temporary file without a name: a process that is killed leaves nothing), then put as pieces, each small enough for one request and so there
whole or not at all, and last its manifest under the file's own key, which names the pieces. Without a manifest there is no file;
pieces of a file that was never finished lie under their run and go with it. What the stage hands over is sealed before it comes here.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import fsspec
from pyarrow import fs

from core.errors import ConfigError, Fatal, Transient
from store.chunked import ChunkedReader

PIECE = 4 << 20  # bytes; Arrow puts what is smaller than a part of an upload (10 MB) by one request
_HELD = 2  # pieces a reader keeps
_PIECES = ".pieces"
_REFUSED = re.compile(
    r"ACCESS_DENIED|AccessDenied|InvalidAccessKey|SignatureDoesNotMatch|403|INVALID_ACCESS|SIGNATURE|NoSuchBucket|NO_SUCH_BUCKET",
    re.IGNORECASE,
)
_OPTIONS = {"endpoint", "region"}


def bucket_of(url: str) -> Bucket:
    """The place of an URL: ``s3://bucket/prefix?endpoint=https://…&region=…``, or one of fsspec's. Raises ConfigError.

    Logins are found where the tools of that storage look for them (environment, profile, the machine's role), never in the URL.
    """
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ConfigError("no login in the URL of a stage: the environment or the machine's role has it", key="stage")
    if parts.scheme == "s3":
        return Bucket(_s3(dict(parse_qsl(parts.query))), f"{parts.netloc}{parts.path}".strip("/"))
    if parts.scheme in ("file", "local"):
        raise ConfigError("a folder is given by its path, not by a URL", key="stage")
    try:
        system, path = fsspec.core.url_to_fs(url)  # type: ignore[no-untyped-call]
    except (ImportError, ValueError) as e:
        raise ConfigError(f"no driver for {parts.scheme}:// ({type(e).__name__})", key="stage") from None
    return Bucket(fs.PyFileSystem(fs.FSSpecHandler(system)), path.strip("/"))


def _s3(options: dict[str, str]) -> Any:
    if unknown := options.keys() - _OPTIONS:
        raise ConfigError(f"no option {', '.join(sorted(unknown))}; there are endpoint and region", key="stage")
    endpoint = urlsplit(options["endpoint"]) if "endpoint" in options else None
    if endpoint is not None and not endpoint.netloc:
        raise ConfigError("endpoint must be a URL, e.g. https://s3.lender.example", key="stage")
    return fs.S3FileSystem(
        region=options.get("region") or ("us-east-1" if endpoint else None),
        endpoint_override=endpoint.netloc if endpoint else None,
        scheme=endpoint.scheme if endpoint else "https",
        connect_timeout=10,
        request_timeout=60,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=4),
        allow_delayed_open=True,  # without it even a small object is an upload in parts
    )


class Bucket:
    """``<top>/<run>/<step>/<file>`` is a manifest, ``<file>.pieces/<digest>.<n>`` beside it are what it names."""

    def __init__(self, system: Any, top: str) -> None:
        self._system = system
        self._top = top

    @contextmanager
    def write(self, key: str) -> Iterator[Any]:
        with tempfile.TemporaryFile() as file:
            yield file
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()  # same rows, same pieces, whoever writes them
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            count = -(-size // PIECE)
            for n in range(count):
                self._put(_piece(key, digest, n), file.read(PIECE))
            before = self.get(key)
            self._put(key, json.dumps({"digest": digest, "size": size, "pieces": count, "piece": PIECE}).encode())
            if before is not None and json.loads(before)["digest"] != digest:
                self._drop(key, before)

    def _drop(self, key: str, manifest: str) -> None:
        """Pieces that no manifest names any more. Should this break off, the end of the run removes them."""
        known = json.loads(manifest)
        for n in range(known["pieces"]):
            with suppress(FileNotFoundError), _said():
                self._system.delete_file(self._at(_piece(key, known["digest"], n)))

    @contextmanager
    def read(self, key: str) -> Iterator[Any]:
        manifest = self.get(key)
        if manifest is None:
            raise _absent(key)
        known = json.loads(manifest)
        yield _Reader(self, key, digest=known["digest"], size=known["size"], piece=known["piece"])

    def put(self, key: str, text: str) -> None:
        self._put(key, text.encode())

    def get(self, key: str) -> str | None:
        found = self._get(key)
        return None if found is None else found.decode()

    def has(self, key: str) -> bool:
        with _said():
            return bool(self._system.get_file_info(self._at(key)).type == fs.FileType.File)

    def names(self, folder: str) -> list[str]:
        depth = folder.count("/") + 1 if folder else 0
        return sorted({key.split("/")[depth] for key in self.files(folder)})

    def runs(self) -> list[str]:
        with _said():
            found = self._system.get_file_info(fs.FileSelector(self._top, allow_not_found=True))
        return sorted(i.base_name for i in found if i.type == fs.FileType.Directory and self.files(i.base_name))

    def files(self, folder: str = "") -> list[str]:
        return sorted(i.path.strip("/").removeprefix(f"{self._top}/") for i in self._infos(folder))

    def raw(self, key: str) -> bytes:
        found = self._get(key)
        if found is None:
            raise _absent(key)
        return found

    def remove(self, folder: str) -> int:
        files = self.files(folder)
        if files:
            with suppress(FileNotFoundError), _said():  # somebody else may be removing it
                self._system.delete_dir(self._at(folder))
        if self.files(folder):
            raise Transient(f"stage: could not remove everything of run {folder.partition('/')[0]}")
        return len(files)

    def newest(self, run: str) -> float:
        infos = self._infos(run)
        if any(i.mtime is None for i in infos):
            return time.time()  # a driver that tells no times: nothing of it is ever old
        return max((i.mtime.timestamp() for i in infos), default=0.0)

    def _infos(self, folder: str) -> list[Any]:
        with _said():
            found = self._system.get_file_info(fs.FileSelector(self._at(folder), recursive=True, allow_not_found=True))
        return [i for i in found if i.type == fs.FileType.File]

    def _put(self, key: str, data: bytes) -> None:
        with _said():
            out = self._system.open_output_stream(self._at(key), compression=None)
            out.write(data)
            out.close()

    def _get(self, key: str) -> bytes | None:
        try:
            with _said(), self._system.open_input_file(self._at(key)) as file:
                return bytes(file.read())
        except FileNotFoundError:
            return None

    def _at(self, key: str) -> str:
        return f"{self._top}/{key}" if key else self._top


class _Reader(ChunkedReader):
    """A file of pieces; the last pieces read are kept."""

    def __init__(self, bucket: Bucket, key: str, *, digest: str, size: int, piece: int) -> None:
        super().__init__(size, piece)
        self._bucket, self._key, self._digest = bucket, key, digest
        self._held: dict[int, bytes] = {}

    def _opened(self, index: int) -> bytes:
        if index not in self._held:
            found = self._bucket.raw(_piece(self._key, self._digest, index))
            if len(found) != min(self._stride, self._length - index * self._stride):
                raise Fatal(f"stage: {self._key} was cut off; run that step again")
            self._held = {n: self._held[n] for n in list(self._held)[-(_HELD - 1) :]} | {index: found}
        return self._held[index]


def _piece(key: str, digest: str, n: int) -> str:
    return f"{key}{_PIECES}/{digest[:32]}.{n:06}"


def _absent(key: str) -> Fatal:
    _, step, name, *_ = key.split("/")
    name = name.removesuffix(_PIECES)
    return Fatal(f"stage: {name} of step {step} is not there; run that step again")


@contextmanager
def _said() -> Iterator[None]:
    """Arrow says in words, with bucket and key, what the storage answered: only its kind goes on."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as e:
        if _REFUSED.search(str(e)):
            raise Fatal("stage: the bucket refuses, or is not there; check its name, login and rights") from None
        raise Transient("stage: the bucket does not answer as it should") from None
