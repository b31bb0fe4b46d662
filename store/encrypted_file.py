"""A file encrypted in chunks, so that it is written as a stream and read at any place: the stage at rest.

Layout: magic, key id, then chunks of 1 MiB of plaintext, each sealed on its own and bound to its file, its place and whether it
is the last (Hoang et al., STREAM, 2015): a chunk that was altered, moved, taken from another file or cut off does not open.
The cipher is injected; this room knows no key.
"""

from __future__ import annotations

import io
from typing import Any, BinaryIO, Protocol

from core.errors import Fatal
from store.chunked import ChunkedReader

_MAGIC = b"SKST1"
CHUNK = 1 << 20


class Cipher(Protocol):
    """Seals and opens chunks. Deterministic: the same chunk at the same place gives the same bytes."""

    @property
    def key_id(self) -> str: ...

    @property
    def overhead(self) -> int: ...

    def seal(self, chunk: bytes, aad: bytes) -> bytes: ...

    def open(self, key_id: str, sealed: bytes, aad: bytes) -> bytes: ...


class EncryptedWriter(io.RawIOBase):
    """What is written here reaches ``file`` sealed. ``finish`` writes the last chunk; without it the file does not open."""

    def __init__(self, file: BinaryIO, cipher: Cipher, name: str) -> None:
        super().__init__()
        self._file, self._cipher, self._name = file, cipher, name
        self._waiting = bytearray()
        self._chunks = self._length = 0
        key = cipher.key_id.encode()
        file.write(_MAGIC + bytes([len(key)]) + key)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._length

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        self._waiting += view
        self._length += len(view)
        while len(self._waiting) > CHUNK:  # the last chunk waits: only `finish` knows that it is the last
            self._seal(bytes(self._waiting[:CHUNK]), is_last=False)
            del self._waiting[:CHUNK]
        return len(view)

    def finish(self) -> None:
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.seal(chunk, _aad(self._name, self._chunks, is_last=is_last)))
        self._chunks += 1


class EncryptedReader(ChunkedReader):
    """The plaintext of such a file, at any position. Raises Fatal where it was altered or its key is not there."""

    def __init__(self, file: BinaryIO, cipher: Cipher, name: str) -> None:
        self._file, self._cipher, self._name = file, cipher, name
        start = file.read(len(_MAGIC) + 1)
        if len(start) != len(_MAGIC) + 1 or not start.startswith(_MAGIC):
            raise Fatal(f"stage: {name} is not encrypted; run that step again")
        self._key_id = file.read(start[-1]).decode("ascii", errors="replace")
        self._start = file.tell()
        body = file.seek(0, io.SEEK_END) - self._start
        stride = CHUNK + cipher.overhead
        self._chunks = -(-body // stride)
        self._held, self._chunk = -1, b""
        length = body - self._chunks * cipher.overhead
        if self._chunks == 0 or length < 0:
            raise Fatal(f"stage: {name} was cut off; run that step again")
        super().__init__(length, CHUNK)
        if not length:
            self._opened(0)  # nobody reads a file of nothing, so none would find that it was cut to this

    def _opened(self, index: int) -> bytes:
        if index != self._held:
            self._file.seek(self._start + index * (CHUNK + self._cipher.overhead))
            sealed = self._file.read(CHUNK + self._cipher.overhead)
            aad = _aad(self._name, index, is_last=index == self._chunks - 1)
            self._chunk, self._held = self._cipher.open(self._key_id, sealed, aad), index
        return self._chunk


def _aad(name: str, index: int, *, is_last: bool) -> bytes:
    return b"\x1f".join((_MAGIC, name.encode(), str(index).encode(), b"last" if is_last else b"more"))
