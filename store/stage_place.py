"""Where stage files lie: a folder, or a bucket of objects. Keys are ``run/step/file``, every part a plain name that the stage has checked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol


class Place(Protocol):
    """What the stage asks of it. All raise Transient where another attempt may help, Fatal where it would not or nothing is there."""

    def write(self, key: str) -> AbstractContextManager[Any]:
        """A new file, to be written, and read back, in the block. It has its name when the block ended well, whole, and else never."""

    def read(self, key: str) -> AbstractContextManager[Any]:
        """A file at any position. Raises Fatal when there is none."""

    def put(self, key: str, text: str) -> None:
        """A small text, whole or not at all, and there when this returns."""

    def get(self, key: str) -> str | None:
        """Such a text; None where there is none."""

    def has(self, key: str) -> bool:
        """True when the whole file is there."""

    def names(self, folder: str) -> list[str]:
        """What lies in a folder (``run`` or ``run/step``), in order; nothing where it is not there."""

    def runs(self) -> list[str]:
        """The runs of which anything is left."""

    def files(self, folder: str = "") -> list[str]:
        """Keys of everything left under a folder, half-written files too."""

    def raw(self, key: str) -> bytes:
        """The bytes of one of ``files``, as they lie there."""

    def remove(self, folder: str) -> int:
        """Remove everything under a folder; how many files that were. Raises Transient when something stays."""

    def newest(self, run: str) -> float:
        """When anything was last written in a run, in seconds since the epoch."""
