"""Places of the United States and the United Kingdom: the table, the names that lead into it, and what may stand beside a name."""

from __future__ import annotations

import gzip
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent / "data"
COUNTRIES = ("US", "GB")
# What is written in full and short alike; one form leads into the table.
_ONE_FORM = {"saint": "st", "mount": "mt", "fort": "ft", "sainte": "ste", "and": "&", "township": "twp"}
_COUNTRY_WORDS = {
    "US": "us usa america|united states|united states of america|u s|u s a",
    "GB": "gb uk gbr|united kingdom|great britain|britain|u k",
}
# Counties that are no divisions of the table, by what they lie in: of Wales before 1996, of Scotland before 1975, of Northern Ireland,
# and of England before 1996. They still stand in addresses.
_OLD_COUNTIES = {
    "GB-WLS": "Clwyd|Dyfed|Gwent|Mid Glamorgan|South Glamorgan|West Glamorgan|Glamorgan",
    "GB-SCT": "Argyll|Ayrshire|Banffshire|Berwickshire|Caithness|Dumfriesshire|Dunbartonshire|Inverness-shire|Kincardineshire"
    "|Kirkcudbrightshire|Lanarkshire|Nairnshire|Peeblesshire|Perthshire|Ross-shire|Roxburghshire|Selkirkshire|Stirlingshire|Sutherland"
    "|Wigtownshire|Strathclyde|Lothian|Tayside|Grampian|Morayshire",
    "GB-NIR": "County Antrim|County Armagh|County Down|County Fermanagh|County Londonderry|County Tyrone|Co Antrim|Co Armagh|Co Down"
    "|Co Fermanagh|Co Londonderry|Co Tyrone|Ulster",
    "GB-ENG": "Avon|Cleveland|Humberside|Middlesex|Yorkshire|Sussex|Huntingdonshire|Westmorland|Cumberland",
}
# First three figures of a ZIP → state (USPS Publication 65, three-digit prefixes).
_ZIP_PREFIXES = """010-027 MA|028-029 RI|030-038 NH|039-049 ME|050-054 VT|055-055 MA|056-059 VT|060-069 CT|070-089 NJ|100-149 NY|150-196 PA|197-199 DE
|200-205 DC|206-219 MD|201-201 VA|220-246 VA|247-268 WV|270-289 NC|290-299 SC|300-319 GA|320-349 FL|350-369 AL|370-385 TN|386-397 MS|398-399 GA
|400-427 KY|430-459 OH|460-479 IN|480-499 MI|500-528 IA|530-549 WI|550-567 MN|570-577 SD|580-588 ND|590-599 MT|600-629 IL|630-658 MO
|660-679 KS|680-693 NE|700-714 LA|716-729 AR|730-749 OK|750-799 TX|800-816 CO|820-831 WY|832-838 ID|840-847 UT|850-865 AZ|870-884 NM
|885-885 TX|889-898 NV|900-961 CA|967-968 HI|970-979 OR|980-994 WA|995-999 AK"""


class Place(NamedTuple):
    """A nation, province (state, county, council area), city or district. ``parent``: code of what holds it, "" for none.

    ``latitude``, ``longitude`` in degrees and ``population`` are of cities and districts. ``is_word``: the name is an English word
    too; ``is_abroad``: another country has a city of that name that is far larger.
    """

    code: str
    level: str
    name: str
    parent: str
    county: str
    latitude: float
    longitude: float
    population: int
    is_word: bool
    is_abroad: bool

    @property
    def country(self) -> str:
        return self.code[:2]

    @property
    def province(self) -> str:
        """Code of the province, "" for a nation."""
        return "" if self.level == "nation" else "-".join(self.code.split("-")[:2])


