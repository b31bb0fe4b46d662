"""How far an ever-growing source was read: the highest value of a column that only grows, and how late a row may come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.cursor import BadCursor
from connectors.request import Request

OPTION = (
    "read only what is new: {column, lag}; the column grows with every new or corrected row (a time, a number), lag (2h, "
    "15m, 1d, or a number) is how much later than its own value a row may still appear"
)

_LAG = re.compile(r"(\d+)\s*(s|m|h|d)")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DIGITS, _LONGEST_LAG = 15, 2.0**53  # beyond it a number's units are not told apart

# Each type a watermark may have, and how its text is read back.
_READ: Mapping[str, Any] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "int": int,
    "Decimal": Decimal,
    "float": float,
    "str": str,
}


@dataclass(frozen=True, slots=True)
class Watermark:
    """The column (or parameter) and the lag: seconds for a time, units for a number. ``is_time`` where the lag says so."""

    column: str
    lag: float = 0
    is_time: bool = False

    @classmethod
    def of(cls, request: Request, key: str = "column") -> Watermark | None:
        """What the option ``watermark`` says; None where it is not given. SourceUnusable where it is not understood."""
        given = request.option("watermark", (str, dict))
        if given is None:
            return None
        option = {key: given} if isinstance(given, str) else given
        column, lag = option.get(key), _seconds(option.get("lag", 0))
        if not isinstance(column, str) or lag is None:
            raise request.unusable(f"option watermark must be {{{key}: …, lag: 2h}}")
        return cls(column, lag, isinstance(option.get("lag"), str))

    def before(self, value: Any) -> Any:
        """The value less the lag. Raises ValueError for a text that is no time, and where no time is so early."""
        try:
            return self._before(value) if self.lag else value
        except OverflowError:
            raise ValueError("a lag longer than all time") from None

    def _before(self, value: Any) -> Any:
        if isinstance(value, (int, float, Decimal)):
            return value - type(value)(self.lag)  # type: ignore[operator]  # of one type, both
        if isinstance(value, str):
            return _text_before(value, timedelta(seconds=self.lag))
        if isinstance(value, datetime):
            return value - timedelta(seconds=self.lag)
        return value - timedelta(days=-(-self.lag // 86_400))  # a date: whole days


def _seconds(lag: object) -> float | None:
    """The lag as seconds or units; None for what is none, or longer than any time."""
    if isinstance(lag, (int, float)) and 0 <= lag <= _LONGEST_LAG:
        return float(lag)
    match = _LAG.fullmatch(lag) if isinstance(lag, str) else None
    seconds = int(match[1]) * _UNITS[match[2]] if match and len(match[1]) < _DIGITS else None
    return float(seconds) if seconds is not None and seconds <= _LONGEST_LAG else None


def _text_before(text: str, lag: timedelta) -> str:
    """A text that sorts before all texts of the last ``lag``: the same form, so that texts still compare as times."""
    at = datetime.fromisoformat(text) - lag
    if len(text) == len("2026-01-01"):
        return at.date().isoformat()
    written = at.isoformat(sep=text[10], timespec="auto" if "." in text else "seconds")
    return written.replace("+00:00", "Z") if text.endswith("Z") else written


def is_plausible(value: object) -> bool:
    """False for a time that is yet to come by more than a day: an error, which must not stand for how far was read."""
    now = datetime.now(UTC) + timedelta(days=1)
    if isinstance(value, datetime):
        return value <= (now if value.tzinfo else now.replace(tzinfo=None))
    return not isinstance(value, date) or value <= now.date()


def write(value: object) -> list[str]:
    """A watermark for a cursor, with its type; times with a zone in UTC. Raises ValueError for a type that has no order here."""
    name = type(value).__name__
    if name not in _READ:
        raise ValueError(name)
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC)
    return [name, value.isoformat() if isinstance(value, (date, datetime)) else str(value)]


def read(written: object) -> Any:
    """The value that was written. Raises BadCursor for what was not."""
    try:
        if not isinstance(written, list) or len(written) != 2:
            raise TypeError
        return _READ[written[0]](written[1])
    except (ValueError, TypeError, KeyError, InvalidOperation):
        raise BadCursor("its watermark is none") from None
