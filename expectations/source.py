"""Whether a whole source brought enough, and recently enough, as its declaration asks."""

from __future__ import annotations

from datetime import datetime

from core.deployment import SourceSpec
from expectations.verdict import SourceVerdict


def volume(spec: SourceSpec, rows: int) -> SourceVerdict:
    """Fewer clean rows than declared warns or stops, as declared. Without a declaration anything passes."""
    least = spec.volume
    if least is None or rows >= least.min_rows:
        return SourceVerdict("pass", "volume", f"{rows} rows")
    return SourceVerdict(least.on_low, "volume", f"{rows} rows, fewer than the {least.min_rows} declared")


def freshness(spec: SourceSpec, newest: datetime | None, *, at: datetime) -> SourceVerdict:
    """The newest row older than declared, or no dated row at all, warns or stops as declared. Times are aware."""
    limit = spec.freshness
    if limit is None:
        return SourceVerdict("pass", "freshness", "no freshness declared")
    if newest is None:
        return SourceVerdict(limit.on_stale, "freshness", "no dated row")
    age = (at - newest).days
    if age <= limit.max_age_days:
        return SourceVerdict("pass", "freshness", f"newest row {age} days old")
    return SourceVerdict(
        limit.on_stale, "freshness", f"newest row {age} days old, more than the {limit.max_age_days} declared"
    )
