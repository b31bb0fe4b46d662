"""Names of people: parse, canonical form, and how two names agree.

Canonical is NFKC, without courtesies and delivery remarks; Han names simplified, without spaces, ``·`` between the parts of
transcribed names; Latin names given-first in title case. A hidden character is ``*`` (``张*``, 张某某 -> ``张**``), a surname with
a form of address keeps it (``王先生``). Nothing readable is refused: what is no person's name has kind ``not_a_person``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import pyarrow as pa

from core.errors import BadInput
from core.reasons import Reason
from values import columns, name_words, pinyin, surnames
from values.columns import Normalised
from values.text import plain, with_stars

FIELD = "name"


@dataclass(frozen=True, slots=True)
class Name:
    """One name.

    ``kind``: person | masked | titled (surname and form of address only) | not_a_person. ``script``: han | latin | mixed.
    ``surname`` and ``given`` are empty where unknown. ``is_proxy``: the text says that somebody else receives or is meant
    (代收, 家属).
    """

    canonical: str
    kind: str
    script: str = "han"
    surname: str = ""
    given: str = ""
    title: str | None = None
    is_proxy: bool = False

    @property
    def mask(self) -> bool:
        """True where characters are hidden."""
        return "*" in self.canonical


# --- patterns of the words in values.name_words ----------------------------------------------------------------------
_HAN, _TITLES, _SHORT_TITLES = name_words.HAN, name_words.TITLES, name_words.SHORT_TITLES
_TITLED = re.compile(rf"(?P<surname>[{_HAN}]{{1,2}}?)(?P<title>{_TITLES}|{_SHORT_TITLES})")
_TITLE_END = re.compile(rf"(?<=[{_HAN}*])(?:{_TITLES})$")
_NICKNAME = re.compile(rf"(?P<title>小|老|阿|大)(?P<surname>[{_HAN}])")
_LABEL = re.compile(
    r"^(?:收件人|收货人|联系人|寄件人|客户|客户姓名|姓名|户名|户主|持卡人|借款人|本人|尊敬的|致|name|attn|receiver|c/o)\s*[:：]\s*|^尊敬的|^c/o\s+",
    re.IGNORECASE,
)
_BRACKETS = re.compile(
    r"[(\[【「『《<{](?P<inside>[^()\[\]【】「」『』《》<>{}]*)(?:[)\]】」』》>}]|$)|[)\]】」』》>}]"
)
_PROXY = re.compile(r"代收|代取|代签|代领|转交|转给|请转|帮收|帮忙收|代\s*$|c/o", re.IGNORECASE)
_PROXY_END = re.compile(
    r"[\s,，/-]*(?:代收|代取|代签|代领|转交|帮收)(?:人|点|一下)?$|\s*(?:转|转交|转给|由|c/o)\s*\S.*(?:收|转)?$",
    re.IGNORECASE,
)
_RELATIVE_END = re.compile(rf"的?(?:{name_words.RELATIVES})$")
_RECEIVES_END = re.compile(r"\s*(?:亲收|亲启|敬启|台启|收启|查收|签收|(?<![丰秋麦喜春])收)$")
_ORGANISATION = re.compile(name_words.ORGANISATIONS)
_ORGANISATION_END = re.compile(rf"^[{_HAN}]{{3,}}(?:{name_words.ORGANISATION_ENDS})$")
_ORGANISATION_LATIN = re.compile(rf"\b(?:{name_words.ORGANISATIONS_LATIN})\b\.?|\s&\s", re.IGNORECASE)
_LIST = re.compile(r"\s*[/、,，;；|&]\s*|\s+(?:and|和|or)\s+")
_LATIN_TITLES = re.compile(
    r"^(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|dame|lady|lord|rev|madam|master)\b\.?\s*", re.IGNORECASE
)
_LATIN_SUFFIXES = re.compile(
    r"[\s,]+(?:jr|sr|junior|senior|ii|iii|iv|phd|ph\.d|md|esq|esquire|obe|mbe|cpa)\.?$", re.IGNORECASE
)

# --- characters -----------------------------------------------------------------------------------------------------
_DOTS = r"[·•・．.‧∙⋅●‐᛫ㆍ]"
_DOT_BETWEEN = re.compile(rf"(?<=[{_HAN}])\s*{_DOTS}\s*(?=[{_HAN}])")
_HIDDEN_MIDDLE = re.compile(rf"[{_HAN}][•●][{_HAN}]")  # 王•明 hides a character; no transcribed name is so short
_ANONYMOUS = re.compile(rf"(?<=[{_HAN}*])[某xX×?？\ufffd]|(?<=^)[xX×?？\ufffd某](?=[{_HAN}])")
_HAS_HAN = re.compile(rf"[{_HAN}]")
_IS_LATIN_NAME = re.compile(r"[^\W\d_*]*(?:[^\W\d_]|\*)(?:[^\W\d_]|[ '’.,*-])*")
_LATIN_TOKEN_START = re.compile(r"(^|[\s'’-])([^\W\d_])")
_HAN_RUN = re.compile(rf"[{_HAN}·*]*[{_HAN}][{_HAN}·*]*")
_DIGITS = re.compile(r"[0-9]+号?")
_EDGES = " -_~!！。.,，;；:：#\"'/、+=@&|"
# Last characters of titles, relatives and remarks; and those that hide or hand over wherever they stand.
_SUFFIXES = f"{_TITLES}|{_SHORT_TITLES}|{name_words.RELATIVES}".split("|")
_ENDS = "".join(sorted({word[-1] for word in _SUFFIXES} | set("收启取签领代点下")))
_ORDINARY = re.compile(rf"(?!.*[某转由])[\u4e00-\u9fff]{{1,2}}(?![{_ENDS}])[\u4e00-\u9fff]")
_LONGEST_HAN = 6  # longer without a dot is a sentence, not a name
_LONGEST_WITH_SURNAME = 4  # longer is a transcribed name, whose first character is no surname
_MOST_LAYERS = 6
_COMMONEST = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦"
)
_TRADITIONAL = Path(__file__).parent / "data" / "traditional.tsv"


def parse(text: str) -> Name:
    """The name ``text`` writes. Raises BadInput only for MISSING, when there is nothing to read."""
    if ordinary := _ordinary(text):
        return ordinary
    written = plain(text)
    if not written:
        raise BadInput(FIELD, Reason.MISSING)
    name = first = _once(written)
    for _ in range(_MOST_LAYERS):  # remarks come in layers: 王小明先生（代收）收
        again = _once(name.canonical)
        if (again.canonical, again.kind) == (name.canonical, name.kind):
            break
        name = again
    else:
        name = Name(name.canonical, "not_a_person", name.script)
    if not name.canonical:
        raise BadInput(FIELD, Reason.MISSING)
    return replace(name, title=first.title or name.title, is_proxy=first.is_proxy or name.is_proxy)


def normalise(column: pa.Array | pa.ChunkedArray) -> Normalised:
    """A column of names; kinds are those of ``Name``. No reason is ever given: an odd name is no reason to lose a row."""
    return columns.normalise(column, _scalar)


def is_proxy(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Which names of a column say that somebody else receives (bool, null where absent)."""
    return columns.map_distinct(column, lambda text: _parsed(text).is_proxy, pa.bool_())