@dataclass(frozen=True, slots=True)
class Table:
    """``places`` by code, ``aliases``: codes of ISO 3166-2 that stand for one of them, ``names``: folded → the places so called.

    ``beside``: folded words that may stand beside a name → codes that the place must lie in; ``counties``: folded → places in it.
    ``areas``: postcode area → the place its post town is. ``sorted_names``: for names that were cut off.
    """

    places: Mapping[str, Place]
    aliases: Mapping[str, str]
    names: Mapping[str, tuple[Place, ...]]
    beside: Mapping[str, frozenset[str]]
    counties: Mapping[str, frozenset[str]]
    areas: Mapping[str, Place]
    sorted_names: tuple[str, ...]

    def beginning(self, start: str) -> list[str]:
        """The names that begin so."""
        at = bisect_left(self.sorted_names, start)
        found = []
        while at < len(self.sorted_names) and self.sorted_names[at].startswith(start):
            found.append(self.sorted_names[at])
            at += 1
        return found


def fold(text: str) -> str:
    """Lower case without accents and marks, words that are written in two ways in one."""
    plain = text if text.isascii() else unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9&]+", " ", re.sub(r"['.]", "", plain.lower())).split()
    return " ".join(_ONE_FORM.get(word, word) for word in words)


@cache
def table() -> Table:
    """The table, read once: some 22,000 places."""
    places: dict[str, Place] = {}
    aliases: dict[str, str] = {}
    names: dict[str, list[Place]] = defaultdict(list)
    provinces: dict[str, set[str]] = defaultdict(set)
    counties: dict[str, set[str]] = defaultdict(set)
    towns: dict[str, str] = {}
    for row in _rows():
        code, level, name, parent, county, *_, also = row
        if level == "alias":
            aliases[code] = parent
        elif level == "area":
            towns[code] = parent
        else:
            place = places[code] = _place(row)
            for form in {fold(n) for n in (name, *also.split(";"), *_as_state(place)) if n}:
                names[form].append(place)
                if level in ("province", "nation"):
                    provinces[form].add(code)
            for written in _written(county, place.country):
                counties[written].add(code)
    return Table(
        places,
        aliases,
        {name: tuple(found) for name, found in names.items()},
        {k: frozenset(v) for k, v in (provinces | _others()).items()},
        {k: frozenset(v) for k, v in counties.items()},
        {area: places[town] for area, town in towns.items()},
        tuple(sorted(names)),
    )


def _rows() -> Iterable[list[str]]:
    text = gzip.decompress((DATA / "places.tsv.gz").read_bytes()).decode("utf-8")
    return (line.split("\t") for line in text.splitlines()[1:])


def _place(row: list[str]) -> Place:
    code, level, name, parent, county, latitude, longitude, population, is_word, is_abroad, _ = row
    return Place(
        code, level, name, parent, county, float(latitude or 0), float(longitude or 0), int(population or 0), is_word == "1", is_abroad == "1"
    )  # fmt: skip


def _as_state(place: Place) -> tuple[str, ...]:
    is_state = place.level == "province" and place.country == "US"
    return (f"{place.name} state", f"state of {place.name}") if is_state else ()


@cache
def _written(county: str, country: str) -> set[str]:
    """Travis County; Leeds."""
    if not county:
        return set()
    return {fold(county)} if country == "GB" else {fold(f"{county} county"), fold(f"{county} co")}


def _others() -> dict[str, set[str]]:
    """Words for a country, counties of old."""
    found: dict[str, set[str]] = {}
    for country, words in _COUNTRY_WORDS.items():
        short, *long = words.split("|")
        found |= {fold(word): {country} for word in (*short.split(), *long)}
    for nation, counties in _OLD_COUNTIES.items():
        found |= {fold(county): {nation} for county in counties.split("|")}
    return found


@cache
def state_of_zip(prefix: str) -> str | None:
    """Two letters of the state that a ZIP's first three figures are of; None where they are of none, or of the forces."""
    found = None
    for entry in _ZIP_PREFIXES.replace("\n", "").split("|"):
        span, _, state = entry.partition(" ")
        first, _, last = span.partition("-")
        if first <= prefix <= last:
            found = state
    return found
