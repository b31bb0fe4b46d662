"""A function of rows over many rows, on every core: parts go to processes of our own and come back, as Arrow through pipes.

For functions that look at one row at a time and spend their time in Python. Nothing of a row reaches a disk, an argument or a log:
what a process writes to its error stream is thrown away, and a part that it could not do is done here, where errors are ours.
"""

from __future__ import annotations

import importlib
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pyarrow as pa

Function = Callable[..., pa.Table]
MOST = 8
_cores = 0
_LEAST_ROWS = 10_000  # a process takes a second to begin: fewer rows are done before it has


def by_rows(function: str, rows: pa.Table, *, least_rows: int = _LEAST_ROWS) -> pa.Table:
    """``function`` (``module:name``) of these rows, as if it were called with them all; each process is given at least so many."""
    count = max(1, min(cores(), MOST, rows.num_rows // least_rows))
    bounds = [rows.num_rows * n // count for n in range(count + 1)]
    parts = [rows.slice(start, end - start) for start, end in itertools.pairwise(bounds)]
    with ThreadPoolExecutor(max(1, count - 1)) as pool:
        elsewhere = [pool.submit(_elsewhere, function, part) for part in parts[1:]]
        done = [found(function)(parts[0])]
        for part, result in zip(parts[1:], elsewhere, strict=True):
            table = result.result()
            done.append(found(function)(part) if table is None else table)
    return done[0] if count == 1 else pa.concat_tables(done)


def cores() -> int:
    """How many this process may use."""
    if _cores:
        return _cores
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def stay_alone() -> None:
    """Begin no others from here on: this process is a second one already."""
    global _cores  # noqa: PLW0603  of this process, once
    _cores = 1


def found(function: str) -> Function:
    """The function of this name (``module:name``)."""
    module, _, name = function.partition(":")
    found: Function = getattr(importlib.import_module(module), name)
    return found


def _elsewhere(function: str, part: pa.Table) -> pa.Table | None:
    """The result of another process; None where it ended otherwise than well."""
    command = [sys.executable, "-m", "pipeline.processes", function]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with suppress(OSError, pa.ArrowInvalid):
        ended = subprocess.run(  # noqa: S603  our own interpreter and a name of our own
            command, input=written(part), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ, check=False
        )
        if ended.returncode == 0:
            return pa.ipc.open_stream(ended.stdout).read_all()
    return None


def written(table: pa.Table) -> bytes:
    """The table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    stream: bytes = sink.getvalue().to_pybytes()
    return stream


def main(function: str) -> None:
    """In the other process: rows from the standard input, the result to the standard output."""
    rows = pa.ipc.open_stream(sys.stdin.buffer).read_all()
    sys.stdout.buffer.write(written(found(function)(rows)))


if __name__ == "__main__":
    main(sys.argv[1])
