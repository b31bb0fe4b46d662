"""One run of one deployment for one data interval, and what every step of it needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import store
from core.events import Event, EventName
from core.ledger import Count
from core.types import Interval
from pipeline import facts
from pipeline.site import Site

Progress = Callable[[str, str, int], None]
T = TypeVar("T")


def _silent(_step: str, _source: str, _rows: int) -> None:
    return None


def interval_of(as_of: date | datetime) -> Interval:
    """The day that ends at ``as_of`` (a date means the end of that day, UTC)."""
    if isinstance(as_of, datetime):
        end = as_of.astimezone(UTC)
    else:
        end = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC) + timedelta(days=1)
    return Interval(end - timedelta(days=1), end)


@dataclass(frozen=True)
class Run:
    """A run: everything a verb needs and nothing else. ``clock`` is injected; rules use ``interval.end``.

    ``backfill``: rows of this older time are read again, and judged and published as of ``interval``, which is the latest.
    ``holder``: who holds the lease of runs for it (``pipeline.lease``): this object, or the DAG run whose tasks share it.
    """

    site: Site
    interval: Interval
    actor: str = "service:run"
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    progress: Progress = _silent
    backfill: Interval | None = None
    holder: str = field(default_factory=store.new_holder, compare=False)
    _found: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def key(self) -> str:
        if self.backfill is None:
            return self.interval.key
        return f"backfill-{self.backfill.start:%Y%m%dT%H%M%SZ}-{self.backfill.end:%Y%m%dT%H%M%SZ}"

    @property
    def covers(self) -> Interval:
        """The time whose rows it asks for."""
        return self.backfill or self.interval

    def once(self, name: str, find: Callable[[], T]) -> T:
        """What ``find`` found when it was first asked for."""
        if name not in self._found:
            self._found[name] = find()
        found: T = self._found[name]
        return found

    @property
    def at(self) -> datetime:
        """The moment the run speaks of: consents, ages and freshness are judged at the end of its interval."""
        return self.interval.end

    def event(self, name: EventName, **facts: str | float | bool) -> None:
        """Append one event to the audit chain: ids, rule ids and counts only."""
        self.site.store.record(Event(name, self.actor, self.key, facts))

    @contextmanager
    def step(self, name: str, source: str = "") -> Iterator[StepLog]:
        """Time one step and write its counts to the stage under (step, source), replacing those of an earlier attempt."""
        log = StepLog(name, source)
        began = time.perf_counter()
        yield log
        log.seconds = time.perf_counter() - began
        log.ended = self.clock()
        facts.write(self.site.stage, self.key, name, source, log.as_dict())


@dataclass
class StepLog:
    """What a step counted. Filled while it runs, written once when it ends."""

    step: str
    source: str
    counts: list[Count] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)
    measures: list[dict[str, str | int]] = field(default_factory=list)
    profile: dict[str, Any] | None = None  # counts of its clean rows: see pipeline.profile
    status: str = "ok"
    seconds: float = 0.0
    ended: datetime | None = None

    def count(self, name: str, rows: int, detail: str = "") -> None:
        """``rows`` rows left this step under ``name``."""
        self.counts.append(Count(self.step, self.source, name, rows, detail))

    def note(self, level: str, message: str) -> None:
        """A message for the report: field names, row numbers and counts, never a value."""
        self.notes.append({"level": level, "message": message})

    def measure(self, contract: str, expectation: str, column: str, severity: str, failed: int) -> None:
        """How one line of a contract came out."""
        facts: dict[str, str | int] = {"contract": contract, "expectation": expectation, "column": column}
        self.measures.append(facts | {"severity": severity, "failed": failed})

    def as_dict(self) -> dict[str, object]:
        return {
            "step": self.step,
            "source": self.source,
            "status": self.status,
            "seconds": round(self.seconds, 3),
            "ended": self.ended.isoformat() if self.ended else "",
            "counts": [[c.name, c.rows, c.detail] for c in self.counts],
            "notes": self.notes,
            "measures": self.measures,
        } | ({} if self.profile is None else {"profile": self.profile})
