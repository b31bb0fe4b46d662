"""Masks by declared type: what a person may see who has not asked for the value. Masking twice changes nothing.

The patterns are those of the policy packs (``masking``: id first 3 + last 2, phone first 3 + last 4, card last 4, address to
district). What a value's mask cannot be made from is covered whole: an unknown form shows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa

from privacy.columns import distinct_map
from privacy.names import COMPOUND_SURNAMES, TITLES
from values import divisions

COVER = "***"
_NOT_DIGIT = re.compile(r"[^0-9*]")
_MASKED_WORD = re.compile(r".\*+")
_HAN = re.compile(r"[㐀-鿿〇]")


def mask(kind: str, value: str) -> str:
    """The mask of one value. ``kind`` is a key of ``MASKS``; KeyError for another (a new kind must choose its mask)."""
    return MASKS[kind](value.strip())


def mask_column(kind: str, column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The mask of every value, made once per distinct value; null stays null."""
    return distinct_map(column, lambda value: mask(kind, value), pa.string())


def _keep(text: str, first: int, last: int) -> str:
    """The first and last positions, stars between; all stars when that would show more than half."""
    if len(text) <= first + last:
        return "*" * len(text)
    return text[:first] + "*" * (len(text) - first - last) + text[len(text) - last :]


def _phone(value: str) -> str:
    number, _, _ = value.partition(";")
    digits = _NOT_DIGIT.sub("", number)
    if not number.startswith("+"):
        return _landline(digits) if digits.startswith("0") else _keep(digits, 3, 4)
    if digits.startswith("86"):
        national = digits[2:]
        return _keep(national, 3, 4) if re.match(r"1[3-9*]", national) else _landline("0" + national)
    code = re.match(r"1|44|\d\d", digits)
    return f"+{code[0]}" + _keep(digits[code.end() :], 0, 4) if code else COVER


def _landline(digits: str) -> str:
    """The area code is no secret of the person: it stays, with the last four."""
    area = 3 if re.match(r"0(?:10|2)", digits) else 4
    return _keep(digits, area, 4)


def _id_number(value: str) -> str:
    return _keep(value, 3, 2)


def _card(value: str) -> str:
    return _keep(_NOT_DIGIT.sub("", value), 0, 4)


def _name(value: str) -> str:
    return _han_name(value) if _HAN.search(value) else _latin_name(value)


def _han_name(value: str) -> str:
    title = next((t for t in TITLES if value.endswith(t) and len(value) > len(t)), "")
    bare = value.removesuffix(title)
    shown = 2 if bare[:2] in COMPOUND_SURNAMES and len(bare) > 2 else 1
    return bare[:shown] + "*" * (len(bare) - shown) + title


def _latin_name(value: str) -> str:
    return " ".join(w if _MASKED_WORD.fullmatch(w) else w[0] + COVER for w in value.split()) or COVER


def _email(value: str) -> str:
    local, at, domain = value.rpartition("@")
    host, dot, suffix = domain.rpartition(".")
    if not (at and local and dot and host):
        return COVER
    return f"{local[0]}{COVER}@{host[0]}{COVER}.{suffix}"


def _address(value: str) -> str:
    """The divisions that it begins with, as written, and nothing below a district."""
    text = divisions.prepare(value)
    return text[: divisions.scan(text).end].strip() + COVER


def _messaging(value: str) -> str:
    return value[0] + COVER + value[-1] if len(value) > 4 else COVER


def _region(value: str) -> str:
    return value


def _cover(_: str) -> str:
    return COVER


MASKS: dict[str, Callable[[str], str]] = {
    #  kind            mask              example
    "phone": _phone,  # +8613800138000 → 138****8000; +861065550100 → 010****0100; +442079460018 → +44******0018
    "id_number": _id_number,  # 110101199003070000 → 110*************00
    "card": _card,  # 6222020000000000000 → ***************0000
    "name": _name,  # 张三丰 → 张**; 欧阳修 → 欧阳*; 王先生 → 王先生; John Smith → J*** S***
    "email": _email,  # test@mail.example → t***@m***.example
    "address": _address,  # 四川省成都市青羊区文汇街3号 → 四川省成都市青羊区***
    "region": _region,  # 成都市 → 成都市: a region is already coarse
    "messaging": _messaging,  # wx_test_01 → w***1
    "plate": lambda value: _keep(value, 2, 1),  # 京A12345 → 京A****5
    "ssn": lambda value: _keep(_NOT_DIGIT.sub("", value), 0, 4),  # 900-00-0001 → *****0001
    "nino": lambda value: _keep(value, 2, 0),  # QQ123456C → QQ*******
    "postcode": lambda value: value.split()[0][:2].rstrip("*") + COVER if value else value,  # SW1A 1AA → SW***
    "text": _cover,  # free text has no mask by type: privacy.text masks it by what it finds
}
