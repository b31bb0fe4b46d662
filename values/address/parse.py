"""Free text → Address: divisions by the table, the rest by a grammar that reads from left to right."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from values import columns, divisions
from values.address.address import Address
from values.address.aside import put_aside
from values.address.inside import Inside, read_inside
from values.address.numerals import HAN, arabic
from values.address.western import country_of, parse_gb, parse_us

_LONGEST = 400  # characters; what comes after is no address
# The addresses of a portfolio of 200,000 debtors and a million signals: linking, ranking and publishing ask for the same ones,
# and each costs as much as all else that is done with it. Some 700 bytes each.
_KEPT = 600_000
_known: dict[str, Address] = {}

_DASHES = re.compile(r"[—–−‐―~_]+")
_BETWEEN_NUMBERS = re.compile(r"(?<=[0-9A-Za-z#])[\s,/、.;|-]+(?=[0-9A-Za-z])")
_SEPARATORS = re.compile(r"[\s,、;|。!?:\"'“”·•*()\[\]{}<>【】《》「」〔〕]+")

_NAME = r"[^\W\d_路街号栋幢]"
_ZONE = re.compile(
    rf"{_NAME}{{0,10}}?(?:高新技术产业开发区|经济技术开发区|高新技术开发区|经济开发区|高新区|经开区|开发区|工业园区|产业园区|科技园区|保税区|示范区|度假区|管理区|新区|林场|农场)"
)
_TOWN = re.compile(
    rf"[^\W\d_号](?:{_NAME}{{0,9}}?|{_NAME}{{0,5}}?[路街])(?:街道(?:办事处|办)?|街办)|[^\W\d_号]{{1,2}}街镇|{_NAME}{{1,10}}?(?:地区办事处|镇(?!路|街|巷|镇)|(?:民族)?乡(?!路|街|村|巷)|苏木)"
)
_GROUP = rf"第?(?:\d+|{HAN}+)(?:村民小组|小组|组|队|社(?!区))"
_VILLAGE = re.compile(
    rf"(?:{_NAME}{{1,8}}?(?:村委会|居委会|行政村|(?<!新)村(?<!{HAN}村)(?!社区|小区|花园|[东西南北中大]{{0,2}}{HAN}?[横纵]?(?:路|街|巷|大街|大道))|{HAN}村(?={_GROUP})|社区|屯(?![A-Za-z路街村])|嘎查)(?:{_NAME}{{1,6}}?(?:自然村|(?<!新)村(?=\d|{HAN}+[组队社]|$)|屯|寨|湾|庄|[营圩坪冲沟坝岭塘坡岗洼垸塆墩边](?=\d|$)|(?<!{HAN})(?<!小)组(?=\d|$)))?)?"
    rf"(?P<group>{_GROUP})?"
)
# The rural names of before 1984, still in use. In a town of its own a 大队 is the police's or the fire brigade's.
_BRIGADE = re.compile(
    rf"(?:(?!交警|刑警|特警|巡警|消防|武警|执法|运输){_NAME}){{1,8}}?大队(?![部院])(?:{_NAME}{{1,6}}?(?:生产|小)队|(?P<group>{_GROUP}))?|{_NAME}{{1,8}}?(?:生产队|自然村)"
)
_ROAD = re.compile(
    r"(?:[GSXY]?\d{1,4}(?:国道|省道|县道|乡道)"
    rf"|(?:[^\W_号栋幢座室]|(?<=[\d一二三四五六七八九十])号(?=[路街])){{1,13}}?(?:(?:大道|大街|公路|胡同|步行街|国道|省道|路|街|巷)(?!坊|心花|桥(?:[镇乡村路街]|大道))"
    rf"|(?:道|里|条|线|坊|桥|堤|径|弄|村)(?=[甲乙丙丁]?\d+(?:号(?!楼)|弄)|{HAN}+号(?!楼))))"
    rf"(?:(?:[东西南北中](?:[路街巷](?!口))?)?(?:{HAN}+|\d+)段|[东西南北中](?:段|(?=\d+号(?!楼))))?(?:[东西南北]?(?:{HAN}+|\d+)(?:巷|条|胡同|横街|横路|里(?=\d))|[^\W\d_号]{{1,4}}(?:巷|胡同)(?=\d+号))?"
)
# One of these stands in every match: a quick no for most lines.
_IN_ZONES, _IN_TOWNS, _IN_VILLAGES = frozenset("区场"), frozenset("街镇乡处木"), frozenset("村会社屯查组队")
_ESTATE_BEFORE_ROAD = re.compile(
    r"^(?:.{2,}?(?:小区|家园|花苑|公寓|大厦|公司)(?![东西南北中内外]?[路街])|.{0,6}?(?:科技|工业|产业|软件|创业|物流)园)(?=[^\W\d]{2})"
)
_NUMBER = re.compile(
    rf"(?P<lane>(?:\d+|{HAN}+)弄(?:(?:\d+|{HAN}+)支?弄)?)"
    rf"|(?P<number>[甲乙丙丁附]?(?:\d+|{HAN}+)(?:-\d+)*[A-Za-z甲乙丙丁]?)(?:号(?!楼|线|路|街|栋|幢|公寓|宿舍)(?P<sub>(?:之|附)(?:\d+|{HAN}+)号?|-\d{{1,2}}$|[甲乙丙丁](?![单座栋幢区]))?(?:大?院(?!\w*[校区]))?)"
    r"|(?P<bare>\d{1,4})(?!街坊)(?=$|[^\W\dA-Za-z_号栋幢座楼单层室弄组巷期年条里小区])"
)


def parse(text: str, country: str | None = None) -> Address:
    """The parts of an address in CN, US or GB; by what it looks like where the country is not told.

    Never raises: what cannot be read stands in ``rest``.
    """
    if country is None:
        country = (country_of(text) or "CN") if text.isascii() else "CN"
    return _PARSERS.get(country, _parse_cn)(text)


def remember(texts: pa.Array, parsed: pa.Table) -> None:
    """Keep what another process made of these texts (``parse_each``)."""
    rows = zip(*(_shared(parsed.column(f.name)) for f in fields(Address)), strict=True)
    for text, row in zip(texts.to_pylist(), rows, strict=True):
        _keep(text, Address(*row))


def _shared(column: pa.ChunkedArray) -> list[str | bool | None]:
    """The values, each text once in memory, however many rows have it."""
    encoded = column.combine_chunks().dictionary_encode()
    distinct = [*encoded.dictionary.to_pylist(), None]
    return [distinct[code] for code in pc.fill_null(encoded.indices, -1).to_pylist()]


def _parse_cn(text: str) -> Address:
    return _known.get(text) or _keep(text, _read_cn(text))


def _keep(text: str, address: Address) -> Address:
    if len(_known) >= _KEPT:
        _known.clear()
    _known[text] = address
    return address


def _read_cn(text: str) -> Address:
    place, taken, pickup = put_aside(divisions.prepare(text[:_LONGEST]))
    if text[_LONGEST:]:
        taken.append(text[_LONGEST:])
    line = _one_line(place)
    start, found = _divisions(line)
    if start:
        taken.insert(0, line[:start])
    named = _named(found)
    outside, inside = _detail(line[start + found.end :])
    if inside.leftover:
        taken.append(inside.leftover)
    return Address(
        **named,
        **outside,
        building=inside.building,
        unit=inside.unit,
        floor=inside.floor,
        room=inside.room,
        pickup=pickup,
        rest=" ".join(t for t in taken if t) or None,
    )


_WESTERN_KEPT = 1 << 17
_PARSERS: dict[str, Callable[[str], Address]] = {
    "CN": _parse_cn,
    "US": lru_cache(_WESTERN_KEPT)(parse_us),
    "GB": lru_cache(_WESTERN_KEPT)(parse_gb),
}


def parse_column(column: pa.Array | pa.ChunkedArray, country: str | None = "CN") -> pa.Table:
    """Columns as Address has them, one row a row, null where the row is absent; parsed once per distinct text."""
    distinct = columns.distinct(column)
    parsed = parse_each(distinct.values, country)
    return pa.table([distinct.spread(c.combine_chunks()) for c in parsed.columns], names=parsed.column_names)


def parse_each(texts: pa.Array | pa.ChunkedArray, country: str | None = "CN") -> pa.Table:
    """Columns as Address has them, one row a text, whatever it is; none is null."""
    parsed = [parse(text, country) for text in texts.to_pylist()]
    names = [f.name for f in fields(Address)]
    kinds = {"pickup": pa.bool_()}
    arrays = [pa.array([getattr(a, name) for a in parsed], kinds.get(name, pa.string())) for name in names]
    return pa.table(arrays, names=names)


def _one_line(place: str) -> str:
    """Without separators, save between figures, where one dash stands for any."""
    if place.isalnum():
        return place
    dashed = _BETWEEN_NUMBERS.sub("-", _DASHES.sub("-", place.strip()))
    return _SEPARATORS.sub("", dashed).strip("-/.")


def _divisions(line: str) -> tuple[int, divisions.Found]:
    """Where the divisions begin, and which; a few words may stand before them where a full path follows."""
    found = divisions.scan(line)
    if found.candidates:
        return 0, found
    for start in range(1, min(12, len(line) - 4)):
        if line[start - 1].isdigit():
            break
        later = divisions.scan(line[start:])
        if later.division and later.end >= 5:
            return start, later
    return 0, found


def _named(found: divisions.Found) -> dict[str, str | None]:
    """Names of the division; where several share a name (鼓楼区), that name alone."""
    parts = ("province", "city", "district")
    if one := found.division:
        return {
            "province": one.province or None,
            "city": one.city or None,
            "district": one.district or None,
            "division_code": one.code,
        }
    shared = {p: {getattr(d, p) for d in found.candidates} for p in parts}
    named: dict[str, str | None] = {
        p: (values.pop() or None) if len(values) == 1 else None for p, values in shared.items()
    }
    return {**named, "division_code": None}


def _detail(line: str) -> tuple[dict[str, str | None], Inside]:
    """Town to number, then what is inside."""
    town, at = _read_town(line)
    village, at = _read_village(line, at)
    if not village and (town or "").endswith(("镇", "乡")):
        village, at = _read_village(line, at, _BRIGADE)
    estate, road, at = _read_road(line, at)
    number, at = _read_number(line, at) if road or village else (None, at)
    inside = read_inside(line[at:], has_number=number is not None)
    if village and not road and number is None and inside.is_house_number:
        number, inside = inside.building, replace(inside, building=None)
    poi = (estate or "") + (inside.poi or "") or None
    return {
        "town": town,
        "village": village,
        "road": road,
        "number": number,
        "poi": poi,
    }, inside


def _read(pattern: re.Pattern[str], line: str, at: int) -> tuple[str | None, int]:
    found = pattern.match(line, at)
    return (found[0], found.end()) if found and found[0] else (None, at)


def _read_town(line: str) -> tuple[str | None, int]:
    zone, at = _read(_ZONE, line, 0) if not _IN_ZONES.isdisjoint(line) else (None, 0)
    town, at = _read(_TOWN, line, at) if not _IN_TOWNS.isdisjoint(line) else (None, at)
    return (zone or "") + (town or "") or None, at


def _read_village(line: str, at: int, pattern: re.Pattern[str] = _VILLAGE) -> tuple[str | None, int]:
    found = None if _IN_VILLAGES.isdisjoint(line) else pattern.match(line, at)
    if not found or not found[0]:
        return None, at
    group = found["group"] or ""
    return found[0].removesuffix(group) + arabic(group), found.end()


def _read_road(line: str, at: int) -> tuple[str | None, str | None, int]:
    """(an estate written before the road, the road, where it ends)."""
    found = _ROAD.match(line, at)
    if not found:
        return None, None, at
    road, estate = found[0], None
    if before := _ESTATE_BEFORE_ROAD.match(road):
        estate, road = before[0], road[before.end() :]
    return estate, road, found.end()


def _read_number(line: str, at: int) -> tuple[str | None, int]:
    found = _NUMBER.match(line, at)
    if not found:
        return None, at
    number = found["lane"] or found["number"] or found["bare"]
    sub = (found["sub"] or "").replace("之", "-").replace("附", "-").removesuffix("号")
    return (arabic(number + sub).upper().lstrip("0") or "0"), found.end()
