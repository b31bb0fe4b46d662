"""What a column's values look like: the share of them that can be each thing. Shares and types only; no value leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from values import dates, divisions, email, merchant, numbers, phone, places, resident_id
from values.columns import Normalised
from values.surnames import COMPOUND, SINGLE

_MOST = 200  # distinct values looked at
_NO_CHANCE = 3  # distinct words that are all names of places are so on purpose
COUNTRIES = ("CN", "US", "GB")
_MOST_OF_THEM = 0.5

_CHINESE_PLACE = re.compile(r"[路街道巷弄里]|大道|[栋幢座号楼]\d*|单元|\d室|小区|花园|[村镇乡]|驿站|广场")
_WESTERN_PLACE = re.compile(
    r"\b(st|street|ave|avenue|rd|road|lane|ln|dr|drive|blvd|boulevard|way|close|court|ct|crescent|place|pl|terrace|square|"
    r"gardens|grove|flat|apt|apartment|suite|unit|house|p\.?\s?o\.?\s?box|hwy|highway|parkway|mews|hill)\b\.?",
    re.IGNORECASE,
)
_WESTERN_NAME = re.compile(r"(?:(?:mr|mrs|ms|miss|dr)\.?\s)?[A-Z][\w'’-]*(?:,?\s+[A-Z][\w'’.-]*){1,3}", re.IGNORECASE)
_HAN_NAME = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff·*某]{1,4}(?:先生|女士|小姐)?")
_PAUSE = re.compile("[，。！？；：、,!?;]")
_SSN = re.compile(r"[\dX*]{3}-[\dX*]{2}-\d{4}")
_NINO = re.compile(r"[A-CEGHJ-PR-TW-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]")
_TAIL = re.compile(r"\d{3}[\dXx]")
_MCC = re.compile(r"\d{4}")
_CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9_/-]{0,39}")
_WHOLE = re.compile(r"[+-]?\d+")
_CLOCK_OR_DASH = re.compile(r"\d[-/.年:]\d|[A-Za-z]{3}")
_NEWBORN = 2009  # whoever owes money was born before


@dataclass(frozen=True, slots=True)
class Shape:
    """``rows`` looked at, ``filled`` and ``distinct`` as shares; ``shares`` of what values can be; ``length`` on average."""

    rows: int
    filled: float
    distinct: float
    length: float
    shares: Mapping[str, float]
    words: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """The narrowest type nearly all values have: what a source's contract keeps."""
        if not self.filled:
            return "empty"
        return next((t for t in TYPES if self.shares.get(t, 0) >= _NEARLY_ALL), "text")


_NEARLY_ALL = 0.9
TYPES = ("resident_id", "phone", "email", "date", "number")


def of(column: pa.Array, *, words: frozenset[str] = frozenset()) -> Shape:
    """The shape of a text column; of its values only those that are among ``words`` are kept."""
    filled = column.drop_null()
    distinct = filled.unique()
    some = distinct.slice(0, _MOST)
    texts = [text.strip() for text in some.to_pylist()]
    rows, count = len(column), len(filled)
    return Shape(
        rows,
        count / rows if rows else 0.0,
        len(distinct) / count if count else 0.0,
        sum(map(len, texts)) / len(texts) if texts else 0.0,
        {what: share(some, texts) for what, share in _SHARES.items()} if texts else {},
        tuple(sorted(text for text in set(texts) if text.lower() in words)),
    )


def _fits(test: Callable[[str], object]) -> Callable[[pa.Array, list[str]], float]:
    return lambda _, texts: sum(bool(test(text)) for text in texts) / len(texts)


def _read(normalise: Callable[[pa.Array], Normalised]) -> Callable[[pa.Array, list[str]], float]:
    return lambda some, texts: len(normalise(some).values.drop_null()) / len(texts)


