"""What a transport yields: the wanted columns as text, and the rows that could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress

import pyarrow as pa

from connectors import text
from core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that could not be read. ``row`` is its number in its file; the row itself is not kept."""

    row: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Block:
    """Some consecutive rows of one file (or table): each is in ``columns`` or in ``faults``, never in both.

    ``columns`` maps each wanted column or path to a string array, null where empty; ``numbers`` (int64) are the 1-based
    numbers of these rows among all data rows of ``file``, faults in their order. ``cursor`` is where to go on once these
    rows are safe, ``cursor_at`` tells it for when those up to a number are.
    """

    file: str
    columns: Mapping[str, pa.Array]
    numbers: pa.Array
    faults: tuple[Fault, ...] = ()
    cursor: str | None = None
    cursor_at: Callable[[int], str] | None = None

    @property
    def read(self) -> int:
        """Rows of the source this block accounts for."""
        return len(self.numbers) + len(self.faults)

    @property
    def last(self) -> int:
        """The highest row number here."""
        ends = [self.numbers[-1].as_py()] if len(self.numbers) else []
        return max([*ends, *[fault.row for fault in self.faults]], default=0)

    def sliced(self, rows: int) -> Iterator[Block]:
        """Pieces of this block in order, at most ``rows`` readable rows each, with the faults among them."""
        count = len(self.numbers)
        if count <= rows:
            yield self
            return
        faults = self.faults
        for start in range(0, count, rows):
            columns = {name: array.slice(start, rows) for name, array in self.columns.items()}
            numbers = self.numbers.slice(start, rows)
            if start + rows >= count:
                yield replace(self, columns=columns, numbers=numbers, faults=faults)
                return
            last = numbers[-1].as_py()
            here = tuple(fault for fault in faults if fault.row <= last)
            faults = faults[len(here) :]
            at = None if self.cursor_at is None else self.cursor_at(last)
            yield Block(self.file, columns, numbers, here, at)

    def after(self, row: int) -> Block:
        """The rows of this block with a higher number."""
        keep = pa.compute.greater(self.numbers, row)
        columns = {name: array.filter(keep) for name, array in self.columns.items()}
        faults = tuple(fault for fault in self.faults if fault.row > row)
        return replace(self, columns=columns, numbers=self.numbers.filter(keep), faults=faults)


def of_columns(file: str, columns: Mapping[str, pa.Array], numbers: pa.Array, faults: Sequence[Fault] = ()) -> Block:
    """The block of text columns, after moving rows that hold ``text.MARK`` or NUL to the faults."""
    broken = text.broken(list(columns.values()))
    if broken is None:
        return Block(file, columns, numbers, tuple(faults))
    bad = [Fault(n, Reason.BAD_ENCODING) for n in compress(numbers.to_pylist(), broken.to_pylist())]
    keep = pa.compute.invert(broken)
    kept = {name: array.filter(keep) for name, array in columns.items()}
    return Block(file, kept, numbers.filter(keep), tuple(sorted([*faults, *bad], key=lambda f: f.row)))


def of_values(
    file: str, columns: Mapping[str, Sequence[object]], numbers: Sequence[int], faults: Sequence[Fault] = ()
) -> Block:
    """The block of columns of Python values (of a workbook, a database, JSON)."""
    arrays = {name: text.of_values(values) for name, values in columns.items()}
    return of_columns(file, arrays, pa.array(numbers, pa.int64()), faults)
