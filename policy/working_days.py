"""Working days by jurisdiction. China's with the holidays and the adjusted working weekends (调休) that the State Council sets yearly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar  # type: ignore[import-untyped]

_ZONES = {"cn": "Asia/Shanghai", "us": "America/New_York", "uk": "Europe/London"}
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class DueDay:
    """The end of the last day. ``is_provisional``: a day on the way lies beyond the known calendar and counted by weekday."""

    at: datetime
    is_provisional: bool


def due(jurisdiction: str, received: datetime, days: int) -> DueDay:
    """The end of the ``days``-th working day after the local day of receipt, which does not count itself.

    Beyond the years for which China's holidays are published, Monday to Friday count, which may fall too early and never
    miss a day that the adjusted calendar would take away late. US and UK: Monday to Friday, public holidays counted (earlier
    than the law asks).
    """
    zone = ZoneInfo(_ZONES[jurisdiction])
    is_working = _CALENDARS.get(jurisdiction, _weekday)
    day, left, provisional = received.astimezone(zone).date(), days, False
    while left:
        day += timedelta(days=1)
        works, is_known = is_working(day)
        provisional |= not is_known
        left -= works
    return DueDay(datetime.combine(day + timedelta(days=1), time(), zone), provisional)


def _weekday(day: date) -> tuple[bool, bool]:
    return day.weekday() <= _FRIDAY, True


def _chinese(day: date) -> tuple[bool, bool]:
    try:
        return chinese_calendar.is_workday(day), True
    except NotImplementedError:
        return day.weekday() <= _FRIDAY, False


_CALENDARS: Mapping[str, Callable[[date], tuple[bool, bool]]] = {"cn": _chinese, "us": _weekday, "uk": _weekday}
