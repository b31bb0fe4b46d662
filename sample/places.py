"""Addresses: where they are, and the several ways people write the same one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from sample.vocabulary import Ints, composed, divisions, words, zipf

_ROADS, _ESTATES, _OFFICES = 14, 40, 6  # that are built in one district
_COLUMNS = ("kind", "city", "district", "road", "number", "estate", "building", "unit", "room")


class Kind(IntEnum):
    """What stands there. Only the first three are homes."""

    FLAT = 0
    HOUSE = 1
    VILLAGE = 2
    OFFICE = 3
    PICKUP = 4


class Style(IntEnum):
    """How it is written."""

    FULL = 0
    BLOCK = 1  # 栋 for 号楼, no 室
    BARE = 2  # no 省, 市, 区
    SPACED = 3
    COMPACT = 4  # 3-2-1203, no road
    NUMERALS = 5  # 三号楼
    NO_DISTRICT = 6
    WIDE = 7  # full-width digits
    NO_PROVINCE = 8


HAND = np.array([0.28, 0.17, 0.1, 0.1, 0.12, 0.04, 0.06, 0.02, 0.11])  # how people type
FORM = np.array([0.85, 0.15, 0, 0, 0, 0, 0, 0, 0])  # how a form's fields come out
CANARY_ROAD, CANARY_ESTATE = "金丝雀路", "百灵鸟苑"  # composed of nothing else in the vocabulary
_WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")
_HANZI = "〇一二三四五六七八九"


@dataclass
class Places:
    """Every place of a block of people, in columns; a place is its row number."""

    chunks: dict[str, list[Ints]] = field(default_factory=lambda: {c: [] for c in _COLUMNS})
    size: int = 0
    _joined: dict[str, Ints] = field(default_factory=dict)

    def __getitem__(self, column: str) -> Ints:
        if column not in self._joined:
            self._joined[column] = np.concatenate([np.empty(0, np.int64), *self.chunks[column]])
        return self._joined[column]

    def add(self, **columns: Ints) -> Ints:
        """Append rows; their ids. Columns that are not given are 0."""
        n = len(columns["city"])
        for name in _COLUMNS:
            self.chunks[name].append(np.asarray(columns.get(name, np.zeros(n, np.int64)), np.int64))
        self._joined.clear()
        self.size += n
        return np.arange(self.size - n, self.size)

    def mark(self, ids: Ints) -> None:
        """Put these places on the canaries' own road and estate."""
        for column, index in (("road", _roads()), ("estate", _estates())):
            self[column][ids] = len(index) - 1
            self.chunks[column] = [self[column]]
        self["kind"][ids] = Kind.FLAT
        self.chunks["kind"] = [self["kind"]]

    def homes(self, rng: np.random.Generator, city: Ints, district: Ints) -> Ints:
        """Draw a home in each of these districts: mostly flats of a few dozen estates, so that neighbours are many."""
        n = len(city)
        kind = rng.choice(3, n, p=[0.88, 0.07, 0.05]).astype(np.int64)
        local = rng.choice(_ESTATES, n, p=zipf(_ESTATES, 8))
        estate, road, number = _site(district, local, _ESTATES, len(composed("estate_first", "estate_last")))
        plain = kind != Kind.FLAT
        number = np.where(plain, rng.integers(1, 400, n), number)
        floor = 1 + rng.integers(0, np.where(rng.random(n) < 0.5, 6, 30), n)
        return self.add(
            kind=kind,
            city=city,
            district=district,
            road=road,
            number=number,
            estate=estate,
            building=rng.integers(1, 31, n),
            unit=np.where(rng.random(n) < 0.85, rng.integers(1, 7, n), 0),
            room=floor * 100 + rng.integers(1, 5, n),
        )

    def offices(self, rng: np.random.Generator, city: Ints, district: Ints) -> Ints:
        """Draw a place of work: one of a few buildings a district, so that colleagues share it."""
        n = len(city)
        local = rng.integers(0, _OFFICES, n)
        name, road, number = _site(district, local + _ESTATES, _OFFICES, len(composed("estate_first", "office_last")))
        room = rng.integers(1, 31, n) * 100 + rng.integers(1, 13, n)
        kind = np.full(n, Kind.OFFICE)
        return self.add(kind=kind, city=city, district=district, road=road, number=number, estate=name, room=room)

    def pickups(self, home: Ints) -> Ints:
        """The pickup point around the corner of these homes: one for every estate."""
        same = {c: self[c][home] for c in ("city", "district", "road", "number", "estate")}
        name = (same["estate"] * 31 + same["district"]) % len(words()["pickup_names"])
        return self.add(kind=np.full(len(home), Kind.PICKUP), building=name, **same)


def _roads() -> list[str]:
    return [*composed("road_first", "road_last"), CANARY_ROAD]


def _estates() -> list[str]:
    return [*composed("estate_first", "estate_last"), CANARY_ESTATE]


def _mix(a: Ints, b: Ints, salt: int) -> Ints:
    """A scattered, repeatable number of two (SplitMix64's finaliser)."""
    x = (a.astype(np.uint64) << np.uint64(20)) + b.astype(np.uint64) + np.uint64(salt * 0x9E3779B9)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(2)).astype(np.int64)


def _site(district: Ints, local: Ints, salt: int, names: int) -> tuple[Ints, Ints, Ints]:
    """Name, road and number of the ``local``-th site of a district: always the same ones."""
    street = _mix(district, local, salt + 1) % _ROADS
    road = _mix(district, street, 7) % len(composed("road_first", "road_last"))
    return _mix(district, local, salt) % names, road, 1 + _mix(district, local, salt + 2) % 400


