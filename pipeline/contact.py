"""A contact as people see it: whole when revealed, masked otherwise; and what makes two of them the same."""

from __future__ import annotations

import privacy.masking
import values.address
import values.regions
from core.kinds import ContactKind

_HOME_PREFIX = "+86"


def identity(kind: str, value: str) -> str:
    """Two spellings of one address are one contact."""
    if kind != ContactKind.ADDRESS:
        return value
    return values.address.canonical(values.address.parse(value)) or value


def shown(kind: str, value: str) -> str:
    """As a person writes it: a Chinese number in national form, a region by its full name, an address as its source has it."""
    if kind == ContactKind.PHONE:
        return value.removeprefix(_HOME_PREFIX)
    if kind == ContactKind.REGION:
        return region_name(value)
    return value


def masked(kind: str, value: str) -> str:
    """By declared type. An address is written in standard form first, so that its district shows however it was spelt."""
    if kind == ContactKind.REGION:
        return region_name(value)
    if kind == ContactKind.ADDRESS and (town := _western_town(value)):
        return f"{town} {privacy.masking.COVER}"
    return privacy.masking.mask(kind, _standard(value) if kind == ContactKind.ADDRESS else shown(kind, value))


def region_name(code: str) -> str:
    """浙江省宁波市 for 330200, Leeds, West Yorkshire for GB-WYK-2644688: in the language of the place; the text itself where it is no code."""
    return (values.regions.full_name(code) if values.regions.is_code(code) else None) or code


def _western_town(text: str) -> str | None:
    """What an American or British address shows: its town and county or state, no street and no postcode."""
    code = values.address.parse(text).division_code
    return values.regions.full_name(code) if code and not code[0].isdigit() else None


def _standard(text: str) -> str:
    parsed = values.address.parse(text)
    head = _joined(parsed.province, parsed.city, parsed.district)
    return f"{head}{parsed.road or ''}{parsed.number or ''}" if head else text


def _joined(*names: str | None) -> str:
    """Names from the largest down; a municipality is not said twice."""
    distinct: list[str] = []
    for name in names:
        if name and name not in distinct:
            distinct.append(name)
    return "".join(distinct)
