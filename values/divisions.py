"""Administrative divisions of China (GB/T 2260): what a region's name or code means today.

Old names and codes answer with what they became (闸北区 → 静安区); one that was split answers with the smallest division
that holds all its successors, and lists them. A name that fits several places answers None: see ``candidates``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import pyarrow as pa

from core.errors import BadInput
from core.reasons import Reason
from values import columns, divisions_path
from values.divisions_path import State
from values.divisions_table import LEVELS, Entry, chain, short_name, table
from values.name import simplified
from values.text import plain


@dataclass(frozen=True, slots=True)
class Division:
    """A division of today. ``successors``: current codes, where the name given was of a division since split up."""

    code: str
    level: str  # province | city | district
    province: str
    city: str | None
    district: str | None
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at the beginning of a text: where its divisions end, and which they can be (none, one or several)."""

    end: int
    candidates: tuple[Division, ...]

    @property
    def division(self) -> Division | None:
        """The division, where there is no doubt."""
        return self.candidates[0] if len(self.candidates) == 1 else None


# 朝阳 is a city of Liaoning by the book and a district of Beijing to nearly everybody.
_EVERYDAY_AMBIGUOUS = frozenset({"朝阳"})
_VAGUE = re.compile(
    r"^(?:一带|附近|那边|这边|那里|本地|当地|市区|城区|境内|辖区|市内|老家|等地)|^[^\W\d]{1,10}(?:街道|街道办事处|镇|乡|苏木)$|^\w{0,8}(?:高新|经开|开发|产业|工业园|新)区$"
)
_NOT_DIVIDED = frozenset({"710000", "810000", "820000"})  # the table knows no division below


def resolve(text: str, *, within: str | None = None) -> Division | None:
    """The division that a free text names (宁波, 浙江宁波, Ningbo, 330200), or None: unknown, ambiguous, or more text than that.

    ``within``: code of a division known to hold it, which settles names that several places share.
    """
    found = candidates(text, within=within)
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=65536)
def candidates(text: str, *, within: str | None = None) -> tuple[Division, ...]:
    """All divisions that the text can name."""
    line = prepare(text)
    if code := re.fullmatch(r"(\d{6})(?:0{6})?", line):
        found = division(code[1])
        return (found,) if found else ()
    if line.isascii():
        return _romanised(line, within)
    scanned = scan(line, within=within)
    if _adds_nothing(line[scanned.end :]) or all(d.code in _NOT_DIVIDED for d in scanned.candidates):
        return scanned.candidates
    return ()


def scan(text: str, *, within: str | None = None) -> Found:
    """The divisions at the beginning of ``text`` (prepared: see ``prepare``), exact names first, then one-letter typos."""
    start = _state(within)
    end, state = divisions_path.read(text, start)
    if state == start:
        return Found(0, ())
    return Found(end, _settle(state, is_everyday=text[:end] in _EVERYDAY_AMBIGUOUS))


def _adds_nothing(rest: str) -> bool:
    return not _VAGUE.sub("", divisions_path.FILLER.sub("", rest))


def prepare(text: str) -> str:
    """Plain text (see ``values.text``) with traditional characters simplified."""
    return simplified(plain(text))


def normalise(column: pa.Array | pa.ChunkedArray) -> columns.Normalised:
    """Free text of regions → codes of 6 digits; kinds are levels; NOT_A_REGION where it names none, or several."""
    return columns.normalise(column, _code_and_level)


@cache
def division(code: str) -> Division | None:
    """The division of a code of 6 digits, an old one answering with its successor; None where there was none."""
    if code in table().current:
        return _division(code)
    entries = table().past.get(code)
    return _today(max(entries, key=lambda e: e.valid_to or 0)) if entries else None


def name_of(code: str, lang: str = "zh") -> str | None:
    """Its name (zh: 宁波市, en: Ningbo), old codes under their last old name."""
    entry = _entry(code)
    if entry is None:
        return None
    return entry.name if lang == "zh" else _english(entry.name)


def parent(code: str) -> str | None:
    """Code of the division above (330203 → 330200 → 330000 → None)."""
    entry = _entry(code)
    return (entry.parent or None) if entry else None


def province_of(code: str) -> str | None:
    """Code of its province today."""
    return _above(code, "province")


def city_of(code: str) -> str | None:
    """Code of its city today; None for a province. A county directly under its province is its own city."""
    return _above(code, "city")


def successors(code: str) -> tuple[str, ...]:
    """Current codes of what an old code became; none for a current or an unknown code."""
    if code in table().current:
        return ()
    return tuple(dict.fromkeys(heir for entry in table().past.get(code, ()) for heir in entry.successors))


def _state(within: str | None) -> State:
    entry = _entry(within) if within else None
    return (entry,) if entry else ()


@lru_cache(maxsize=16384)
def _settle(state: State, *, is_everyday: bool) -> tuple[Division, ...]:
    """One division where the readings are one inside the other (大理), or one is plainly meant (吉林); else all."""
    kept = [e for e in state if e.is_current] or list(state)
    kept = [e for e in kept if not any(_is_above(other, e) for other in kept if other is not e)]
    highest = min((LEVELS.index(e.level) for e in kept), default=0)
    if not is_everyday:
        kept = [e for e in kept if LEVELS.index(e.level) == highest]
    found = tuple(dict.fromkeys(found for e in kept if (found := _today(e))))
    if any(e.is_current for e in kept):
        return found
    # The past has one place under several codes: the one whose successor is known best speaks for it.
    return tuple(d for d in found if not any(d.code in _chain(other.code)[1:] for other in found))


