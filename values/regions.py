"""Regions of every country the product knows: codes of six digits for China, ``US-TX-4671654`` and ``GB-WYK`` for the others.

What differs between countries is which table answers: ``values.divisions`` (China) or ``values.places``.
"""

from __future__ import annotations

import pyarrow as pa

from core.errors import BadInput
from core.reasons import Reason
from values import columns, divisions, places
from values.divisions import Division

COUNTRIES = ("CN", "US", "GB")


def is_code(text: str) -> bool:
    """Has it the form of a code (of any table, known or not)?"""
    return (len(text) == 6 and text.isdigit()) or places.CODE.fullmatch(text) is not None


def resolve(text: str, country: str = "CN") -> Division | None:
    """The division that a name or a code means to a lender of this country; None where it means none, or several.

    China's names are looked for in China only. In the others a name is of the lender's country first.
    """
    if places.CODE.fullmatch(code := text.strip()):
        return places.division(code)
    if country == "CN":
        return divisions.resolve(text)
    return places.resolve(text, home=country)


def resolve_parts(province: str, city: str, district: str, country: str = "CN") -> Division | None:
    """The division of names, or codes, told apart; any may be empty."""
    if country == "CN":
        joined = province + city + district
        return resolve(joined) if joined else None
    named = [part for part in (district, city, province) if part]
    if code := next((part for part in named if is_code(part)), None):
        return resolve(code, country)
    return resolve(", ".join(named), country) if named else None


def normalise(column: pa.Array | pa.ChunkedArray, country: str = "CN") -> columns.Normalised:
    """Free text of regions → codes; kinds are levels; NOT_A_REGION where it names none, or several."""

    def code_and_level(text: str) -> tuple[str, str]:
        found = resolve(text, country)
        if found is None:
            raise BadInput("region", Reason.NOT_A_REGION)
        return found.code, found.level

    return columns.normalise(column, code_and_level)


def division(code: str) -> Division | None:
    """The division of a code; None where there is none."""
    return divisions.division(code) if _is_chinese(code) else places.division(code)


def city_of(code: str) -> str | None:
    """Code of its city; None for a province."""
    return divisions.city_of(code) if _is_chinese(code) else places.city_of(code)


def province_of(code: str) -> str | None:
    """Code of its province: for the United States the state, for the United Kingdom the county or council area."""
    return divisions.province_of(code) if _is_chinese(code) else places.province_of(code)


def is_nation(code: str) -> bool:
    """Is it larger than a province (England)? China has no such divisions."""
    found = division(code)
    return found is not None and found.level == "nation"


def is_within(code: str, upper: str) -> bool:
    """Does a city or province lie in that province or nation, or is it that one?"""
    if _is_chinese(code):
        return upper in (code, divisions.city_of(code), divisions.province_of(code))
    return places.is_within(code, upper)


def full_name(code: str) -> str | None:
    """From the largest down in Chinese (浙江省宁波市), from the smallest up in English (Leeds, West Yorkshire); None for no code."""
    if not _is_chinese(code):
        return places.full_name(code)
    found = divisions.division(code)
    if found is None:
        return divisions.name_of(code)
    return "".join(dict.fromkeys(n for n in (found.province, found.city, found.district) if n))


def _is_chinese(code: str) -> bool:
    return code[:1].isdigit()
