"""A file that is had chunk by chunk, at any position: sealed chunks opened, or pieces fetched."""

from __future__ import annotations

import io
from abc import abstractmethod
from typing import Any


class ChunkedReader(io.RawIOBase):
    """``_length`` bytes in chunks of ``_stride``; the last one is shorter."""

    def __init__(self, length: int, stride: int) -> None:
        super().__init__()
        self._length, self._stride, self._position = length, stride, 0

    @abstractmethod
    def _opened(self, index: int) -> bytes:
        """A chunk."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        wanted = memoryview(buffer).cast("B")
        done = 0
        while done < len(wanted) and self._position < self._length:
            index, inside = divmod(self._position, self._stride)
            part = memoryview(self._opened(index))[inside : inside + len(wanted) - done]
            wanted[done : done + len(part)] = part
            done += len(part)
            self._position += len(part)
        return done
