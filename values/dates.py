"""Moments as sources write them, to UTC; and calendar dates (births), which have no zone.

Understood: ISO 8601, ``2026/1/2 3:04``, ``2026.1.2``, ``20260102``, ``20260102030405``, ``2026年1月2日 下午3时4分``, ``2 Jan 2026``,
``Jan 2, 2026``, RFC 2822, Excel serial numbers, epoch seconds, milliseconds and microseconds, ``dd/mm/yyyy`` and ``mm/dd/yyyy``.
A moment without a zone is local to ``timezone``; a date without a time is its midnight there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from core.errors import BadInput
from core.reasons import Reason
from values import columns
from values.text import plain

FIELD = "date"
CHINA = "Asia/Shanghai"
MOMENT = pa.timestamp("us", tz="UTC")
EARLIEST_YEAR, LATEST_YEAR = 1800, 2200  # outside it is a typing error, not a date

_EXCEL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  # serial 60 is the 29 February 1900 that never was: dates before are not meant
_EXCEL_RANGE = (18264, 80000)  # 1950 … 2119
_EPOCH_UNITS = ((9, 10, 1), (12, 13, 1_000), (15, 16, 1_000_000))  # digits from, to, units a second
_MONTHS = {m: i for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # noqa: SIM905

_ZONE = r"(?:\s*(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{2}(?::?\d{2})?)(?:\s*\(.*\))?)?"
_CLOCK = (
    r"(?:(?:[T ]|\s*,\s*)?\s*(?P<half>上午|下午|凌晨|早上|中午|晚上|AM|PM)?\s*(?P<hour>\d{1,2})\s*[:时點点]\s*(?:(?P<minute>\d{1,2})\s*"
    r"(?:[:分]\s*(?:(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,9}))?\s*秒?)?)?)?\s*(?P<half_after>AM|PM|A\.M\.|P\.M\.)?)?"
    + _ZONE
)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_NAMED = r"(?P<named>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_CHINESE_WEEKDAY = re.compile(r"\s*[((]?(?:星期|周|礼拜)[一二三四五六日天][))]?\s*")


def _form(day: str) -> re.Pattern[str]:
    return re.compile(day + _CLOCK, re.IGNORECASE)


_YEAR_FIRST = _form(r"(?P<year>\d{4})\s?(?P<sep>[-/.])\s?(?P<month>\d{1,2})\s?(?P=sep)\s?(?P<day>\d{1,2})")
_CHINESE = _form(r"(?P<year>\d{4})\s?年\s?(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?[日号號]?")
_YEAR_LAST = _form(r"(?P<one>\d{1,2})(?P<sep>[-/.])(?P<two>\d{1,2})(?P=sep)(?P<year>\d{4})")
_DAY_NAMED = _form(
    _WEEKDAY + r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?[-\s/,]*" + _NAMED + r"[-\s/,]*(?P<year>\d{4})"
)
_NAMED_DAY = _form(_WEEKDAY + _NAMED + r"[-\s]*(?P<day>\d{1,2})(?:st|nd|rd|th)?,?[-\s]+(?P<year>\d{4})")
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:[T ]?(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?)?"
    + _ZONE
)
_FORMS = (_YEAR_FIRST, _CHINESE, _COMPACT, _DAY_NAMED, _NAMED_DAY, _YEAR_LAST)
_NUMERIC = re.compile(r"(?P<whole>-?\d{1,16})(?:\.(?P<fraction>\d+))?")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d{1,2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: local wall time without a zone, or an instant (UTC)."""

    when: datetime
    is_instant: bool


def parse(text: str, *, timezone: str = CHINA, day_first: bool | None = None) -> datetime:
    """The moment ``text`` writes, aware, UTC. ``day_first`` says how ``03/04/2026`` is meant; without it that is NOT_A_DATE.

    Raises BadInput: NOT_A_DATE, SCIENTIFIC_NOTATION, MISSING when empty.
    """
    written = _read(text, day_first)
    try:
        local = written.when if written.is_instant else written.when.replace(tzinfo=_zone(timezone))
        return local.astimezone(UTC)
    except OverflowError:
        raise _bad() from None


def parse_date(text: str, *, timezone: str = CHINA, day_first: bool | None = None) -> date:
    """The calendar date ``text`` writes, as written; an instant's is the date it has in ``timezone``. Raises like ``parse``."""
    written = _read(text, day_first)
    return written.when.astimezone(_zone(timezone)).date() if written.is_instant else written.when.date()