def _is_above(upper: Entry, lower: Entry) -> bool:
    """Is ``upper`` the better reading because it holds ``lower``? A municipality is rather its city than its province."""
    if upper.name == lower.name and {upper.level, lower.level} == {"province", "city"}:
        return upper.level == "city"
    return upper.code in lower.within and upper.code != lower.code and upper.level != lower.level


# --- codes ------------------------------------------------------------------------------------------------------------
def _entry(code: str) -> Entry | None:
    found = table().current.get(code)
    if found is None and (past := table().past.get(code)):
        found = max(past, key=lambda e: e.valid_to or 0)
    return found


@lru_cache(maxsize=16384)
def _above(code: str, level: str) -> str | None:
    found = division(code)
    if found is None:
        return None
    ups = _chain(found.code)
    return next((c for c in ups if table().current[c].level == level), None)


def _chain(code: str) -> list[str]:
    return [c for c in chain(code, {c: e.parent for c, e in ((code, table().current[code]),)}) if c in table().current]


def _today(entry: Entry) -> Division | None:
    if entry.is_current:
        return _division(entry.code)
    heirs = [h for h in entry.successors if h in table().current]
    if len(heirs) <= 1:
        return _division(heirs[0]) if heirs else None
    common = [c for c in _chain(heirs[0]) if all(c in _chain(h) for h in heirs)]
    return _division(common[0], tuple(heirs)) if common else None


def _division(code: str, heirs: tuple[str, ...] = ()) -> Division:
    named = {table().current[c].level: table().current[c].name for c in _chain(code)}
    level = table().current[code].level
    return Division(code, level, named.get("province", ""), named.get("city"), named.get("district"), heirs)


def _code_and_level(text: str) -> tuple[str, str]:
    found = resolve(text)
    if found is None:
        raise BadInput("region", Reason.NOT_A_REGION)
    return found.code, found.level


# --- romanised names --------------------------------------------------------------------------------------------------
# Names that are not written in Hanyu Pinyin.
_OWN_ENGLISH = {
    "陕西": "Shaanxi",
    "内蒙古": "Inner Mongolia",
    "西藏": "Tibet",
    "香港": "Hong Kong",
    "澳门": "Macau",
    "呼和浩特": "Hohhot",
    "乌鲁木齐": "Urumqi",
    "拉萨": "Lhasa",
    "哈尔滨": "Harbin",
    "齐齐哈尔": "Qiqihar",
    "喀什": "Kashgar",
    "鄂尔多斯": "Ordos",
}
_ALSO_WRITTEN = {
    "xizang": "西藏",
    "neimenggu": "内蒙古",
    "macao": "澳门",
    "peking": "北京",
    "canton": "广州",
    "xian": "西安",
}
_LATIN_KIND = re.compile(
    r"\b(?:province|city|district|county|municipality|autonomous|region|prefecture|sheng|shi|qu|xinqu|xian|china)\b"
)


@cache
def _english(name: str) -> str:
    short = short_name(name)
    return _OWN_ENGLISH.get(short) or "".join(_syllables(short)).capitalize()


def _syllables(han: str) -> list[str]:
    from pypinyin import lazy_pinyin  # noqa: PLC0415  its tables take a moment to load, and few need them

    return list(lazy_pinyin(han))


@cache
def _latin_index() -> dict[str, tuple[Entry, ...]]:
    """Romanised short name, without blanks → current divisions."""
    found: dict[str, list[Entry]] = {}
    for entry in table().current.values():
        short = short_name(entry.name)
        keys = {_latin_key(_english(entry.name)), "".join(_syllables(short)) if short != "陕西" else "shaanxi"}
        for key in keys | {k for k, han in _ALSO_WRITTEN.items() if han == short}:
            found.setdefault(key, []).append(entry)
    return {key: tuple(entries) for key, entries in found.items()}


def _latin_key(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


def _romanised(text: str, within: str | None) -> tuple[Division, ...]:
    """Ningbo; Ningbo, Zhejiang; ZHEJIANG NINGBO SHI: the parts in either order, each inside another."""
    bare = _LATIN_KIND.sub(" ", text.lower())
    if not _latin_key(bare):
        bare = text.lower()  # Xian is 西安 too, not only 县
    parts = [p for p in re.split(r"[,;/|]+", bare) if _latin_key(p)]
    whole = _latin_index().get(_latin_key(bare))
    groups = [whole] if whole else [_latin_index().get(_latin_key(p), ()) for p in parts]
    if not whole and len(parts) == 1:
        groups = [_latin_index().get(_latin_key(word), ()) for word in bare.split()]
    states = sorted((tuple(g) for g in groups), key=lambda g: min((LEVELS.index(e.level) for e in g), default=0))
    state = _state(within)
    for group in states:
        state = tuple(e for e in group if divisions_path.lies_in(e, state))
        if not state:
            return ()
    return _settle(state, is_everyday=text in _EVERYDAY_AMBIGUOUS)
