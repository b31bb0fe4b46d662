"""ISO 8601 periods as packs write them: ``P2Y``, ``P90D``, with or without words around (``case_close_plus_P30D``)."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta

_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?![0-9A-Z])")


def after(at: datetime, period: str) -> datetime:
    """The moment this period after ``at``; the last day of a month that is too short. Raises ValueError on anything else."""
    years, months, days = _parts(period)
    month = at.month - 1 + months
    year = at.year + years + month // 12
    day = min(at.day, calendar.monthrange(year, month % 12 + 1)[1])
    return at.replace(year=year, month=month % 12 + 1, day=day) + timedelta(days=days)


def before(at: datetime, period: str) -> datetime:
    """The moment this period before ``at``."""
    years, months, days = _parts(period)
    earlier = at - timedelta(days=days)
    month = earlier.month - 1 - months
    year = earlier.year - years + month // 12
    day = min(earlier.day, calendar.monthrange(year, month % 12 + 1)[1])
    return earlier.replace(year=year, month=month % 12 + 1, day=day)


def _parts(period: str) -> tuple[int, int, int]:
    found = _PERIOD.search(period)
    if found is None or not any(found.groups()):
        raise ValueError(f"not a period: {period}")
    years, months, weeks, days = (int(g or 0) for g in found.groups())
    return years, months, weeks * 7 + days
