"""United States and United Kingdom, by light rules: postcode, state, number, street, unit.

US: ``province`` is the state (two letters), ``district`` the ZIP of five figures. UK: ``province`` is the postcode area (SW),
``district`` the outward code (SW1A), ``town`` the post town. ``room`` is the apartment, flat or suite. ``division_code`` is that of the
city, where its state or postcode leaves no doubt (``values.places``).
Sources: USPS Publication 28 (suffixes, designators); Royal Mail PAF postcode formats.
"""

from __future__ import annotations

import re
from functools import cache

from values import places
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

_QUARTERS = frozenset(["N", "S", "E", "W", "NE", "NW", "SE", "SW"])
_NO_STREETS = _QUARTERS | frozenset(
    [
        "NORTH",
        "SOUTH",
        "EAST",
        "WEST",
        "NORTHEAST",
        "NORTHWEST",
        "SOUTHEAST",
        "SOUTHWEST",
        "SAINT",
        "MOUNT",
        "MT",
        "FIRST",
        "SECOND",
        "THIRD",
        "FOURTH",
        "FIFTH",
        "1ST",
        "2ND",
        "3RD",
        "4TH",
        "5TH",
    ]
)
# Counties of the postal and ceremonial lists (Royal Mail's alias file; Lieutenancies Act 1997): written, but no post town.
_COUNTIES = """Avon|Bedfordshire|Berkshire|Buckinghamshire|Cambridgeshire|Cheshire|Cleveland|Cornwall|Cumbria|Derbyshire|Devon
|Dorset|County Durham|East Sussex|East Riding of Yorkshire|East Yorkshire|Essex|Gloucestershire|Greater London
|Greater Manchester|Hampshire|Herefordshire|Hertfordshire|Humberside|Isle of Wight|Kent|Lancashire|Leicestershire
|Lincolnshire|Merseyside|Middlesex|Norfolk|North Yorkshire|Northamptonshire|Northumberland|Nottinghamshire|Oxfordshire
|Rutland|Shropshire|Somerset|South Yorkshire|Staffordshire|Suffolk|Surrey|Tyne and Wear|Warwickshire|West Midlands
|West Sussex|West Yorkshire|Wiltshire|Worcestershire|Clwyd|Dyfed|Gwent|Gwynedd|Mid Glamorgan|Powys|South Glamorgan
|West Glamorgan|Aberdeenshire|Angus|Argyll|Ayrshire|Banffshire|Berwickshire|Caithness|Clackmannanshire|Dumfriesshire
|Dunbartonshire|East Lothian|Fife|Inverness-shire|Kincardineshire|Kirkcudbrightshire|Lanarkshire|Midlothian|Moray
|Nairnshire|Peeblesshire|Perthshire|Renfrewshire|Ross-shire|Roxburghshire|Selkirkshire|Stirlingshire|Sutherland
|West Lothian|Wigtownshire|County Antrim|County Armagh|County Down|County Fermanagh|County Londonderry|County Tyrone"""

_ZIP = re.compile(r"[\s,]*\b(\d{5})(?:-\d{4})?\s*$")
_UK_POSTCODE = re.compile(r"\b(GIR|[A-Z]{1,2}\d[A-Z\d]?)\s*(0AA|\d[ABD-HJLNP-UW-Z]{2})\b", re.IGNORECASE)
_COUNTRY = re.compile(
    r"[\s,]+(?:USA|U\.S\.A\.|US|United States(?: of America)?|UK|U\.K\.|United Kingdom|Great Britain|England|Scotland|Wales)\.?\s*$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"(?:\b(?:apt|apartment|unit|suite|ste|flat|room|rm|lot|trlr|spc)\b\.?\s*#?\s*|#\s*)([A-Z]?-?\d+[A-Z]?|[A-Z])\b",
    re.IGNORECASE,
)
_ORDINALS = ("ground", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_FLOOR = re.compile(
    rf"\b(?:(?P<figure>\d{{1,2}})(?:st|nd|rd|th)?|(?P<word>{'|'.join(_ORDINALS)}))\s+(?:floor|fl)\b|\b(?:floor|fl)\.?\s+(?P<behind>\d{{1,2}})\b",
    re.IGNORECASE,
)
_BUILDING = re.compile(r"\b(?:building|bldg|block|blk|tower)\.?\s+(\d{1,4}[A-Z]?|[A-Z])\b", re.IGNORECASE)
_TENEMENT = re.compile(r"^\s*(\d{1,2}/\d{1,2})\s*,\s*(?=\d)")  # Scottish: 2/1, the first door on the second floor
_ENDS_AS_GB = re.compile(r"(?<!\w)[A-Za-z]{1,2}\d[A-Za-z\d]?\s*\d[ABD-HJLNP-UW-Zabd-hjlnp-uw-z]{2}\s*$")
_STATE = "|".join(part for line in _STATES.replace("\n", "").split("|") for part in line.split(" ", 1))
_ENDS_AS_US = re.compile(rf"[\s,](?:{_STATE})\.?[\s,]+\d{{5}}(?:-\d{{4}})?$|,\s*(?:{_STATE})$", re.IGNORECASE)
_NUMBER_ROAD = re.compile(r"^(\d+[A-Z]?(?:[-/]\d+)?)\s+(.+)$", re.IGNORECASE)


def parse_us(text: str) -> Address:
    """123 N Main St Apt 4B, Springfield, IL 62704-1234."""
    body = _COUNTRY.sub("", " ".join(text.split()))
    zip_code = _ZIP.search(body)
    body = body[: zip_code.start()] if zip_code else body
    body, state = _state(body)
    body, inside = _without_unit(body)
    parts = _city_apart(_split(body))
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
        **inside,
        pickup=_is_box(text),
        division_code=_city_code(city, state or district, "US"),
        postcode=district,
    )


def parse_gb(text: str) -> Address:
    """Flat 2, 10 High Street, Camden, London NW1 7JR."""
    body = _COUNTRY.sub("", " ".join(text.split()))
    code = _UK_POSTCODE.search(body)
    postcode = f"{code[1]} {code[2]}".upper() if code else None
    body = body[: code.start()] + body[code.end() :] if code else body
    body, inside = _without_unit(body)
    parts = _city_apart([p for p in _split(body) if p.casefold() not in _counties()])
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
        **inside,
        pickup=_is_box(text),
        division_code=_city_code(town, postcode, "GB"),
        postcode=postcode,
    )


