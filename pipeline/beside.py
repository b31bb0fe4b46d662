"""beside: a second process of one run, which does what it is asked, one thing after another, while this one goes on.

It opens the deployment itself; what it is asked and what it answers go through pipes, rows as Arrow: nothing of a row reaches a disk
(but for the stage, as ever), an argument or a log. It ends when this process does, however that ends, for then its pipe does. What it
could not do is done here: it is asked only for what gives the same when it is done again.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from typing import IO, Any

import pyarrow as pa

from core.types import Interval
from pipeline import processes
from pipeline.run import Run
from pipeline.site import open_site

_NOTHING = pa.table({})


class Beside:
    """The other process, as seen from here. It begins at once, and waits to be told of a run."""

    def __init__(self) -> None:
        environ = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.beside"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ,
        )  # fmt: skip
        self._asked: dict[int, Future[pa.Table | None]] = {}
        self._lock = threading.Lock()
        self._is_over = False
        threading.Thread(target=self._listen, name="beside", daemon=True).start()

    def begin(self, run: Run) -> None:
        """Everything from here on is of this run."""
        self._send({"begin": _told(run)})

    def ask(self, function: str, rows: pa.Table | None = None, /, **said: str) -> Future[pa.Table | None]:
        """``function`` (``module:name``) of the run, these rows, and what else is said; None where it was not done."""
        future: Future[pa.Table | None] = Future()
        with self._lock:
            number = len(self._asked)
            self._asked[number] = future
            if self._is_over:
                future.set_result(None)
        self._send({"do": function, "number": number, "said": said}, rows)
        return future

    def withdraw(self, asked: Future[pa.Table | None]) -> None:
        """Ask no more for this; what has begun is done to its end."""
        self._send({"withdraw": [number for number, future in self._asked.items() if future is asked]})

    def finish(self) -> None:
        """Let it end when it has done what was asked."""
        self._send({"finish": True})

    def end(self) -> None:
        """End it, whatever it is at."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()

    def _send(self, what: Mapping[str, Any], rows: pa.Table | None = None) -> None:
        with suppress(OSError):  # it has ended: then its answers are None already, or will be
            _write(_of(self._process.stdin), what, rows)

    def _listen(self) -> None:
        with suppress(OSError, ValueError, pa.ArrowInvalid):
            while (answer := _read(_of(self._process.stdout))) is not None:
                what, rows = answer
                self._asked[what["number"]].set_result(rows if what["is_done"] else None)
        with self._lock:
            self._is_over = True
            for future in self._asked.values():
                if not future.done():
                    future.set_result(None)


def _of(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("no pipe")
    return pipe


def _write(pipe: IO[bytes], what: Mapping[str, Any], rows: pa.Table | None) -> None:
    body = b"" if rows is None else processes.written(rows)
    pipe.write(json.dumps({**what, "bytes": len(body)}).encode() + b"\n")
    pipe.write(body)
    pipe.flush()


def _read(pipe: IO[bytes]) -> tuple[dict[str, Any], pa.Table] | None:
    line = pipe.readline()
    if not line.endswith(b"\n"):
        return None
    what: dict[str, Any] = json.loads(line)
    body = pipe.read(what["bytes"]) if what["bytes"] else b""
    if len(body) < what["bytes"]:
        return None
    return what, pa.ipc.open_stream(body).read_all() if body else _NOTHING


def _told(run: Run) -> dict[str, Any]:
    """What makes the same run over there: it speaks for the same holder of the lease, and renews nothing."""
    return {
        "folder": str(run.site.folder),
        "interval": [run.interval.start.isoformat(), run.interval.end.isoformat()],
        "actor": run.actor,
        "holder": run.holder,
    }


# --- the other process --------------------------------------------------------------------------------------------------------


def _run_of(told: Mapping[str, Any]) -> Run:
    start, end = map(datetime.fromisoformat, told["interval"])
    return Run(open_site(told["folder"]), Interval(start, end), actor=told["actor"], holder=told["holder"])


def _listen(pipe: IO[bytes], asked: queue.SimpleQueue[tuple[dict[str, Any], pa.Table]], withdrawn: set[int]) -> None:
    """Put in line what is asked. When nobody asks any more, whoever did has ended: then what is under way is nobody's."""
    with suppress(OSError, ValueError, pa.ArrowInvalid):
        while (what := _read(pipe)) is not None:
            if "withdraw" in what[0]:
                withdrawn.update(what[0]["withdraw"])
            else:
                asked.put(what)
    os._exit(0)


def main() -> None:
    """Do what is asked, in its order. Of an error only that there was one is told: here it would be nobody's."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a print is no answer
    asked: queue.SimpleQueue[tuple[dict[str, Any], pa.Table]] = queue.SimpleQueue()
    withdrawn: set[int] = set()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, asked, withdrawn), daemon=True).start()
    processes.stay_alone()
    run: Run | None = None
    while True:
        what, rows = asked.get()
        if "finish" in what:
            answers.close()
            os._exit(0)
        if "begin" in what:
            run = _run_of(what["begin"])
            continue
        result = None
        if what["number"] not in withdrawn:
            with suppress(Exception):  # done again by who asked, where its errors are ours
                result = processes.found(what["do"])(run, rows, **what["said"])
        _write(answers, {"number": what["number"], "is_done": result is not None}, result)


def prepare(_run: Run | None, _rows: pa.Table) -> pa.Table:
    """Import, and read into memory, what takes seconds, while the process that asked is still at its own beginning."""
    from pipeline import ahead, notes  # noqa: F401

    processes.found("expectations.suite:validate")
    notes.observed(pa.table({"text": [""], "name": pa.nulls(1, pa.string())}))
    return _NOTHING


if __name__ == "__main__":
    main()
