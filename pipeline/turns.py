"""turns: a function of many parts, one after another, by this process and by the other one of the run (``pipeline.ahead``) if there is one.

What comes of it is in the order of the parts and the same whoever did which: the other process is given a part ahead of its turn, and what
it could not do, or has not begun when nothing else is left to do here, is done here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import pyarrow as pa

from pipeline import ahead
from pipeline.beside import Beside
from pipeline.run import Run

K = TypeVar("K")
_LINE = 4  # parts in memory at a time
_THERE = 2  # of them with the other process: the one it is at, and the next


@dataclass
class _Part(Generic[K]):
    key: K
    rows: pa.Table
    asked: ahead.Asked | None = None
    done: pa.Table | None = None

    @property
    def is_there(self) -> bool:
        """With the other process, and nothing has come of it yet."""
        return self.done is None and self.asked is not None and not self.asked.done()

    @property
    def is_here(self) -> bool:
        """For this process to do."""
        return self.done is None and (self.asked is None or (self.asked.done() and self.asked.result() is None))


def in_turn(
    run: Run,
    function: str,
    parts: Iterable[tuple[K, pa.Table]],
    here: Callable[[pa.Table], pa.Table],
    *,
    ready: str,
) -> Iterator[tuple[K, pa.Table, pa.Table]]:
    """Each part (key, rows) with what ``here(rows)`` makes of it; ``function`` is the same in the other process.

    ``ready``: what was asked of that process before (``ahead.ask``) and has to be done before it can be given parts.
    """
    coming, line = iter(parts), deque[_Part[K]]()
    while True:
        while len(line) < _LINE and (part := next(coming, None)) is not None:
            line.append(_Part(*part))
        if not line:
            return
        while line[0].done is None:
            if (other := ahead.beside(run)) is not None and ahead.is_done(run, ready):
                _give(line, other, function)
            _go_on(line, other, here)
        first = line.popleft()
        yield first.key, first.rows, first.done


def _give(line: deque[_Part[K]], other: Beside, function: str) -> None:
    """Let the other process have enough to do; what is due first is for this one."""
    free = [p for p in list(line)[1:] if p.asked is None and p.done is None]
    for part in free[: max(0, _THERE - sum(p.is_there for p in line))]:
        part.asked = other.ask(function, part.rows)


def _go_on(line: deque[_Part[K]], other: Beside | None, here: Callable[[pa.Table], pa.Table]) -> None:
    """One thing that brings the first part nearer to its end: take what was done there, do a part here, or wait."""
    first = line[0]
    if first.asked is not None and not first.is_there and not first.is_here:
        first.done = first.asked.result()
    elif mine := next((p for p in line if p.is_here), None):
        mine.done = here(mine.rows)
    elif other is not None and (last := line[-1]) is not first and last.asked is not None and last.is_there:
        other.withdraw(last.asked)  # not begun, most likely; if it was, the same comes of it
        last.asked, last.done = None, here(last.rows)
    elif first.asked is not None:
        first.asked.result()
