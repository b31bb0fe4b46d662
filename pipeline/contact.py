"""A contact as people see it: whole when revealed, masked otherwise; and what makes two of them the same."""

from __future__ import annotations

import privacy.masking
import values.address
import values.divisions
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
    return privacy.masking.mask(kind, _standard(value) if kind == ContactKind.ADDRESS else shown(kind, value))


def region_name(code: str) -> str:
    """浙江省宁波市 for 330200; the text itself where it is no code (outside China)."""
    division = values.divisions.resolve(code) if code.isdigit() else None
    if division is None:
        return values.divisions.name_of(code) or code
    return _joined(division.province, division.city, division.district)


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