def normalise(
    column: pa.Array | pa.ChunkedArray, *, timezone: str = CHINA, day_first: bool | None = None
) -> tuple[pa.Array, pa.Array]:
    """(timestamp[us, UTC], reasons), null where absent; the moment null and the reason set where bad."""
    d = columns.distinct(column)
    fast = _iso(d.values, timezone)
    slow, reasons = columns.try_distinct(
        pc.if_else(pc.is_valid(fast), None, d.values),
        lambda t: parse(t, timezone=timezone, day_first=day_first),
        MOMENT,
    )
    return d.spread(pc.coalesce(fast, slow)), d.spread(reasons)


def normalise_dates(
    column: pa.Array | pa.ChunkedArray, *, timezone: str = CHINA, day_first: bool | None = None
) -> tuple[pa.Array, pa.Array]:
    """(date32, reasons) of calendar dates such as births: no zone is applied to a date without a time."""
    d = columns.distinct(column)
    is_iso = pc.and_(pc.match_substring_regex(d.values, _ISO_DAY + "$"), _are_days(d.values))
    fast = pc.if_else(is_iso, _dashed(d.values), None).cast(pa.date32())
    slow, reasons = columns.try_distinct(
        pc.if_else(is_iso, None, d.values), lambda t: parse_date(t, timezone=timezone, day_first=day_first), pa.date32()
    )
    return d.spread(pc.coalesce(fast, slow)), d.spread(reasons)


# --- one text -------------------------------------------------------------------------------------------------------
def _read(text: str, day_first: bool | None) -> Written:
    written = _CHINESE_WEEKDAY.sub(" ", plain(text)).strip()
    if not written:
        raise BadInput(FIELD, Reason.MISSING)
    if _SCIENTIFIC.fullmatch(written):
        raise BadInput(FIELD, Reason.SCIENTIFIC_NOTATION)
    try:
        found = _by_form(written, day_first) or _by_number(written)
    except (ValueError, OverflowError):
        raise _bad() from None
    if found is None or not EARLIEST_YEAR <= found.when.year <= LATEST_YEAR:
        raise _bad()
    return found


def _bad() -> BadInput:
    return BadInput(FIELD, Reason.NOT_A_DATE)


def _by_form(written: str, day_first: bool | None) -> Written | None:
    for form in _FORMS:
        if m := form.fullmatch(written):
            parts = m.groupdict()
            month, day = _month_and_day(parts, day_first)
            return _built(parts, month, day)
    return None


def _month_and_day(parts: dict[str, str | None], day_first: bool | None) -> tuple[int, int]:
    """Raises ValueError for ``03/04/2026`` when nobody said which is the day."""
    if named := parts.get("named"):
        return _MONTHS[named.lower()], int(parts["day"] or 0)
    if (month := parts.get("month")) is not None:
        return int(month), int(parts["day"] or 0)
    one, two = int(parts["one"] or 0), int(parts["two"] or 0)
    if day_first is None:
        if one <= 12 and two <= 12 and one != two:
            raise ValueError
        day_first = one > 12
    return (two, one) if day_first else (one, two)


def _built(parts: dict[str, str | None], month: int, day: int) -> Written:
    hour = _hour(int(parts.get("hour") or 0), (parts.get("half") or parts.get("half_after") or "").upper())
    next_day = timedelta(days=1) if hour == 24 else timedelta()  # ISO 8601: 24:00 is the end of the day
    minute, second = int(parts.get("minute") or 0), int(parts.get("second") or 0)
    if next_day and (minute or second):
        raise ValueError
    microsecond = int((parts.get("fraction") or "0").ljust(6, "0")[:6])
    when = datetime(int(parts["year"] or 0), month, day, hour % 24, minute, second, microsecond) + next_day  # noqa: DTZ001
    offset = _offset(parts.get("zone") or "")
    return (
        Written(when, is_instant=False)
        if offset is None
        else Written((when - offset).replace(tzinfo=UTC), is_instant=True)
    )


def _hour(hour: int, half: str) -> int:
    """24-hour clock. 晚上12点 and 12 AM are midnight, 中午12点 is noon."""
    if not 0 <= hour <= 24:
        raise ValueError
    half = half.replace(".", "")
    if half in {"PM", "下午", "晚上", "中午"} and 1 <= hour < 12 and not (half == "中午" and hour >= 10):
        return hour + 12
    if hour == 12 and half in {"AM", "凌晨", "晚上", "上午"}:
        return 24 if half == "晚上" else 12 if half == "上午" else 0
    return hour