def _city_code(city: str | None, beside: str | None, country: str) -> str | None:
    found = places.resolve(f"{city} {beside or ''}", home=country) if city else None
    return found.code if found and found.code.startswith(country) else None


def country_of(text: str) -> str | None:
    """US or GB, where a text in Latin letters ends as addresses there do: with a state, and a ZIP, or with a postcode."""
    body = _COUNTRY.sub("", text.strip())
    if _ENDS_AS_GB.search(body):
        return "GB"
    return "US" if _ENDS_AS_US.search(body) else None


@cache
def _table(text: str) -> dict[str, str]:
    return dict(line.strip().split(" ", 1) for line in text.replace("\n", "").split("|"))


@cache
def _counties() -> frozenset[str]:
    return frozenset(c.casefold() for c in _COUNTIES.replace("\n", "").split("|"))


def _state(body: str) -> tuple[str, str | None]:
    """(what stands before the state, its two letters)."""
    for short, name in _table(_STATES).items():
        found = re.search(rf"[\s,]+(?:{short}|{name})\.?[\s,]*$", body, re.IGNORECASE)
        if found:
            return body[: found.start()], short
    return body, None


def _without_unit(body: str) -> tuple[str, dict[str, str | None]]:
    """(what is left, building, floor and room)."""
    found = {p: pattern.search(body) for p, pattern in (("room", _UNIT), ("floor", _FLOOR), ("building", _BUILDING))}
    found["room"] = found["room"] or _TENEMENT.search(body)
    spans = sorted((m.span() for m in found.values() if m), reverse=True)
    for start, end in spans:
        body = body[:start] + body[end:]
    inside = {p: m[1].upper() if m and p != "floor" else None for p, m in found.items()}
    return body, inside | {"floor": _floor(found["floor"])}


def _floor(found: re.Match[str] | None) -> str | None:
    if not found:
        return None
    word = found["word"]
    return str(_ORDINALS.index(word.casefold())) if word else found["figure"] or found["behind"]


def _is_box(text: str) -> bool:
    return re.search(r"\bP\.?\s?O\.?\s?Box\b", text, re.IGNORECASE) is not None


def _split(body: str) -> list[str]:
    return [part for p in body.split(",") if (part := p.strip(" .;"))]


def _street(parts: list[str]) -> tuple[str | None, str | None, str | None]:
    """(number, road in its key form, the name of a house that stands before them)."""
    for at, part in enumerate(parts):
        if found := _NUMBER_ROAD.match(part):
            return found[1].upper(), _road_key(found[2]), parts[at - 1] if at else None
    named = next((at for at, part in enumerate(parts) if at and _ends_as_street(part)), 0)  # a house with a name only
    return None, _road_key(parts[named]) if len(parts) > 1 else None, parts[named - 1] if named else None


def _city_apart(parts: list[str]) -> list[str]:
    """221 Elm St Springfield: a city written on without a comma begins behind the word for the street."""
    if len(parts) != 1 or not (found := _NUMBER_ROAD.match(parts[0])):
        return parts
    words = found[2].split()
    ends = [n for n, word in enumerate(words) if n and _is_street_word(word)]
    if not ends or ends[0] == len(words) - 1:
        return parts
    end = ends[0] + 1
    while end < len(words) - 1 and words[end].upper().strip(".") in _QUARTERS:
        end += 1
    return [f"{found[1]} {' '.join(words[:end])}", " ".join(words[end:])]


def _is_street_word(word: str) -> bool:
    plain = word.upper().strip(".")
    words = _table(_STREET_WORDS)
    return (plain in words or plain in words.values()) and plain not in _NO_STREETS


def _ends_as_street(part: str) -> bool:
    return " " in part and _is_street_word(part.rsplit(maxsplit=1)[-1])


def _road_key(road: str) -> str:
    words = re.sub(r"[^\w\s]", "", road).upper().split()
    return " ".join(_table(_STREET_WORDS).get(word, word) for word in words)
