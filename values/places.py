"""Regions of the United States and the United Kingdom: what a place's name means, and the codes that stand for it.

A code is ``US-TX`` (state), ``GB-ENG`` (nation), ``GB-WYK`` (county or council area), ``US-TX-4671654`` (city, by its GeoNames id).
The province of the United Kingdom is the county: ``GB-ENG`` is above it and none. Places within London, New York and Washington are
districts.

A name that several places share is settled by what stands with it (state, county, council, postcode), then by the country the lender
is in, then by size: the largest is meant where it is at least three times as large as the next (Portland, Oregon). Else the name
says nothing (Springfield): ``candidates`` has them all. A small place whose namesake in another country is a hundred times as large
(Toronto, Ohio) is meant only where its state or county is told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from values.divisions import Division
from values.places_table import COUNTRIES, Place, fold, state_of_zip, table

CODE = re.compile(r"(?:US|GB)-[A-Z]{2,3}(?:-\d+)?")
# Where card rows say "city" of a shop that has none: its web address or its telephone. RE2 syntax, for columns.
NO_PLACE = r"(?i)\.(?:com|net|org|io|co|uk)\b|\bwww\b|https?:|^\W*(?:internet|online|web)\W*$|^[\d\s()+.\-]{7,}$"
_PARTED_CODE = re.compile(r"\s*(US|GB|UK)[-_/ ]([A-Z]{2,3})(?:[-_/ ](\d+))?\s*", re.IGNORECASE)
_ZIP = re.compile(r"\b(\d{3})\d{2}(?:\s?-\s?\d{4})?\s*$")
_POSTCODE = re.compile(r"\b([A-Za-z]{1,2})\d[A-Za-z\d]?(?:\s*\d[A-Za-z]{2})?\s*$")
_DOMINATES = 3
_NEAR_KM = 80  # no postcode area reaches further from its post town
_CUT_OFF = 13  # characters that card schemes give a merchant's city (ISO 8583, field 43)
_LONGEST_QUARTER = 3  # words of a part of a city that the table does not know (Headingley, Leeds)
_LARGE = 500_000
_KNOWN = 100_000
# New York is the city to nearly everybody; the state is called so too.
_EVERYDAY_CITY = frozenset({"new york"})


@dataclass(frozen=True, slots=True)
class _Reading:
    """A name, and the codes that what stands beside it allows: one group a word, of which one must hold the place."""

    name: str
    within: tuple[frozenset[str], ...] = ()
    area: str = ""


@dataclass(slots=True)
class _Beside:
    """What was read beside a name."""

    within: list[frozenset[str]] = field(default_factory=list)
    area: str = ""


def resolve(text: str, *, home: str | None = None) -> Division | None:
    """The place that a text names (Austin, TX; LEEDS; US-TX; West Yorkshire), or None: unknown, ambiguous, or more text than that.

    ``home``: US or GB, where nothing else is said.
    """
    found = candidates(text, home=home)
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=65536)
def candidates(text: str, *, home: str | None = None) -> tuple[Division, ...]:
    """All places that the text can name, the largest first; one where there is no doubt."""
    if code := _as_code(text):
        return (code,)
    for reading in _readings(text):
        found = [p for p in table().names[reading.name] if _fits(p, reading)]
        if found:
            return tuple(_division(p) for p in _settle(found, reading, home))
    quarter, comma, rest = text.partition(",")
    is_quarter = comma and len(quarter.split()) <= _LONGEST_QUARTER and not any(c.isdigit() for c in quarter)
    return candidates(rest, home=home) if is_quarter else ()


def division(code: str) -> Division | None:
    """The division of a code; None where there is none."""
    place = _place(code)
    return _division(place) if place else None


def name_of(code: str) -> str | None:
    """Its name (Austin, West Yorkshire): places have the names of their own language, whatever the reader's."""
    place = _place(code)
    return place.name if place else None


