"""Phone numbers: parse, validate, canonical form, and masked numbers by position.

Canonical is E.164 (``+8613800138000``; RFC 3966 ``;ext=801`` after a switchboard's number) or, where the source masks it, the
national positions with ``*`` (``138****8000``, 11 of them for a Chinese mobile; a landline keeps its trunk 0).

Sources: MIIT numbering plan 电信网编号计划 (2017) for China; phonenumbers for everything else; Ofcom's and NANPA's numbers
reserved for drama are accepted as well formed, because synthetic people have no others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import BadInput
from core.reasons import Reason
from values import columns
from values.columns import Normalised
from values.text import plain, with_stars

FIELD = "phone"
MIN_KNOWN = 3  # fewer known positions of a masked number say nothing about whose it is


@dataclass(frozen=True, slots=True)
class Phone:
    """One number. ``country``: ISO 3166 alpha-2.

    ``kind``: mobile | landline | hotline (nobody's own: service numbers, relays) | masked | foreign.
    """

    canonical: str
    kind: str
    country: str


# --- the Chinese plan -----------------------------------------------------------------------------------------------
_MOBILE = r"1[3-9]\d{9}"
_AREA_CODES = (
    r"10|2[0-57-9]"
    r"|3(?:1\d|35|49|5\d|7\d|9[1-8])"
    r"|4(?:1\d|2[179]|3\d|5\d|6[4-9]|7\d|8[23])"
    r"|5(?:1\d|2[37]|3\d|4[36]|5\d|6[1-6]|7\d|80|9\d)"
    r"|6(?:3[1-5]|6[0238]|9[12])"
    r"|7(?:01|1\d|2[248]|3\d|4[3-6]|5\d|6[02-9]|7\d|9\d)"
    r"|8(?:1\d|2[5-7]|3\d|5\d|7\d|8[1-8]|9\d)"
    r"|9(?:0[1-9]|1\d|3\d|4[13]|5[1-5]|7\d|9\d)"
)
_LANDLINE = r"(?:10|2\d)[2-9]\d{7}|[3-9]\d\d[2-9]\d{6,7}"
_HOTLINE = (
    r"[48]00\d{7}"  # shared-cost and free numbers
    r"|9[56]\d{3,6}"  # banks, insurers, couriers; 96 within a province
    r"|1(?:00\d{2,3}|01\d{2,3}|1[0-9]|1[68]\d{2,3}|2[0-9]|2\d{3,4})"  # carriers, emergencies, government
    r"|106\d{5,17}"  # message ports
)
_CN_FORM = re.compile(
    rf"(?P<mobile>{_MOBILE})|0?(?P<landline>(?=(?:{_AREA_CODES})[2-9])(?:{_LANDLINE}))|(?P<hotline>{_HOTLINE})"
)
_AREA_THEN_HOTLINE = re.compile(rf"0(?:{_AREA_CODES})(?P<hotline>9[56]\d{{3,4}}|100\d\d)")
_TRUNK_BEFORE_MOBILE = re.compile(rf"(?:0|17951|12593|17911|11808|10193)(?P<mobile>{_MOBILE})")
_ORDINARY_MOBILE = r"^(?:\+?86|0086)?[ -]?1[3-9]\d[ -]?\d{4}[ -]?\d{4}$"

# --- what people write around a number ------------------------------------------------------------------------------
_LABEL = re.compile(
    r"^(?:(?:联系|移动|固定|办公|家庭|住宅|单位|公司|新|旧|原|常用)?(?:电话|手机|座机|固话|号码|手机号|电话号码|手机号码|联系方式)"
    r"|tel(?:ephone)?|mob(?:ile)?|cell|phone|call|ph|t|m)(?:\s*(?:no|number)\.?)?\s*[:：.]?\s*(?=[+(\d*])",
    re.IGNORECASE,
)
# Remarks that say nothing about whose number it is; any other remark (妈妈, 邻居) makes the row unusable, on purpose.
_REMARK = re.compile(
    r"[(\[【](?:微信同号|同微信|微信|本人|手机|电话|座机|固话|常用|新|新号|移动|联通|电信|mobile|cell|home|work)[)\]】]",
    re.IGNORECASE,
)
_TAIL_ONLY = re.compile(r"^(?:手机|电话|号码)*尾号(?:是|为)?\s*[:：]?\s*(?P<tail>\d{4})$")
_EXTENSION = re.compile(r"\s*(?:转|分机号?|extension|ext|x|#|,|;ext=)\s*[:.]?\s*(?P<ext>\d{1,6})$", re.IGNORECASE)
_DASHED_EXTENSION = re.compile(
    r"^(?P<number>[+(]?0\d{2,3}[)]?[ -]?\d{7,8}|[48]00-?\d{3}-?\d{4}|(?:\+?86[ -]?)?1[3-9]\d{9})-(?P<ext>\d{1,6})$"
)
_FLOAT = re.compile(r"^(?P<whole>\+?\d{5,})\.0+$")
_SCIENTIFIC = re.compile(r"^\+?(?P<whole>\d)(?:[.,](?P<decimals>\d*))?\s*[eE]\s*\+?(?P<exponent>\d{1,3})$")
_SEVERAL = re.compile(r"[/,;、|]|\s+(?:or|and|或)\s+|\s(?=(?:\+86|1[3-9]\d{9}\b|0\d{2,3}-))")
_SEPARATOR = re.compile(r"[\s\-‐‑‒–—―−_.·()\[\]{}~/]+")
_DIGITS = re.compile(r"^\+?[0-9]+$")
_MASKED = re.compile(r"^\+?[0-9*]+$")
_X_RUN = re.compile(r"[xX×]+|[?#_·-]{3,}")
_COUNTRY_CODES = {"CN": "86", "US": "1", "GB": "44"}
_MASKED_LENGTHS = {"CN": (11, 12), "US": (10,), "GB": (11, 10)}
_CN_MASKED = re.compile(r"[1*][3-9*][0-9*]{9}|0[1-9*][0-9*]{9,10}")
_ONE_RUN = re.compile(r"(?P<head>\d*)\*+(?P<tail>\d*)")

# Ofcom, "Telephone numbers for use in TV and radio drama programmes".
_UK_DRAMA = re.compile(
    r"7700900\d{3}|1632960\d{3}|2079460\d{3}|2896496\d{3}|289018\d{3,4}|292018\d{3,4}|3069990\d{3}|8081570\d{3}|9098790\d{3}"
    r"|(?:113|114|115|116|117|118|121|131|141|151|161)4960\d{3}|1914980\d{3}"
)
# Ofcom, National Telephone Numbering Plan: 071-075 and 077-079 are mobile services (070 and 076 are not).
_UK_MOBILE = re.compile(r"0?(?P<national>7[1-57-9]\d{8})")
_NANP = re.compile(r"1?(?P<national>(?P<npa>[2-9]\d{2})[2-9]\d{6})")


def parse(text: str, country: str = "CN") -> Phone:
    """The number that ``text`` writes, dialled from ``country``; the first, where it lists several.

    Raises BadInput: SCIENTIFIC_NOTATION where a spreadsheet lost digits, NOT_A_PHONE otherwise, MISSING when empty.
    """
    written = _unscientific(plain(text))
    if not written:
        raise BadInput(FIELD, Reason.MISSING)
    if phone := _one(written, country):
        return phone
    listed = [_one(part, country) for part in _several(written)]
    if listed and listed[0] and all(listed):  # a part that is no number may say that the number is someone else's
        return listed[0]
    raise BadInput(FIELD, Reason.NOT_A_PHONE)


def normalise(column: pa.Array | pa.ChunkedArray, country: str = "CN") -> Normalised:
    """A column of numbers. Ordinary Chinese mobiles are done in Arrow, the rest one by one, once per distinct text."""
    d = columns.distinct(column)
    if country != "CN":
        return columns.spread(d, columns.normalise_distinct(d.values, _scalar(country)))
    is_ordinary = pc.match_substring_regex(d.values, _ORDINARY_MOBILE)
    rest = columns.normalise_distinct(d.values.filter(pc.invert(is_ordinary)), _scalar(country))
    digits = pc.utf8_slice_codeunits(pc.replace_substring_regex(d.values.filter(is_ordinary), r"[ -]", ""), -11)
    mobiles = Normalised(
        pc.binary_join_element_wise("+86", digits, ""),
        pa.array(["mobile"] * len(digits), columns.TEXT),
        pa.nulls(len(digits), columns.TEXT),
    )
    return columns.spread(d, columns.merge(is_ordinary, mobiles, rest))


def mask_fits(masked: str, full: str) -> bool:
    """True when every position known to both agrees. Canonical forms, in either order."""
    a, b = _positions(masked), _positions(full)
    return len(a) == len(b) and all(x == y or "*" in (x, y) for x, y in zip(a, b, strict=True))


def count_fitting(masks: pa.Array, fulls: pa.Array) -> pa.Array:
    """For each mask how many of the distinct full numbers fit it (int64; null for a null mask).

    One pass over ``fulls`` per layout of known positions, of which a source has one or two, not one per mask.
    """
    numbers = [_positions(f) for f in pc.unique(fulls).to_pylist() if f is not None and "*" not in f]
    layouts: dict[tuple[int, tuple[int, ...]], Counter[str]] = {}

    def count(mask: str) -> int:
        positions = _positions(mask)
        known = tuple(i for i, c in enumerate(positions) if c != "*")
        layout = (len(positions), known)
        if layout not in layouts:
            layouts[layout] = Counter(_at(n, known) for n in numbers if len(n) == layout[0])
        return layouts[layout][_at(positions, known)]

    return columns.map_distinct(masks, count, pa.int64())


def _at(text: str, positions: tuple[int, ...]) -> str:
    return "".join(text[i] for i in positions)


def _positions(canonical: str) -> str:
    """National positions as people dial them, so that a mask and a full number line up. The extension is not compared."""
    if not canonical.startswith("+"):
        return canonical
    number = canonical.partition(";")[0]
    if number.startswith("+86"):
        form = _CN_FORM.fullmatch(number[3:])
        return ("0" if form and form.lastgroup == "landline" else "") + number[3:]
    if number.startswith("+44"):
        return "0" + number[3:]
    return number[2:] if number.startswith("+1") else number[1:]


def _scalar(country: str) -> Callable[[str], tuple[str, str]]:
    def scalar(text: str) -> tuple[str, str]:
        phone = parse(text, country)
        return phone.canonical, phone.kind

    return scalar


# --- one number -----------------------------------------------------------------------------------------------------
def _unscientific(text: str) -> str:
    """A float or scientific notation back to digits, when it still has them all. Raises SCIENTIFIC_NOTATION."""
    if m := _FLOAT.match(text):
        return m["whole"]
    if m := _SCIENTIFIC.match(text):
        decimals, exponent = m["decimals"] or "", int(m["exponent"])
        if len(decimals.rstrip("0")) > exponent or len(decimals) < exponent:
            raise BadInput(FIELD, Reason.SCIENTIFIC_NOTATION)
        return m["whole"] + decimals[:exponent]
    return text


def _several(written: str) -> list[str]:
    parts = [p for p in _SEVERAL.split(written) if p]
    return parts if len(parts) > 1 else []


def _one(written: str, country: str) -> Phone | None:
    bare = _REMARK.sub("", _LABEL.sub("", written)).strip()
    if m := _TAIL_ONLY.match(bare):
        return Phone("*" * 7 + m["tail"], "masked", country) if country == "CN" else None
    number, extension = _split_extension(bare)
    starred = with_stars(_X_RUN.sub(lambda run: "*" * len(run[0]), number))
    if "*" in starred:
        return _masked(_SEPARATOR.sub("", starred), country)
    digits = _SEPARATOR.sub("", number)
    if not _DIGITS.match(digits):
        return None
    phone = _international(digits, country) or _national(digits, country)
    return phone if phone is None or not extension else _extended(phone, extension)


def _extended(phone: Phone, extension: str) -> Phone:
    """With an extension it is a switchboard's; a Chinese mobile with one is the relay a platform puts before a receiver."""
    if phone.kind == "mobile":
        return Phone(
            f"{phone.canonical};ext={extension}", "hotline" if phone.country == "CN" else "landline", phone.country
        )
    return Phone(f"{phone.canonical};ext={extension}", phone.kind, phone.country)


def _split_extension(text: str) -> tuple[str, str]:
    if m := _DASHED_EXTENSION.match(text):
        return m["number"], m["ext"]
    if (m := _EXTENSION.search(text)) and sum(c.isdigit() for c in text[: m.start()]) >= 10:
        return text[: m.start()], m["ext"]
    return text, ""


def _international(digits: str, country: str) -> Phone | None:
    """A number that says its country code; ``86138…`` without a plus counts when it is long enough to."""
    if digits.startswith(("+", "00")):
        number = "+" + digits.lstrip("+0")
        return _chinese(number[3:], country) if number.startswith("+86") else _by_library(number, None, country)
    if country == "CN" and digits.startswith("86") and len(digits) >= 12:
        return _chinese(digits[2:])
    return None


def _national(digits: str, country: str) -> Phone | None:
    if digits.startswith("+"):
        return None
    return _chinese(digits) if country == "CN" else _by_library(digits, country, country)


def _chinese(digits: str, home: str = "CN") -> Phone | None:
    for pattern in (_CN_FORM, _AREA_THEN_HOTLINE, _TRUNK_BEFORE_MOBILE):
        if m := pattern.fullmatch(digits):
            kind = (m.lastgroup or "") if home == "CN" else "foreign"
            return Phone("+86" + m[m.lastgroup or 0], kind, "CN")
    return None


def _american(digits: str, home: str) -> Phone | None:
    """NANP numbers by form alone: any NPA-NXX-XXXX, 555-01xx among them. A library call each would be ten times slower."""
    if not (m := _NANP.fullmatch(digits)):
        return None
    country, kind = _area_plan(m["npa"])
    return Phone("+1" + m["national"], kind if country == home else "foreign", country)


@lru_cache(maxsize=1000)
def _area_plan(npa: str) -> tuple[str, str]:
    """(country, kind) of a North American area code, from the first of some exchanges that the library knows there."""
    for exchange in ("234", "345", "456", "555", "702", "880", "300", "500"):
        parsed = phonenumbers.PhoneNumber(country_code=1, national_number=int(f"{npa}{exchange}2345"))
        if country := phonenumbers.region_code_for_number(parsed):
            return country, _kind(parsed, npa)
    return "US", "mobile"


def _by_library(number: str, region: str | None, home: str) -> Phone | None:
    """Numbers outside China, by phonenumbers; those reserved for drama by their published ranges."""
    if (region == "US" or number.startswith("+1")) and (american := _american(number.removeprefix("+"), home)):
        return american
    if (region == "GB" or number.startswith("+44")) and (m := _UK_MOBILE.fullmatch(number.removeprefix("+44"))):
        return Phone("+44" + m["national"], "mobile" if home == "GB" else "foreign", "GB")
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    code, national = parsed.country_code or 0, phonenumbers.national_significant_number(parsed)
    country = phonenumbers.region_code_for_number(parsed) or _REGIONS.get(code, "")
    if not (phonenumbers.is_valid_number(parsed) or _is_reserved(code, national)):
        return None
    canonical = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if country != home:
        return Phone(canonical, "foreign", country)
    return Phone(canonical, _kind(parsed, national), country)


_REGIONS = {44: "GB"}


def _is_reserved(country_code: int, national: str) -> bool:
    """Numbers that reach nobody but are well formed: Ofcom's drama numbers."""
    return country_code == 44 and _UK_DRAMA.fullmatch(national) is not None


_LIBRARY_KINDS = {
    phonenumbers.PhoneNumberType.FIXED_LINE: "landline",
    phonenumbers.PhoneNumberType.MOBILE: "mobile",
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile",  # North America does not tell them apart
    phonenumbers.PhoneNumberType.TOLL_FREE: "hotline",
    phonenumbers.PhoneNumberType.SHARED_COST: "hotline",
    phonenumbers.PhoneNumberType.PREMIUM_RATE: "hotline",
    phonenumbers.PhoneNumberType.UAN: "hotline",
    phonenumbers.PhoneNumberType.VOIP: "landline",
    phonenumbers.PhoneNumberType.PERSONAL_NUMBER: "mobile",
    phonenumbers.PhoneNumberType.PAGER: "mobile",
}


def _kind(parsed: phonenumbers.PhoneNumber, national: str) -> str:
    fallback = "landline" if parsed.country_code == 44 and not national.startswith("7") else "mobile"
    return _LIBRARY_KINDS.get(phonenumbers.number_type(parsed), fallback)


def _masked(text: str, country: str) -> Phone | None:
    """Masked positions in any layout; one run of stars of the wrong length is stretched to the number's length."""
    if not _MASKED.match(text):
        return None
    code = _COUNTRY_CODES.get(country, "")
    national = re.sub(
        rf"^(?:\+|00){code}|^{code}(?=1[\d*]{{10}}$)" if country == "CN" else rf"^(?:\+|00){code}", "", text
    )
    if country == "GB" and national != text:
        national = "0" + national
    lengths = _MASKED_LENGTHS.get(country, (len(national),))
    fitted = national if len(national) in lengths else _stretch(national, lengths[0])
    if fitted is None or sum(c != "*" for c in fitted) < MIN_KNOWN:
        return None
    if country == "CN" and not _CN_MASKED.fullmatch(fitted):
        return None
    return Phone(fitted, "masked", country)


def _stretch(national: str, length: int) -> str | None:
    """``138***8000`` hides four digits behind three stars: head and tail are known, the middle is what is missing."""
    if not (m := _ONE_RUN.fullmatch(national)):
        return None
    missing = length - len(m["head"]) - len(m["tail"])
    return m["head"] + "*" * missing + m["tail"] if missing > 0 else None
