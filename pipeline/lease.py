"""lease: one run of a deployment at a time, whoever starts it; a lease that its holder renews, and that ends when the holder does.

A run that is killed gives way at once on the same machine (its process is gone), elsewhere when its lease has run out.
Whatever else happens beside a run (withdrawals, decisions, outcomes, reading) needs none: each is one transaction.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import store
from core.errors import SkiptraceError, Transient
from pipeline.run import Run
from pipeline.site import Site

RUN = "run"
ROTATION = "rotation"
SECONDS = 120.0
# Between two tasks of a DAG nobody renews: a queue, a retry's delay, a worker that starts.
SECONDS_OF_DAG = 900.0
BRIEF = "a moment without runs"
_RENEWALS = 4
_WAIT = 60.0  # for what holds it for a moment only
_keepers: dict[str, _Keeper] = {}


class Busy(Transient):
    """Another holds it; the message says who, since when and until when."""


class _Keeper(threading.Thread):
    """Renews one lease until it is stopped, or the process ends."""

    def __init__(self, site: Site, name: str, holder: str, about: str, seconds: float) -> None:
        super().__init__(name=f"lease {name}", daemon=True)
        self._site = site
        self._name, self._holder, self._about, self._seconds = name, holder, about, seconds
        self._is_over = threading.Event()

    def run(self) -> None:
        while not self._is_over.wait(self._seconds / _RENEWALS):
            try:
                now = self._site.store.take(self._name, holder=self._holder, about=self._about, seconds=self._seconds)
                if self._is_over.is_set():  # it was given back while this renewal stood in line, and is so again
                    self._site.store.give_back(self._name, holder=self._holder)
                    return
            except SkiptraceError:
                continue  # busy or away: the next renewal comes before the end
            if now.holder != self._holder:
                return  # stood still for too long; publish refuses

    def stop(self) -> None:
        """Until a renewal that is under way is done: it must not come after the lease is given back."""
        self._is_over.set()
        self.join(_WAIT)


def hold(run: Run) -> None:
    """Take the lease of runs for this one, and keep it renewed while this process lives. Raises Busy when another runs."""
    seconds = SECONDS_OF_DAG if run.holder.startswith("airflow/") else SECONDS
    _take(run.site, RUN, run.holder, run.key, seconds)


def give_back(run: Run) -> None:
    """The run is over."""
    _release(run.site, RUN, run.holder)


def is_of_another(run: Run) -> bool:
    """Whether another has the lease of runs by now: this one stood still for too long."""
    now = run.site.store.lease(RUN)
    return now is not None and now.holder != run.holder


@contextmanager
def without_runs(site: Site) -> Iterator[bool]:
    """Whether no run is under way, and none begins until the block ends."""
    holder = store.new_holder()
    is_free = site.store.take(RUN, holder=holder, about=BRIEF, seconds=SECONDS).holder == holder
    try:
        yield is_free
    finally:
        if is_free:
            site.store.give_back(RUN, holder=holder)


@contextmanager
def alone(site: Site, name: str, about: str = "") -> Iterator[None]:
    """Hold this lease while the block lasts. Raises Busy when another holds it."""
    holder = store.new_holder()
    _take(site, name, holder, about, SECONDS)
    try:
        yield
    finally:
        _release(site, name, holder)


def _take(site: Site, name: str, holder: str, about: str, seconds: float) -> None:
    until = time.monotonic() + _WAIT
    while (now := site.store.take(name, holder=holder, about=about, seconds=seconds)).holder != holder:
        if now.about == BRIEF and time.monotonic() < until:
            time.sleep(0.2)
            continue
        raise Busy(
            f"{now.about or name} is under way since {now.since:%Y-%m-%d %H:%M}Z ({shown(now.holder)}); "
            f"if that is gone, its lease ends at {now.until:%H:%M:%S}Z: try again then"
        )
    if holder not in _keepers:
        _keepers[holder] = _Keeper(site, name, holder, about, seconds)
        _keepers[holder].start()


def _release(site: Site, name: str, holder: str) -> None:
    keeper = _keepers.pop(holder, None)
    if keeper is not None:
        keeper.stop()
    site.store.give_back(name, holder=holder)


def shown(holder: str) -> str:
    """A holder as people look for it: host and process, or Airflow and its run."""
    first, second = [*holder.split("/"), ""][:2]
    return f"Airflow, {second}" if first == "airflow" else f"process {second} on {first}"
