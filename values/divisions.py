"""Administrative divisions of China (GB/T 2260): what a region's name or code means today.

Old names and codes answer with what they became (闸北区 → 静安区); one that was split answers with the smallest division
that holds all its successors, and lists them. A name that fits several places answers None: see ``candidates``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import pyarrow as pa
from rapidfuzz.distance import OSA

from core.errors import BadInput
from core.reasons import Reason
from values import columns
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
_FILLER = re.compile(
    r"[\s,，、/|\-—_·.>;；:：]+|中华人民共和国|中国(?=\w{2})|(?:省|自治区)?直辖(?:县级|县|市)(?:行政区划|行政单位)?|市辖区|生产建设兵团(?:第?[一二三四五六七八九十\d]+师)?|县(?=\w\w+县)"
)
_VAGUE = re.compile(
    r"^(?:一带|附近|那边|这边|那里|本地|当地|市区|城区|境内|辖区|市内|老家|等地)|^[^\W\d]{1,10}(?:街道|街道办事处|镇|乡|苏木)$|^\w{0,8}(?:高新|经开|开发|产业|工业园|新)区$"
)
_NOT_DIVIDED = frozenset({"710000", "810000", "820000"})  # the table knows no division below
# After a short name (西湖, 上海) these say that it is the name of a road, a village or an estate.
_NAMES_SOMETHING_ELSE = re.compile(
    r"[东西南北中前后新老大小上下内外]?[一二三四五六七八九十\d]{0,3}"
    r"(?:路|街|大道|大街|道|巷|里|弄|胡同|桥|村|镇|乡|屯|庄|湾|苑|府|庭|阁|轩|公馆|家园|花园|花苑|小区|公寓|大厦|广场|小学|中学|大学|医院|酒店|饭店|宾馆)"
)
_TYPO_END = "省市区县旗州盟"
# Zones of no division of their own: 西安市高新区 is not a misspelt 高陵区.
_ZONES = re.compile(
    r"(?:高新|经开|开发|保税|示范|工业|产业|旅游|风景|度假|新城|老城|[园景新城郊矿市片社小校厂库特辖湖东西南北中A-Z一二三四五\d])区$"
)


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
    end, state = _longest_path(text, 0, start)
    end, state = _past_typo(text, end, state, start)
    if state == start:
        return Found(0, ())
    return Found(end, _settle(state, text[:end]))


def _adds_nothing(rest: str) -> bool:
    return not _VAGUE.sub("", _FILLER.sub("", rest))


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


# --- scanning ---------------------------------------------------------------------------------------------------------
_MOST_NAMES = 6  # province, city, district, and some said twice

State = tuple[Entry, ...]  # what the text so far can mean; empty: nothing read yet


def _state(within: str | None) -> State:
    entry = _entry(within) if within else None
    return (entry,) if entry else ()


def _longest_path(text: str, at: int, state: State, names: int = _MOST_NAMES) -> tuple[int, State]:
    """Follow division names from ``at`` as far as they lead downwards; the reading that ends last wins."""
    filler = _FILLER.match(text, at)
    here = filler.end() if filler else at
    best = (at, state)
    for end, after, is_full in _steps(text, here, state):
        deeper = _longest_path(text, end, after, names - 1) if end < len(text) and names else (end, after)
        stops_here = deeper[0] == end
        if stops_here and not is_full and _NAMES_SOMETHING_ELSE.match(text, end):
            continue
        if deeper[0] > best[0]:
            best = deeper
    return best


def _steps(text: str, at: int, state: State) -> Iterator[tuple[int, State, bool]]:
    """Names that start at ``at`` and lie within ``state``, the longest first."""
    forms = table().forms
    for length in table().lengths.get(text[at : at + 2], ()):
        found = forms.get(text[at : at + length])
        if found is None:
            continue
        fits = [(e, full) for e, full in found if _lies_in(e, state)]
        fits = [(e, full) for e, full in fits if _lies_below(e, state)] or fits
        today = [(e, full) for e, full in fits if e.is_current]
        if today:
            yield at + length, tuple(e for e, _ in today), any(full for _, full in today)
        past = [(e, full) for e, full in fits if not e.is_current and (full or state or e.level == "city")]
        if past:
            yield at + length, tuple(e for e, _ in past), any(full for _, full in past)


def _lies_in(entry: Entry, state: State) -> bool:
    return not state or any(entry.within & codes for codes in (_codes(s) for s in state))


def _lies_below(entry: Entry, state: State) -> bool:
    return any(entry.code not in _codes(s) and entry.within & _codes(s) for s in state)


def _codes(entry: Entry) -> set[str]:
    return {entry.code, *entry.successors}


def _past_typo(text: str, end: int, state: State, start: State) -> tuple[int, State]:
    """Read on over one misspelt name, where it (or what follows it) leaves only one division that can be meant."""
    if any(e.level == "district" for e in state):
        return end, state
    filler = _FILLER.match(text, end)
    here = filler.end() if filler else end
    for after, near in _typos(text, here, state or start):
        further, deeper = _longest_path(text, after, near)
        if len(near) == 1 or (further > after and len(deeper) == 1):
            return further, deeper
    return end, state


def _typos(text: str, at: int, state: State) -> Iterator[tuple[int, State]]:
    """Names below ``state`` that differ by one edit from what stands at ``at``, of the same kind (市, 区, 县 …)."""
    parents = {code for e in state for code in _codes(e)} or {""}
    for length in range(min(11, len(text) - at), 1, -1):
        written = text[at : at + length]
        if written[-1] not in _TYPO_END or _ZONES.search(written) or _is_full_name(written):
            continue
        near = tuple(e for parent_code in parents for e in _near(parent_code, written))
        if near:
            yield at + length, near


def _is_full_name(written: str) -> bool:
    """Somebody else's name is no misspelling: 杭州市江北区 contradicts itself."""
    return any(is_full for _, is_full in table().forms.get(written, ()))


@lru_cache(maxsize=16384)
def _near(parent_code: str, written: str) -> State:
    """Current divisions of this parent whose full name is one edit (or a swap) away."""
    names = table().full_names
    same_kind = (
        e
        for size in range(max(3, len(written) - 1), len(written) + 2)
        for e in names.get((parent_code, size), ())
        if e.name[-1] == written[-1]
    )
    return tuple(e for e in same_kind if OSA.distance(e.name, written, score_cutoff=1) == 1)


def _settle(state: State, read: str) -> tuple[Division, ...]:
    """One division where the readings are one inside the other (大理), or one is plainly meant (吉林); else all."""
    kept = [e for e in state if e.is_current] or list(state)
    kept = [e for e in kept if not any(_is_above(other, e) for other in kept if other is not e)]
    highest = min((LEVELS.index(e.level) for e in kept), default=0)
    if read not in _EVERYDAY_AMBIGUOUS:
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
        state = tuple(e for e in group if _lies_in(e, state))
        if not state:
            return ()
    return _settle(state, text)
