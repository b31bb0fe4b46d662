"""backfill: rows of an older time are read again, linked to who is traced today, and published as of the latest day.

Sources that are read by increments are asked for that time only; the others are read as ever. No cursor moves, and nothing
published becomes older: an older interval is a question to the sources, never a state to go back to.
"""

from __future__ import annotations

from datetime import UTC, datetime

from core.errors import ConfigError
from core.types import Interval
from pipeline.run import Progress, Run, interval_of
from pipeline.site import Site


def _silent(_step: str, _source: str, _rows: int) -> None:
    return None


def run_of(site: Site, interval: Interval, *, actor: str, progress: Progress = _silent) -> Run:
    """The run that reads this interval again. Raises ConfigError for one that ends before it starts.

    Asked again while it is under way (each Airflow task asks), it is the same run.
    """
    if interval.end <= interval.start:
        raise ConfigError("the interval to backfill ends before it starts", key="to")
    run = Run(site, interval_of(_as_of(site, interval)), actor=actor, progress=progress, backfill=interval)
    under_way = site.store.run(run.key)
    if under_way is not None and under_way.status == "running":
        return Run(site, interval_of(under_way.as_of), actor=actor, progress=progress, backfill=interval)
    return run


def _as_of(site: Site, interval: Interval) -> datetime:
    """What is published speaks of the latest day, and so does whatever is added to it."""
    last = site.store.last_run("done")
    return interval.end if last is None else max(last.as_of, interval.end)


def is_backfill(site: Site, interval: Interval) -> bool:
    """Whether this interval is older than what is published."""
    last = site.store.last_run("done")
    return last is not None and last.as_of > interval.end.astimezone(UTC)
