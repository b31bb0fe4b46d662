"""A file that is had chunk by chunk, at any position: sealed chunks opened, or pieces fetched."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from core.positioned import PositionedReader


class ChunkedReader(PositionedReader):
    """``_length`` bytes in chunks of ``_stride``; the last one is shorter."""

    def __init__(self, length: int, stride: int) -> None:
        super().__init__()
        self._length, self._stride = length, stride

    @abstractmethod
    def _opened(self, index: int) -> bytes:
        """A chunk."""

    def _end(self) -> int:
        return self._length

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
