"""Which of a stream is the last: known only once nothing follows, so each waits for the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def with_last(parts: Iterable[T]) -> Iterator[tuple[T, bool]]:
    """Each part, and whether it is the last. None of them may be None."""
    held: T | None = None
    for part in parts:
        if held is not None:
            yield held, False
        held = part
    if held is not None:
        yield held, True