def _phones(some: pa.Array, texts: list[str]) -> float:
    """By the country that understands most; plain numbers of other lengths than phones have are none."""
    long = sum(7 <= sum(c.isdigit() or c == "*" for c in text) <= 15 for text in texts)
    if long * 5 < len(texts):
        return 0.0
    best = 0
    for country in COUNTRIES:
        best = max(best, len(phone.normalise(some, country).values.drop_null()))
        if best * 10 >= len(texts) * 9:
            break
    return min(best, long) / len(texts)


def _regions(some: pa.Array, texts: list[str]) -> float:
    """By name or code, by the country that knows most; what is longer than the name of a district in its city in its province is none."""
    if sum(map(len, texts)) > 24 * len(texts):
        return 0.0
    chinese = _read(divisions.normalise)(some, texts)
    return chinese if chinese >= _MOST_OF_THEM else max(chinese, *(_places(texts, home) for home in ("US", "GB")))


def _places(texts: list[str], home: str) -> float:
    """The share that names a place, of several of that name too. One word or two may be places by chance (mobile, reading)."""
    return sum(bool(places.candidates(t, home=home)) for t in texts) / len(texts) if len(texts) >= _NO_CHANCE else 0.0


def _ids(some: pa.Array, texts: list[str]) -> float:
    chinese = len(resident_id.normalise(some).values.drop_null())
    return max(chinese, sum(bool(_SSN.fullmatch(t) or _NINO.fullmatch(t.upper())) for t in texts)) / len(texts)


def _dates(some: pa.Array, texts: list[str]) -> float:
    moments, _ = dates.normalise(some)
    is_date = pc.is_valid(moments).to_pylist()
    written = [_CLOCK_OR_DASH.search(t) or (t[:2] in {"19", "20"} and len(t) in {8, 14}) for t in texts]
    return sum(bool(a and b) for a, b in zip(is_date, written, strict=True)) / len(texts)


def _serials(some: pa.Array, texts: list[str]) -> float:
    moments, _ = dates.normalise(some)
    return len(moments.drop_null()) / len(texts)


def _births(some: pa.Array, texts: list[str]) -> float:
    moments, _ = dates.normalise(some)
    years = pc.year(moments.drop_null()).to_pylist()
    return float(sum(year <= _NEWBORN for year in years) / len(texts))


def _numbers(some: pa.Array, texts: list[str]) -> float:
    found, _ = numbers.normalise(some)
    return len(found.drop_null()) / len(texts)


def _is_place(text: str) -> bool:
    if len(_CHINESE_PLACE.findall(text)) >= 2 and len(text) >= 6:
        return True
    return bool(_WESTERN_PLACE.search(text)) and any(c.isdigit() for c in text) and len(text) < 120


def _is_name(text: str) -> bool:
    if _HAN_NAME.fullmatch(text):
        return text[0] in SINGLE or text[:2] in COMPOUND
    return bool(_WESTERN_NAME.fullmatch(text)) and not any(c.isdigit() for c in text)


def _is_prose(text: str) -> bool:
    """Sentences: long, with what stands between sentences or words, and no address alone."""
    is_han = any("一" <= c <= "鿿" for c in text)
    return (len(text) >= 10 and bool(_PAUSE.search(text)) and is_han) or (not is_han and text.count(" ") >= 5)


_SHARES: Mapping[str, Callable[[pa.Array, list[str]], float]] = {
    "phone": _phones,
    "resident_id": _ids,
    "email": _read(email.normalise),
    "date": _dates,
    "serial": _serials,
    "birth": _births,
    "number": _numbers,
    "region": _regions,
    "name": _fits(_is_name),
    "address": _fits(_is_place),
    "prose": _fits(_is_prose),
    "tail": _fits(_TAIL.fullmatch),
    "mcc": _fits(lambda t: _MCC.fullmatch(t) and merchant.group(t) != "other"),
    "code": _fits(_CODE.fullmatch),
    "whole": _fits(_WHOLE.fullmatch),
}