def city_of(code: str) -> str | None:
    """Code of its city; None for what is larger than one."""
    place = _place(code)
    if place is None or place.level not in ("city", "district"):
        return None
    return place.parent if place.level == "district" else place.code


def province_of(code: str) -> str | None:
    """Code of its state, or county; None for a nation."""
    place = _place(code)
    return (place.province or None) if place else None


def parent(code: str) -> str | None:
    """Code of the division above."""
    place = _place(code)
    return (place.parent or None) if place else None


def full_name(code: str) -> str | None:
    """Brooklyn, New York City, New York; Leeds, West Yorkshire; no name twice."""
    found = division(code)
    if found is None:
        return None
    names = [found.district, found.city, found.province] if found.province else [name_of(code)]
    return ", ".join(dict.fromkeys(n for n in names if n))


def is_within(code: str, upper: str) -> bool:
    """Does a division lie in that one (its province, its nation, its country), or is it that one?"""
    place = _place(code)
    return place is not None and upper in _holders(place)


def named(folded: str) -> tuple[Place, ...]:
    """All places of a folded name (``values.places_table.fold``), nations, states and counties among them."""
    return table().names.get(folded, ())


def stands_beside(folded: str, beside: str) -> bool:
    """Is there a place of the first name that the second says where it lies (austin, tx)?"""
    groups = _read_beside(beside.split())
    return bool(groups) and any(all(_lies_in(p, group) for group in groups or ()) for p in named(folded))


# --- codes ------------------------------------------------------------------------------------------------------------
def _place(code: str) -> Place | None:
    known = table()
    return known.places.get(known.aliases.get(code, code))


def _as_code(text: str) -> Division | None:
    found = _PARTED_CODE.fullmatch(text)
    if found is None:
        return None
    country = found[1].upper().replace("UK", "GB")
    return division("-".join(filter(None, (country, found[2].upper(), found[3]))))


@lru_cache(maxsize=16384)
def _division(place: Place) -> Division:
    places = table().places
    province = places[place.province].name if place.province else ""
    city = places[place.parent].name if place.level == "district" else place.name if place.level == "city" else None
    return Division(place.code, place.level, province, city, place.name if place.level == "district" else None)


def _holders(place: Place) -> frozenset[str]:
    """Codes of everything it lies in, itself included."""
    return _holders_of(place.code)


@lru_cache(maxsize=32768)
def _holders_of(code: str) -> frozenset[str]:
    found = {code, code[:2]}
    place = _place(code)
    while place:
        found |= {place.code, place.province} - {""}
        place = _place(place.parent) if place.parent else _place(_nation(place))
    return frozenset(found)


def _nation(place: Place) -> str:
    return "" if place.level in ("nation", "province") else place.province


# --- reading ------------------------------------------------------------------------------------------------------------
def _readings(text: str) -> Iterator[_Reading]:
    """Every way to divide the text into a name and what stands beside it: the longest name first, then what stands before it."""
    text, beside = _without_postcode(text)
    words = fold(text).split()
    if not words or len(words) > 12:
        return
    for end in range(len(words), 0, -1):
        yield from _reading(words[:end], words[end:], beside)
    for start in range(1, len(words)):
        yield from _reading(words[start:], words[:start], beside)
    if len(text.strip()) == _CUT_OFF and not beside.within:
        cut = table().beginning(fold(text))
        if len(cut) == 1:
            yield _Reading(cut[0])


def _reading(name: Sequence[str], rest: Sequence[str], beside: _Beside) -> Iterator[_Reading]:
    written = " ".join(name)
    if written in table().names:
        within = _read_beside(rest)
        if within is not None:
            yield _Reading(written, (*within, *beside.within), beside.area)
    if name[0] == "city" and name[1:2] == ["of"] and len(name) > 2:
        yield from _reading(name[2:], rest, beside)


