"""One file at an https:// address. Its end is checked: a connection dropped in its midst is taken up again where it broke."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import BinaryIO, cast

import httpx

from connectors import web
from connectors.places import Entry, timeout
from connectors.request import Request
from core.positioned import PositionedReader

_ATTEMPTS = 4
_PIECE = 1 << 18
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Web:
    """``url`` names one file."""

    client: httpx.Client
    url: str

    def entries(self) -> list[Entry]:
        found = self.look(self.url)
        if found is None:
            raise FileNotFoundError
        return [found]

    def open(self, key: str) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_Reader(self.client, key), _BUFFER))

    def look(self, key: str) -> Entry | None:
        try:
            with _said(), self.client.stream("GET", key, headers={"Accept-Encoding": "identity"}) as response:
                _require_file(response)
                return _entry(key, response)
        except FileNotFoundError:
            return None


class _Reader(PositionedReader):
    """The bytes of a file; after a seek or a break, asked for anew from where they are needed (RFC 9110, 14)."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        super().__init__()
        self._client, self._url = client, url
        self._size: int | None = None
        self._tag: str | None = None
        self._pieces: Iterator[bytes] | None = None
        self._response: httpx.Response | None = None
        self._held = b""
        self._left = _ATTEMPTS
        self._begin()

    def _end(self) -> int:
        if self._size is None:
            raise io.UnsupportedOperation
        return self._size

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        before = self._position
        if super().seek(offset, whence) != before:
            self._stop()
        return self._position

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer)).cast("B")
        while not self._held and not (self._size is not None and self._position >= self._size):
            try:
                with _said():
                    if self._pieces is None:
                        self._begin()
                    self._held = next(cast("Iterator[bytes]", self._pieces), b"")
                if not self._held:
                    break
            except ConnectionError:
                self._stop()
                self._left -= 1
                if not self._left:
                    raise
        got = min(len(view), len(self._held))
        view[:got], self._held = self._held[:got], self._held[got:]
        self._position += got
        return got

    def _begin(self) -> None:
        """Ask for the bytes from here on; the whole where the server knows no ranges, and skip."""
        headers = {"Accept-Encoding": "identity"}
        if self._position:
            headers["Range"] = f"bytes={self._position}-"
            if self._tag:
                headers["If-Range"] = self._tag
        with _said():
            self._response = self._client.send(
                self._client.build_request("GET", self._url, headers=headers), stream=True
            )
            _require_file(self._response)
        self._same_as_before(self._response)
        self._pieces = self._response.iter_raw(_PIECE)
        if self._position and self._response.status_code != httpx.codes.PARTIAL_CONTENT:
            self._skip(self._position)

    def _same_as_before(self, response: httpx.Response) -> None:
        tag = response.headers.get("ETag") or response.headers.get("Last-Modified")
        if self._tag is not None and tag != self._tag:
            raise ConnectionError  # another file under the same address: to be read anew
        self._tag = tag
        if response.status_code == httpx.codes.OK and "Content-Length" in response.headers:
            self._size = int(response.headers["Content-Length"])

    def _skip(self, left: int) -> None:
        for piece in self._pieces or ():
            if len(piece) > left:
                self._held = piece[left:]
                return
            left -= len(piece)

    def _stop(self) -> None:
        if self._response is not None:
            self._response.close()
        self._response, self._pieces, self._held = None, None, b""

    def close(self) -> None:
        self._stop()
        super().close()


@contextmanager
def open_place(request: Request) -> Iterator[Web]:
    web.require_private(request, request.location)
    login = request.credentials()
    token = login.token or (login.secret if login.user is None else None)
    auth = httpx.BasicAuth(login.user, login.password or login.secret or "") if login.user else None
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(auth=auth, headers=headers, timeout=timeout(request)) as client:
        yield Web(client, request.location)


def _require_file(response: httpx.Response) -> None:
    """Raise what open() would: for an answer that is no file."""
    status = response.status_code
    if status in {401, 403}:
        raise PermissionError
    if status in {404, 410}:
        raise FileNotFoundError
    if status in web.AGAIN:
        raise ConnectionError
    if status not in {200, 206}:
        raise OSError


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException:
        raise TimeoutError from None
    except httpx.HTTPError:
        raise ConnectionError from None


def _entry(url: str, response: httpx.Response) -> Entry:
    size, modified = response.headers.get("Content-Length"), response.headers.get("Last-Modified")
    try:
        at = parsedate_to_datetime(modified).timestamp() if modified else None
    except ValueError:
        at = None
    return Entry(url, web.name(url), int(size) if size else None, response.headers.get("ETag") or modified, at)