@lru_cache(maxsize=1 << 17)
def compatible(a: str, b: str) -> str | None:
    """The highest level at which two names agree; None when they do not, or when either is no person's name.

    exact: the same name. pinyin_tone, pinyin: Han names that sound the same. masked: every character known to both agrees (also
    initials, and a middle name that only one has). title: the surname agrees and that is all one of them says (王先生).
    romanised: one is the other in pinyin. Symmetric.
    """
    x, y = _parsed(a), _parsed(b)
    kinds = {x.kind, y.kind}
    if "not_a_person" in kinds:
        return None
    if "titled" in kinds:
        return "title" if x.surname and x.surname == y.surname else None
    if "masked" in kinds:
        return "masked" if _masks_fit(x.canonical, y.canonical) else None
    if x.canonical.replace("·", "") == y.canonical.replace("·", ""):
        return "exact"
    if x.script == y.script == "han":
        return _sounds_alike(x.canonical, y.canonical)
    if x.script == y.script == "latin":
        return _latin_level(x.canonical, y.canonical)
    han, latin = (x, y) if x.script == "han" else (y, x)
    return (
        "romanised" if (han.script, latin.script) == ("han", "latin") and _is_romanised(han, latin.canonical) else None
    )


def _scalar(text: str) -> tuple[str, str]:
    name = parse(text)
    return name.canonical, name.kind


@lru_cache(maxsize=1 << 17)
def _parsed(text: str) -> Name:
    try:
        return parse(text)
    except BadInput:
        return Name("", "not_a_person")


# --- the ordinary name, nine rows of ten ---------------------------------------------------------------------------
def _ordinary(text: str) -> Name | None:
    """A Han name of two or three characters in which no character could begin or end a remark; the rest of this file agrees."""
    if not _ORDINARY.fullmatch(text):
        return None
    full = simplified(text)
    if full in name_words.NOBODY or full in surnames.COMPOUND or full[0] not in surnames.SINGLE:
        return None
    surname = _surname(full)
    return Name(full, "person", "han", surname, full[len(surname) :])