def _without_postcode(text: str) -> tuple[str, _Beside]:
    beside = _Beside()
    if (found := _ZIP.search(text)) and (state := state_of_zip(found[1])):
        beside.within.append(frozenset({f"US-{state}"}))
        return text[: found.start()], beside
    if (found := _POSTCODE.search(text)) and found.start() and found[1].upper() in table().areas:
        beside.area = found[1].upper()
        beside.within.append(frozenset({"GB"}))
        return text[: found.start()], beside
    return text, beside


def _read_beside(words: Sequence[str]) -> tuple[frozenset[str], ...] | None:
    """The groups that these words are, the longest first; None where one of them is nothing that stands beside a place."""
    known = table()
    at, groups = 0, []
    while at < len(words):
        for end in range(min(len(words), at + 6), at, -1):
            written = " ".join(words[at:end])
            group = known.beside.get(written, frozenset()) | known.counties.get(written, frozenset()) | _towns(written)
            if group:
                groups.append(group)
                at = end
                break
        else:
            return None
    return tuple(groups)


def _towns(written: str) -> frozenset[str]:
    """Camden, London: the city of which a district is told."""
    return frozenset(p.code for p in table().names.get(written, ()) if p.level == "city" and p.population >= _LARGE)


def _fits(place: Place, reading: _Reading) -> bool:
    if not all(_lies_in(place, group) for group in reading.within):
        return False
    return not reading.area or _kilometres(place, table().areas[reading.area]) <= _NEAR_KM


def _lies_in(place: Place, group: frozenset[str]) -> bool:
    """A city in what is told, or a state that holds it (Cook County, Illinois)."""
    if not group.isdisjoint(_holders(place)):
        return True
    return place.level == "province" and any(code.startswith(place.code) for code in group)


def _kilometres(a: Place, b: Place) -> float:
    if a.level in ("province", "nation"):
        return 0.0
    north = (a.latitude - b.latitude) * 111.2
    east = (a.longitude - b.longitude) * 111.2 * math.cos(math.radians(a.latitude))
    return math.hypot(north, east)


def _settle(found: Sequence[Place], reading: _Reading, home: str | None) -> tuple[Place, ...]:
    """One place where one is plainly meant, none where it is far more likely one abroad, else all."""
    if not reading.within:
        found = _at_home(found, home)
        if _is_rather_abroad(found, reading.name):
            return ()
    ordered = sorted(_inner(found, reading), key=_size, reverse=True)
    if reading.area:
        town = table().areas[reading.area]
        ordered = [p for p in ordered if _kilometres(p, town) <= _NEAR_KM / 2] or ordered
    if len(ordered) < 2 or _size(ordered[0]) >= _DOMINATES * _size(ordered[1]):
        return tuple(ordered[:1])
    return tuple(ordered)


def _at_home(found: Sequence[Place], home: str | None) -> Sequence[Place]:
    """Those of the lender's own country; of another only what everybody knows: a village it does not list is not one abroad."""
    if home not in COUNTRIES:
        return found
    own = [p for p in found if p.country == home or p.level == "nation"]
    return own or [p for p in found if _size(p) >= _KNOWN]


def _is_rather_abroad(found: Sequence[Place], name: str) -> bool:
    exact = [p for p in found if fold(p.name) == name]
    return bool(exact) and max(exact, key=_size).is_abroad


def _size(place: Place) -> float:
    """Inhabitants; what is larger than a city outweighs all but the largest."""
    return _LARGE * _DOMINATES if place.level in ("province", "nation") else max(place.population, 1)


def _inner(found: Iterable[Place], reading: _Reading) -> list[Place]:
    """A county and the town in it that bear one name (Bristol): the town. New York: the city, not the state."""
    found = list(found)
    if reading.name in _EVERYDAY_CITY or any(p.country == "GB" for p in found):
        inner = [p for p in found if p.level == "city"]
        return [p for p in found if p.level in ("city", "district") or not any(p.code in _holders(i) for i in inner)]
    return found
