"""Working days by jurisdiction. China's with the holidays and the adjusted working weekends (调休) that the State Council sets yearly.

A year is known once its calendar is published (by ``chinesecalendar``; ``last_known_year``). Beyond it the answer is defined but
provisional: never later than the published calendar will make it. What is certain to be free by the Regulation on Holidays
(全国年节及纪念日放假办法, as of 2025: 1 January, 1 and 2 May, 1 to 3 October) does not count; a weekend counts in the seasons
around a holiday, in which it may be made a working one, and is free elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar  # type: ignore[import-untyped]
from chinese_calendar.constants import holidays as _published  # type: ignore[import-untyped]

_ZONES = {"cn": "Asia/Shanghai", "us": "America/New_York", "uk": "Europe/London"}
_FRIDAY = 4
_CERTAINLY_FREE = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
# (month, day) from and to, inclusive: New Year and Spring Festival, Qingming, May Day to the Dragon Boat Festival, Mid-Autumn
# and National Day, each with the two weeks beside it out of which a weekend has been or may be taken.
_SEASONS = (((1, 1), (3, 8)), ((3, 20), (7, 5)), ((8, 25), (10, 20)), ((12, 18), (12, 31)))


@dataclass(frozen=True, slots=True)
class DueDay:
    """The end of the last day. ``is_provisional``: a day on the way lies beyond the published calendar."""

    at: datetime
    is_provisional: bool


def due(jurisdiction: str, received: datetime, days: int) -> DueDay:
    """The end of the ``days``-th working day after the local day of receipt, which does not count itself.

    US and UK: Monday to Friday, public holidays counted (earlier than the law asks).
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


def last_known_year(jurisdiction: str) -> int | None:
    """The last year whose calendar is published and known here; null where none is needed."""
    return max(_published).year if jurisdiction == "cn" else None


def provisional(day: date) -> bool:
    """May this day of a year without a published calendar be a working day in China?"""
    at = (day.month, day.day)
    if at in _CERTAINLY_FREE:
        return False
    return day.weekday() <= _FRIDAY or any(first <= at <= last for first, last in _SEASONS)


def _weekday(day: date) -> tuple[bool, bool]:
    return day.weekday() <= _FRIDAY, True


def _chinese(day: date) -> tuple[bool, bool]:
    try:
        return chinese_calendar.is_workday(day), True
    except NotImplementedError:
        return provisional(day), False


_CALENDARS: Mapping[str, Callable[[date], tuple[bool, bool]]] = {"cn": _chinese, "us": _weekday, "uk": _weekday}