# --- remarks --------------------------------------------------------------------------------------------------------
def _once(text: str) -> Name:
    bare, says_proxy = _without_remarks(_LABEL.sub("", text) or text)
    first = _LIST.split(bare)[0] or bare if _HAS_HAN.search(bare) else bare  # 张三/李四: the parcel is for the first
    return replace(_named(first), is_proxy=says_proxy)


def _without_remarks(text: str) -> tuple[str, bool]:
    """The name without what deliveries write around it, and whether that said that somebody else receives."""
    insides = [inside for m in _BRACKETS.finditer(text) if (inside := (m["inside"] or "").strip())]
    outside = _BRACKETS.sub(" ", text).strip() or (insides.pop(0) if insides else text)
    says_proxy = any(_PROXY.search(inside) or _RELATIVE_END.fullmatch(inside) for inside in insides)
    title = next((inside for inside in insides if re.fullmatch(_TITLES, inside)), "")
    for pattern, means_proxy in ((_PROXY_END, True), (_RECEIVES_END, False), (_RELATIVE_END, True)):
        bare = pattern.sub("", outside)
        if len(bare) >= 2 and bare != outside:
            outside, says_proxy = bare, says_proxy or means_proxy
    outside = outside.strip(_EDGES) or outside
    return (outside + title if len(outside) == 1 else outside), says_proxy


def _named(text: str) -> Name:
    """A name without remarks."""
    text = plain(text)
    dotted = text if _HIDDEN_MIDDLE.fullmatch(text) else _DOT_BETWEEN.sub("·", text)
    starred = with_stars(_ANONYMOUS.sub("*", dotted))
    bare = plain(_DIGITS.sub("", starred).strip(_EDGES + "·"))
    if not bare.strip("*· ") or _is_nobody(bare):
        return Name(bare or text, "not_a_person", _script(text))
    if _HAN_RUN.fullmatch(joined := bare.replace(" ", "")):
        return _han(joined)
    if han := _han_part(bare):
        return _han(han)
    if _HAS_HAN.search(bare):
        return Name(bare, "masked" if "*" in bare else "person", "mixed")
    return _latin(bare) if _IS_LATIN_NAME.fullmatch(bare) else Name(bare, "not_a_person", "latin")


def _script(text: str) -> str:
    return "han" if _HAS_HAN.search(text) else "latin"


def _is_nobody(text: str) -> bool:
    joined = simplified(text.replace(" ", ""))
    if joined in name_words.NOBODY or text.casefold() in name_words.NOBODY_LATIN or _ORGANISATION_LATIN.search(text):
        return True
    if joined[:2] in surnames.COMPOUND and len(joined) == 4:  # 欧阳知行 is no 行
        return False
    return len(joined) >= 4 and bool(_ORGANISATION.search(joined) or _ORGANISATION_END.match(joined))


def _han_part(text: str) -> str:
    """``张三 Zhang San`` and ``Tony 陈小明``: the Han name, when it is one by itself."""
    parts = _HAN_RUN.findall(text)
    return parts[0] if len(parts) == 1 and 2 <= len(parts[0].strip("*")) <= 4 else ""


# --- Han names ------------------------------------------------------------------------------------------------------
def simplified(text: str) -> str:
    """Traditional characters as simplified ones, character by character (table made from OpenCC, Apache-2.0)."""
    return text.translate(_simplified_table())


@cache
def _simplified_table() -> dict[int, str]:
    lines = _TRADITIONAL.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if not line.startswith("#"))
    return {ord(traditional): simple for traditional, simple in pairs}


def _han(joined: str) -> Name:
    text = re.sub("·+", "·", simplified(joined)).strip("·")
    if short := _surname_only(text):
        return short
    title = m[0] if (m := _TITLE_END.search(text)) else None
    full = text[: -len(title)] if title else text
    if "·" not in full and len(full) > _LONGEST_HAN:
        return Name(full, "not_a_person")
    surname = "" if "·" in full or full.startswith("*") else _surname(full)
    given = full[len(surname) :]
    return Name(full, "masked" if "*" in full else "person", "han", surname, given, title)


def _surname(full: str) -> str:
    if full[:2] in surnames.COMPOUND and len(full) > 2:
        return full[:2]
    return full[0] if len(full) <= _LONGEST_WITH_SURNAME else ""


def _surname_only(text: str) -> Name | None:
    """王先生, 欧阳总, 小李, 王: no more than a surname, and perhaps how it is addressed."""
    if len(text) == 1 or text in surnames.COMPOUND:
        return Name(text, "titled", "han", text)
    if m := _TITLED.fullmatch(text):
        surname, title = m["surname"], m["title"]
        is_known = surname in surnames.SINGLE or surname in surnames.COMPOUND
        if is_known or (len(surname) == 1 and len(title) > 1):
            return Name(text, "titled", "han", surname, "", title)
    if (m := _NICKNAME.fullmatch(text)) and m["surname"] in _COMMONEST:
        return Name(text, "titled", "han", m["surname"], "", m["title"])
    return None


