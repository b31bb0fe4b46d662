"""Resident identity numbers of the People's Republic of China, GB 11643-1999, whole or masked.

Canonical is 18 positions: 6 of region, 8 of birth date, 3 of sequence, a check character (ISO 7064 MOD 11-2). Numbers of 15
positions (before 1999) are converted. A masked number keeps the positions it shows and has ``*`` elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import BadInput
from core.reasons import Reason
from values import columns
from values.columns import Normalised
from values.text import plain, with_stars

FIELD = "id_number"
LENGTH = 18
TAIL = 4
MIN_KNOWN = 4  # fewer known positions of a masked number say nothing about whose it is
EARLIEST_YEAR, LATEST_YEAR = 1880, 2099  # plausible births; no clock here, the caller knows today

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
# First two digits: province; 81-83 residence permits of Hong Kong, Macau and Taiwan residents; 9x foreign residents.
# Counties (positions 3-6) are not checked: codes come and go, and a number keeps the code of the day it was issued.
_PROVINCES = frozenset(
    str(n)
    for group in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83), (91, 99))
    for n in range(group[0], group[1] + 1)
)
_SEPARATOR = re.compile(r"[\s\-‐–—_.,'\"]+")
_LABEL = re.compile(r"^(?:居民)?(?:身份证|证件)(?:号码?|编号)?[:：]?|^ID(?:NO|CARD)?[:.：]?(?=\d)")
_FULL = re.compile(r"\d{17}[0-9X]")
_OLD = re.compile(r"\d{15}")
_SHOWN = re.compile(r"[0-9*]+X?")
_ONE_RUN = re.compile(r"(?P<head>\d*)\*+(?P<tail>\d*X?)")
_X_RUN = re.compile(r"X{2,}|X(?!$)")
_WHOLE_FLOAT = re.compile(r"\.0+$")
_SCIENTIFIC = re.compile(r"^\d(?:\.\d+)?E\+?\d+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ResidentId:
    """One number. ``birth_date`` and ``region`` (6 digits) are None where masked."""

    canonical: str
    birth_date: date | None
    region: str | None
    is_masked: bool


def parse(text: str) -> ResidentId:
    """The number ``text`` writes. Raises BadInput: NOT_AN_ID, BAD_CHECKSUM, SCIENTIFIC_NOTATION, MISSING when empty."""
    written = plain(text).upper()
    if not written:
        raise BadInput(FIELD, Reason.MISSING)
    if _SCIENTIFIC.match(written):
        raise BadInput(FIELD, Reason.SCIENTIFIC_NOTATION)
    shown = _SEPARATOR.sub("", _LABEL.sub("", _WHOLE_FLOAT.sub("", with_stars(written))))
    if _FULL.fullmatch(shown):
        return _full(shown)
    if _OLD.fullmatch(shown):
        return _full(_lengthen(shown))
    return _masked(_X_RUN.sub(lambda run: "*" * len(run[0]), shown))


def normalise(column: pa.Array | pa.ChunkedArray) -> Normalised:
    """A column of numbers; kinds are ``full`` and ``masked``. Whole numbers are checked as one matrix."""
    d = columns.distinct(column)
    upper = pc.utf8_upper(d.values)
    is_good = _is_whole_and_valid(upper)
    rest = columns.normalise_distinct(d.values.filter(pc.invert(is_good)), _scalar)
    good = upper.filter(is_good)
    kinds = pa.array(["full"] * len(good), columns.TEXT)
    whole = Normalised(good, kinds, pa.nulls(len(good), columns.TEXT))
    return columns.spread(d, columns.merge(is_good, whole, rest))


def fits(a: str, b: str) -> bool:
    """True when every position known to both agrees; a tail of 4 is compared with the last 4. Either order."""
    if TAIL in (len(a), len(b)):
        a, b = a[-TAIL:], b[-TAIL:]
    return len(a) == len(b) and all(x == y or "*" in (x, y) for x, y in zip(a, b, strict=True))


def parse_tail(text: str) -> str:
    """The last four positions, from a field that holds only those or a whole or masked number. Raises NOT_AN_ID."""
    shown = _SEPARATOR.sub("", plain(text)).upper()
    tail = shown[-TAIL:]
    if re.fullmatch(r"\d{3}[0-9X]", tail) and (len(shown) == TAIL or re.fullmatch(r"[0-9X*]+", with_stars(shown))):
        return tail
    raise BadInput("id_tail", Reason.NOT_AN_ID)


def normalise_tail(column: pa.Array | pa.ChunkedArray) -> Normalised:
    """A column of last-fours; kind ``tail``."""
    return columns.normalise(column, lambda text: (parse_tail(text), "tail"))


def check_character(first17: str) -> str:
    """ISO 7064 MOD 11-2 over 17 digits."""
    return _CHECKS[sum(w * int(c) for w, c in zip(_WEIGHTS, first17, strict=True)) % 11]


def _scalar(text: str) -> tuple[str, str]:
    number = parse(text)
    return number.canonical, "masked" if number.is_masked else "full"


def _lengthen(old: str) -> str:
    """15 positions to 18: people with such numbers were born in the 1900s."""
    first17 = old[:6] + "19" + old[6:]
    return first17 + check_character(first17)


def _full(shown: str) -> ResidentId:
    born = _date(shown[6:14])
    if shown[:2] not in _PROVINCES or born is None:
        raise BadInput(FIELD, Reason.NOT_AN_ID)
    if check_character(shown[:17]) != shown[17]:
        raise BadInput(FIELD, Reason.BAD_CHECKSUM)
    return ResidentId(shown, born, shown[:6], is_masked=False)


def _date(digits: str) -> date | None:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return born if EARLIEST_YEAR <= born.year <= LATEST_YEAR else None


def _masked(shown: str) -> ResidentId:
    """Positions as shown; one run of stars of the wrong length is stretched to 18 (or stands for the 15 of an old number)."""
    if "*" not in shown or not _SHOWN.fullmatch(shown):
        raise BadInput(FIELD, Reason.NOT_AN_ID)
    fitted = _to_18(shown)
    if fitted is None or sum(c != "*" for c in fitted) < MIN_KNOWN or not _is_plausible(fitted):
        raise BadInput(FIELD, Reason.NOT_AN_ID)
    born = _date(fitted[6:14]) if "*" not in fitted[6:14] else None
    region = fitted[:6] if "*" not in fitted[:6] else None
    return ResidentId(fitted, born, region, is_masked=True)


def _to_18(shown: str) -> str | None:
    if len(shown) == LENGTH:
        return shown
    if len(shown) == 15 and not shown.endswith("X"):
        return shown[:6] + "19" + shown[6:] + "*"
    if m := _ONE_RUN.fullmatch(shown):
        missing = LENGTH - len(m["head"]) - len(m["tail"])
        return m["head"] + "*" * missing + m["tail"] if missing > 0 else None
    return None


def _is_plausible(fitted: str) -> bool:
    """The positions that are shown could be those of a number: province, month, day, and the check where only it is open."""
    province, born = fitted[:2], fitted[6:14]
    if "*" not in province and province not in _PROVINCES:
        return False
    if "*" not in born and _date(born) is None:
        return False
    month, day = born[4:6], born[6:]
    return ("*" in month or 1 <= int(month) <= 12) and ("*" in day or 1 <= int(day) <= 31)


# --- the same as a matrix -------------------------------------------------------------------------------------------
def _is_whole_and_valid(upper: pa.Array) -> pa.Array:
    """Which texts are exactly 18 positions, and pass every check; the others are left to ``parse``."""
    has_form = pc.match_substring_regex(upper, r"^[1-9][0-9]{16}[0-9X]$")
    rows = np.flatnonzero(has_form.to_numpy(zero_copy_only=False))
    answer = np.zeros(len(upper), dtype=bool)
    if len(rows):
        text = upper.filter(has_form).cast(pa.binary()).cast(pa.binary(LENGTH))
        matrix = np.frombuffer(text.buffers()[1], dtype=np.uint8, count=len(rows) * LENGTH, offset=text.offset * LENGTH)
        answer[rows] = _are_valid(matrix.reshape(-1, LENGTH))
    return pa.array(answer)


def _are_valid(matrix: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """``matrix`` is n × 18 ASCII codes."""
    digits = matrix[:, :17].astype(np.int32) - ord("0")
    checks = np.frombuffer(_CHECKS.encode(), dtype=np.uint8)
    is_checked = checks[digits @ np.array(_WEIGHTS, dtype=np.int32) % 11] == matrix[:, 17]
    is_province = np.isin(digits[:, 0] * 10 + digits[:, 1], [int(p) for p in _PROVINCES])
    year = digits[:, 6:10] @ np.array([1000, 100, 10, 1], dtype=np.int32)
    month, day = digits[:, 10] * 10 + digits[:, 11], digits[:, 12] * 10 + digits[:, 13]
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, *[0] * 87], dtype=np.int32)
    last_day = lengths[month] + ((month == 2) & is_leap)
    is_date = (year >= EARLIEST_YEAR) & (year <= LATEST_YEAR) & (day >= 1) & (day <= last_day)
    valid: npt.NDArray[np.bool_] = is_checked & is_province & is_date
    return valid