def _offset(zone: str) -> timedelta | None:
    if not zone:
        return None
    m = re.search(r"([+-])(\d{2}):?(\d{2})?$", zone)
    if not m:
        return timedelta()
    size = timedelta(hours=int(m[2]), minutes=int(m[3] or 0))
    if size > timedelta(hours=18):
        raise ValueError
    return -size if m[1] == "-" else size


def _by_number(written: str) -> Written | None:
    """Compact dates that became floats, Excel serials, epochs."""
    if not (m := _NUMERIC.fullmatch(written)):
        return None
    whole, fraction = m["whole"], m["fraction"] or ""
    if not fraction.strip("0") and (compact := _COMPACT.fullmatch(whole)):
        return _built(compact.groupdict(), int(compact["month"]), int(compact["day"]))
    number = float(f"{whole}.{fraction or 0}")
    if _EXCEL_RANGE[0] <= number <= _EXCEL_RANGE[1] and len(whole) == 5:
        seconds = round((number % 1) * 86_400, 3)  # a serial's binary fraction is good to about a millisecond
        return Written(_EXCEL_ZERO + timedelta(days=int(number), seconds=seconds), is_instant=False)
    for low, high, units in _EPOCH_UNITS:
        if low <= len(whole.lstrip("-")) <= high:
            micros = round(number * (1_000_000 // units))
            return Written(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros), is_instant=True)
    return None


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


# --- columns --------------------------------------------------------------------------------------------------------
_ISO_DAY = r"^[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}"
_ISO_TIME = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_ISO_ZONE = r"(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])$"
_ARROW_KNOWS_ZONES_BEFORE = "2038"  # its zone tables end there: no summer time after, where the scalar goes by the rule
_LAST_DAYS = pa.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], pa.int32())


def _iso(texts: pa.Array, timezone: str) -> pa.Array:
    """The moments of plain ISO texts, null for the rest (and for local times that a clock change skips)."""
    is_day = _are_days(texts)
    is_known = pc.less(texts, _ARROW_KNOWS_ZONES_BEFORE)
    is_local = pc.and_(pc.and_(is_day, is_known), pc.match_substring_regex(texts, rf"{_ISO_DAY}(?:{_ISO_TIME})?$"))
    is_zoned = pc.and_(is_day, pc.match_substring_regex(texts, rf"{_ISO_DAY}{_ISO_TIME}{_ISO_ZONE}"))
    dashed = _dashed(texts)
    local = pc.if_else(is_local, dashed, None).cast(pa.timestamp("us"))
    before = pc.assume_timezone(local, timezone, ambiguous="earliest", nonexistent="earliest")
    after = pc.assume_timezone(local, timezone, ambiguous="earliest", nonexistent="latest")
    certain = pc.if_else(pc.equal(before, after), after, None).cast(MOMENT)
    return pc.coalesce(certain, pc.if_else(is_zoned, dashed, None).cast(MOMENT))


def _dashed(texts: pa.Array) -> pa.Array:
    return pc.replace_substring(texts, "/", "-")


def _are_days(texts: pa.Array) -> pa.Array:
    """Which texts begin with an existing day: Arrow's cast of one 30 February would fail the whole column."""
    has_form = pc.match_substring_regex(texts, _ISO_DAY)
    head = pc.if_else(has_form, texts, "2000-00-00")
    year, month, day = (pc.utf8_slice_codeunits(head, a, b).cast(pa.int32()) for a, b in ((0, 4), (5, 7), (8, 10)))
    is_month = pc.and_(pc.greater_equal(month, 1), pc.less_equal(month, 12))
    by_four, by_hundred, by_four_hundred = (pc.equal(pc.multiply(pc.divide(year, n), n), year) for n in (4, 100, 400))
    is_leap = pc.or_(pc.and_(by_four, pc.invert(by_hundred)), by_four_hundred)
    leap_day = pc.and_(pc.equal(month, 2), is_leap).cast(pa.int32())
    last = pc.add(_LAST_DAYS.take(pc.if_else(is_month, month, 0)), leap_day)
    is_year = pc.and_(pc.greater_equal(year, EARLIEST_YEAR), pc.less_equal(year, LATEST_YEAR))
    is_day = pc.and_(pc.greater_equal(day, 1), pc.less_equal(day, last))
    return pc.and_(pc.and_(is_year, is_month), is_day)