@dataclass(frozen=True)
class Parts:
    """The parts of one address as the truth has them; absent ones are ''."""

    province: str
    city: str
    district: str
    town: str
    road: str
    number: str
    poi: str
    building: str
    unit: str
    room: str


def parts(places: Places, ids: Ints) -> list[Parts]:
    """The true parts of these places."""
    d = divisions()
    roads, towns, estates = _roads(), composed("estate_first", "town_last"), _estates()
    names = {
        Kind.FLAT: estates,
        Kind.HOUSE: [],
        Kind.VILLAGE: composed("estate_first", "village_last"),
        Kind.OFFICE: composed("estate_first", "office_last"),
        Kind.PICKUP: estates,
    }
    out = []
    for kind, city, district, road, number, estate, building, unit, room in zip(
        *(places[c][ids].tolist() for c in _COLUMNS), strict=True
    ):
        is_flat, is_village = kind == Kind.FLAT, kind == Kind.VILLAGE
        pool = names[Kind(kind)]
        poi = pool[estate % len(pool)] if pool else ""
        if kind == Kind.PICKUP:
            poi += words()["pickup_names"][building]
        out.append(
            Parts(
                province=d.province[city],
                city=d.city[city],
                district=d.district[district],
                town=towns[(road * 7 + district) % len(towns)] if is_village else "",
                road="" if is_village else roads[road],
                number=str(number),
                poi=poi,
                building=str(building) if is_flat else "",
                unit=str(unit) if is_flat and unit else "",
                room=str(room) if is_flat or kind == Kind.OFFICE else "",
            )
        )
    return out


def write(rng: np.random.Generator, places: Places, ids: Ints, mix: Ints | np.ndarray = HAND) -> list[str]:
    """These places as somebody would write them, each in a style of its own."""
    styles = rng.choice(len(Style), len(ids), p=np.asarray(mix)).tolist()
    hints = rng.random(len(ids)) < (0.04 if mix is HAND else 0)
    written = [text(p, Style(s)) for p, s in zip(parts(places, ids), styles, strict=True)]
    for i in np.flatnonzero(hints).tolist():
        written[i] += ("（放门口）", "（请电联）", "(工作日送)", " 放快递柜")[i % 4]
    return written


def text(p: Parts, style: Style) -> str:
    """One address in one style."""
    gap = " " if style is Style.SPACED else ""
    joined = gap.join(x for x in (region(p, style), street(p, style), detail(p, style)) if x)
    return joined.translate(_WIDE) if style is Style.WIDE else joined


def region(p: Parts, style: Style) -> str:
    """Province, city, district. A municipality is its own city, and is named once."""
    province = "" if p.province == p.city or style in (Style.NO_PROVINCE, Style.COMPACT) else p.province
    district = "" if style is Style.NO_DISTRICT else p.district
    if style is Style.BARE:
        return "".join(short_division(x) for x in (province, p.city, district))
    return (" " if style is Style.SPACED else "").join(x for x in (province, p.city, district) if x)


def short_division(name: str) -> str:
    """江苏省 → 江苏, 姑苏区 → 姑苏; names of two characters and autonomous ones keep theirs."""
    if name.endswith("自治区"):
        return name[:3] if name.startswith("内蒙古") else name[:2]
    if len(name) > 3 and name.endswith("地区"):
        return name[:-2]
    if len(name) > 2 and name[-1] in "省市区县" and "自治" not in name:
        return name[:-1]
    return name


def street(p: Parts, style: Style) -> str:
    """Road, number and estate, or town and village."""
    if p.town:
        return p.town + p.poi
    if style is Style.COMPACT and p.building:
        return p.poi
    return f"{p.road}{p.number}号{p.poi}"


def detail(p: Parts, style: Style) -> str:
    """Building, unit and room."""
    if p.town:
        return f"{p.number}号"
    if not p.room:
        return ""
    if not p.building:
        return p.room + ("室" if style is not Style.BLOCK else "")
    if style is Style.COMPACT:
        return "-".join(x for x in (p.building, p.unit, p.room) if x)
    if style is Style.NUMERALS:
        return f"{numeral(p.building)}号楼" + (f"{numeral(p.unit)}单元" if p.unit else "") + f"{digits(p.room)}室"
    block = {Style.BLOCK: "栋", Style.BARE: "幢"}.get(style, "号楼")
    room = p.room if style in (Style.BLOCK, Style.BARE) else f"{p.room}室"
    return f"{p.building}{block}" + (f"{p.unit}单元" if p.unit else "") + room


def number(numeral: str) -> str:
    """The digits of what ``numeral`` or ``digits`` wrote: 三十 → 30, 一二〇三 → 1203."""
    tens, ten, units = numeral.partition("十")
    if not ten:
        return "".join(str(_HANZI.index(c)) for c in numeral)
    return str(10 * (_HANZI.index(tens) if tens else 1) + (_HANZI.index(units) if units else 0))


def numeral(number: str) -> str:
    """1–99 in Chinese numerals: 12 → 十二, 30 → 三十."""
    tens, ones = divmod(int(number), 10)
    head = "" if not tens else ("十" if tens == 1 else _HANZI[tens] + "十")
    return head + (_HANZI[ones] if ones or not tens else "")


def digits(number: str) -> str:
    """Digit by digit: 1203 → 一二〇三."""
    return "".join(_HANZI[int(c)] for c in number)
