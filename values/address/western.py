"""United States and United Kingdom, by light rules: postcode, state, number, street, unit.

US: ``province`` is the state (two letters), ``district`` the ZIP of five figures. UK: ``province`` is the postcode area (SW),
``district`` the outward code (SW1A), ``town`` the post town. ``room`` is the apartment, flat or suite.
Sources: USPS Publication 28 (suffixes, designators); Royal Mail PAF postcode formats.
"""

from __future__ import annotations

import re
from functools import cache

from values.address.address import Address

_STATES = """AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|DC District of Columbia
|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland
|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey
|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island
|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin
|WY Wyoming|PR Puerto Rico"""

# What is written → the one form that keys use.
_STREET_WORDS = """STREET ST|AVENUE AVE|AV AVE|BOULEVARD BLVD|DRIVE DR|ROAD RD|LANE LN|COURT CT|PLACE PL|SQUARE SQ|TERRACE TER|TERR TER
|PARKWAY PKWY|HIGHWAY HWY|CIRCLE CIR|TRAIL TRL|WAY WAY|CLOSE CL|CRESCENT CRES|GARDENS GDNS|GROVE GR|NORTH N|SOUTH S|EAST E|WEST W
|NORTHEAST NE|NORTHWEST NW|SOUTHEAST SE|SOUTHWEST SW|SAINT ST|MOUNT MT|FIRST 1ST|SECOND 2ND|THIRD 3RD|FOURTH 4TH|FIFTH 5TH"""

_ZIP = re.compile(r"[\s,]*\b(\d{5})(?:-\d{4})?\s*$")
_UK_POSTCODE = re.compile(r"\b(GIR|[A-Z]{1,2}\d[A-Z\d]?)\s*(0AA|\d[ABD-HJLNP-UW-Z]{2})\b", re.IGNORECASE)
_COUNTRY = re.compile(
    r"[\s,]+(?:USA|U\.S\.A\.|US|United States(?: of America)?|UK|U\.K\.|United Kingdom|Great Britain|England|Scotland|Wales)\.?\s*$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"(?:\b(?:apt|apartment|unit|suite|ste|flat|room|rm)\b\.?\s*#?\s*|#\s*)([A-Z]?-?\d+[A-Z]?|[A-Z])\b", re.IGNORECASE
)
_FLOOR = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?\s+(?:floor|fl)\b|\b(?:floor|fl)\.?\s+(\d{1,2})\b", re.IGNORECASE)
_NUMBER_ROAD = re.compile(r"^(\d+[A-Z]?(?:[-/]\d+)?)\s+(.+)$", re.IGNORECASE)


def parse_us(text: str) -> Address:
    """123 N Main St Apt 4B, Springfield, IL 62704-1234."""
    body = _COUNTRY.sub("", " ".join(text.split()))
    zip_code = _ZIP.search(body)
    body = body[: zip_code.start()] if zip_code else body
    body, state = _state(body)
    body, room, floor = _without_unit(body)
    parts = _split(body)
    number, road, poi = _street(parts)
    used = {number, road, poi}
    city = parts[-1].title() if len(parts) > 1 and parts[-1] not in used else None
    district = zip_code[1] if zip_code else None
    return Address(
        province=state,
        city=city,
        district=district,
        road=road,
        number=number,
        poi=poi,
        floor=floor,
        room=room,
        pickup=_is_box(text),
        postcode=district,
    )


def parse_gb(text: str) -> Address:
    """Flat 2, 10 High Street, Camden, London NW1 7JR."""
    body = _COUNTRY.sub("", " ".join(text.split()))
    code = _UK_POSTCODE.search(body)
    postcode = f"{code[1]} {code[2]}".upper() if code else None
    body = body[: code.start()] + body[code.end() :] if code else body
    body, room, floor = _without_unit(body)
    parts = _split(body)
    number, road, poi = _street(parts)
    outward = code[1].upper() if code else None
    area = re.match(r"[A-Z]+", outward) if outward else None
    town = parts[-1].title() if len(parts) > 1 else None
    return Address(
        province=area[0] if area else None,
        district=outward,
        town=town,
        road=road,
        number=number,
        poi=poi,
        floor=floor,
        room=room,
        pickup=_is_box(text),
        postcode=postcode,
    )


@cache
def _table(text: str) -> dict[str, str]:
    return dict(line.strip().split(" ", 1) for line in text.replace("\n", "").split("|"))


def _state(body: str) -> tuple[str, str | None]:
    """(what stands before the state, its two letters)."""
    for short, name in _table(_STATES).items():
        found = re.search(rf"[\s,]+(?:{short}|{name})\.?[\s,]*$", body, re.IGNORECASE)
        if found:
            return body[: found.start()], short
    return body, None


def _without_unit(body: str) -> tuple[str, str | None, str | None]:
    unit, floor = _UNIT.search(body), _FLOOR.search(body)
    body = _FLOOR.sub("", _UNIT.sub("", body, count=1), count=1)
    return body, unit[1].upper() if unit else None, (floor[1] or floor[2]) if floor else None


def _is_box(text: str) -> bool:
    return re.search(r"\bP\.?\s?O\.?\s?Box\b", text, re.IGNORECASE) is not None


def _split(body: str) -> list[str]:
    return [part for p in body.split(",") if (part := p.strip(" .;"))]


def _street(parts: list[str]) -> tuple[str | None, str | None, str | None]:
    """(number, road in its key form, the name of a house that stands before them)."""
    for at, part in enumerate(parts):
        if found := _NUMBER_ROAD.match(part):
            return found[1].upper(), _road_key(found[2]), parts[at - 1] if at else None
    return None, _road_key(parts[0]) if len(parts) > 1 else None, None


def _road_key(road: str) -> str:
    words = re.sub(r"[^\w\s]", "", road).upper().split()
    return " ".join(_table(_STREET_WORDS).get(word, word) for word in words)
