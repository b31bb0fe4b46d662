"""Sorted runs of numbers, one beside another: long ones in a file without a name, so that memory does not grow with them."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

Columns = tuple[npt.NDArray[np.generic], ...]
LONG = 1 << 19  # rows; a run of so many stays as it is, on disk: merging needs as much memory again


class Runs:
    """Runs of equally long columns, the first one sorted. ``merged`` makes one run of two that have grown alike."""

    def __init__(self, merged: Callable[[Columns, Columns], Columns]) -> None:
        self._merged = merged
        self._short: list[Columns] = []
        self._long: list[_Long] = []

    def __iter__(self) -> Iterator[Columns]:
        """Each run; what is read of a long one is let go when the next is asked for."""
        yield from self._short
        for run in self._long:
            yield run.columns
            run.let_go()

    def add(self, *columns: npt.NDArray[np.generic]) -> None:
        run: Columns = columns
        while self._short and len(self._short[-1][0]) <= 2 * len(run[0]):
            run = self._merged(self._short.pop(), run)
        if len(run[0]) >= LONG:
            self._put_away(run)
        elif len(run[0]):
            self._short.append(run)

    def _put_away(self, run: Columns) -> None:
        try:
            self._long.append(_Long(run))
        except OSError:  # no room there: what is seen must not be forgotten
            self._short.insert(0, run)


class _Long:
    """A run in a file that is gone when the process is: mapped, and read where it is looked at."""

    def __init__(self, run: Columns) -> None:
        self._maps: list[mmap.mmap] = []
        columns = []
        for column in run:
            with tempfile.TemporaryFile(prefix="skiptrace-") as file:
                file.write(np.ascontiguousarray(column).data)
                file.flush()
                self._maps.append(mmap.mmap(file.fileno(), column.nbytes, access=mmap.ACCESS_READ))
            columns.append(np.frombuffer(self._maps[-1], column.dtype))
        self.columns: Columns = tuple(columns)

    def let_go(self) -> None:
        for mapped in self._maps:
            mapped.madvise(mmap.MADV_DONTNEED)
