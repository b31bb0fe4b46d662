"""Audit events of many requests, a transaction for all that wait."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from core.errors import SkiptraceError
from core.events import Event
from pipeline.site import Site


class Recorder:
    """Audit events of many requests in one transaction: whoever comes first writes for all who wait."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._queue: list[tuple[tuple[Event, ...], Future[None]]] = []
        self._guard = threading.Lock()
        self._writer = threading.Lock()

    def record(self, *events: Event) -> None:
        """Append the events; they are on disk when this returns. Raises what the store raised: no answer without its audit."""
        mine: Future[None] = Future()
        with self._guard:
            self._queue.append((events, mine))
        with self._writer:
            if not mine.done():
                self._write()
        mine.result()

    def _write(self) -> None:
        with self._guard:
            batch, self._queue = self._queue, []
        try:
            self._site.store.record(*[e for events, _ in batch for e in events])
        except SkiptraceError as e:
            for _, waiting in batch:
                waiting.set_exception(e)
            return
        for _, waiting in batch:
            waiting.set_result(None)
