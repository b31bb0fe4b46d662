"""A file that is read at any position: what the readers of sealed, distant and chunked files share."""

from __future__ import annotations

import io
from abc import abstractmethod


class PositionedReader(io.RawIOBase):
    """The position; how bytes are had from there (``readinto``, which moves it on) is each reader's own."""

    def __init__(self) -> None:
        super().__init__()
        self._position = 0

    @abstractmethod
    def _end(self) -> int:
        """Where the file ends; io.UnsupportedOperation while that is not known."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position}
        self._position = max(0, offset + (self._end() if whence == io.SEEK_END else origin[whence]))
        return self._position