def _sounds_alike(a: str, b: str) -> str | None:
    x, y = pinyin.syllables(a), pinyin.syllables(b)
    if x == y:
        return "pinyin_tone"
    toneless = pinyin.without_tone
    is_alike = len(x) == len(y) and all(toneless(s) == toneless(t) for s, t in zip(x, y, strict=True))
    return "pinyin" if is_alike else None


# --- masks ----------------------------------------------------------------------------------------------------------
def _masks_fit(a: str, b: str) -> bool:
    """Equal lengths are compared by position; else a run of stars hides any number of characters, as many systems have it."""
    a, b = a.casefold(), b.casefold()
    if len(a) == len(b):
        return all(x == y or "*" in (x, y) for x, y in zip(a, b, strict=True))
    if "*" in a and "*" in b:
        return _ends_agree(a, b)
    masked, full = (a, b) if "*" in a else (b, a)
    return _mask_pattern(masked).fullmatch(full) is not None


def _ends_agree(a: str, b: str) -> bool:
    (head_a, tail_a), (head_b, tail_b) = ((m.partition("*")[0], m.rpartition("*")[2]) for m in (a, b))
    heads = head_a.startswith(head_b) or head_b.startswith(head_a)
    return heads and (tail_a.endswith(tail_b) or tail_b.endswith(tail_a))


@lru_cache(maxsize=1 << 14)
def _mask_pattern(masked: str) -> re.Pattern[str]:
    return re.compile("[^ ]+".join(re.escape(part) for part in re.split(r"\*+", masked)))


# --- Latin names ----------------------------------------------------------------------------------------------------
def _latin(text: str) -> Name:
    title = m[0].strip() if (m := _LATIN_TITLES.match(text)) and m.end() < len(text) else None
    bare = _LATIN_SUFFIXES.sub("", text[len(m[0]) :] if m and title else text).strip(" ,.")
    last, comma, rest = (part.strip() for part in bare.partition(","))
    ordered = f"{rest} {last}" if comma and rest else last
    canonical = _title_case(re.sub(r"(?<=[^\W\d_])\.(?=\s|$|[^\W\d_])", " ", ordered))
    if not canonical.strip("* '-"):
        return Name(text, "not_a_person", "latin")
    *given, surname = canonical.split(" ")
    if title and not given:
        title = title.rstrip(".").capitalize()
        return Name(f"{title} {surname}", "titled", "latin", surname, "", title)
    return Name(canonical, "masked" if "*" in canonical else "person", "latin", surname, " ".join(given), title)


def _title_case(text: str) -> str:
    lower = re.sub(r"\s+", " ", text.replace("’", "'")).strip().lower()
    return _LATIN_TOKEN_START.sub(lambda m: m[1] + m[2].upper(), lower)


def _latin_level(a: str, b: str) -> str | None:
    x, y = _latin_tokens(a), _latin_tokens(b)
    if sorted(x) == sorted(y) or "".join(x) == "".join(y):
        return "exact"
    short, long = (x, y) if len(x) <= len(y) else (y, x)
    return "masked" if len(short) > 1 and _is_abbreviated(short, long) else None


def _is_abbreviated(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Each token equals one of the other's or is its initial, and at least one is written out in both."""
    if not set(short) & {token for token in long if len(token) > 1}:
        return False
    left = list(long)
    for token in sorted(short, key=len, reverse=True):
        hit = next((t for t in left if t == token), None) or next((t for t in left if _is_initial(token, t)), None)
        if hit is None:
            return False
        left.remove(hit)
    return True


def _is_initial(a: str, b: str) -> bool:
    return 1 in (len(a), len(b)) and a[0] == b[0]


def _latin_tokens(canonical: str) -> tuple[str, ...]:
    """Tokens without case, accents and hyphens."""
    decomposed = unicodedata.normalize("NFD", canonical.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return tuple(re.sub(r"['.]", "", letters).replace("-", " ").split())


def _is_romanised(han: Name, latin: str) -> bool:
    """The Latin name is the Han name in pinyin, surname first or last, however the given name is split."""
    tokens = _latin_tokens(latin)
    surname, given = ("".join(pinyin.toneless(part)) for part in _halves(han))
    whole = {surname + given, given + surname}
    spellings = {w.replace("v", u) for w in whole for u in ("v", "u", "yu")}
    return "".join(tokens) in spellings


def _halves(han: Name) -> tuple[str, str]:
    return (han.surname, han.given) if han.surname else (han.canonical, "")
