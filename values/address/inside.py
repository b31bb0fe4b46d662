"""From the estate or tower inwards: its name, building, unit, floor, room, however they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from values.address.numerals import HAN, arabic

_N = rf"(?:\d{{1,4}}|{HAN}{{1,5}})"

# A building: 6栋 八号楼 3#楼 A座 东座 B12幢, and in a lane or an estate 5号101.
_BUILDING = (
    rf"(?P<building>(?<![A-Za-z])[A-Za-z]-?\d{{1,3}}[A-Za-z]?|\d{{1,4}}(?:-\d{{1,3}})?[A-Za-z]?|{HAN}{{1,4}}|(?<![A-Za-z])[A-Za-z]|[东西南北中](?=座|楼|栋|幢))"
    rf"(?:号楼|#楼|号?[栋幢]|#(?!\d*[栋幢])|号?座(?!落)|号(?:公寓|宿舍)楼?|宿舍楼|楼(?={_N}单元|{_N}门|{_N}层|东|西)|(?<=[东西南北A-Za-z])楼|(?<=[A-Za-z])塔楼?"
    rf"|号(?=[\d\-A-Za-z]|{_N}(?:单元|室|层|楼)|[甲乙丙丁](?:\d|$)|$))(?P<sub>之(?:\d+|{HAN}+)(?!\d)|之{HAN}|[甲乙丙丁](?=\d|$))?"
)
_UNIT = rf"(?P<unit>[A-Za-z东西南北]?\d{{1,2}}|{HAN}{{1,3}}|[A-Za-z甲乙丙丁东西南北中])(?:号?单元|(?<![东西南北中])门(?=\d|$)|梯|[单元](?=\d))"
_FLOOR = rf"(?P<floor>(?:负|地下|[Bb]-?)?(?:\d{{1,3}}|{HAN}{{1,4}}))(?:层|楼(?!\d?[栋幢])|[Ff](?![A-Za-z]))"
_ROOM = (
    rf"(?P<room>(?:[A-Za-z]区)?[A-Za-z]?-?\d{{1,5}}(?:-\d{{1,4}})?[A-Za-z]?|{HAN}{{3,5}}|[东西南北中左右]{{1,2}}(?=[户室边]|$)|[A-Za-z](?=[户室房]))"
    r"(?:室|房间|房|边?户|边|号[房铺室]?|商?铺|单间)?(?![\d]|号?[楼栋幢座层])"
)
_MARKED_ROOM = r"(?:[A-Za-z]?-?\d{1,5}(?:-\d{1,4})?[A-Za-z]?|[东西南北中左右]{1,2})(?:室|房|户|号铺|商铺|铺)"
_TOWER = re.compile(r"(?P<building>[A-Za-z东西南北中]|\d{1,2})号?[座栋幢](?!落)")  # written behind its floor: 13层B座
_COMPACT = re.compile(
    r"(?P<building>[A-Za-z]?\d{1,4}[A-EG-Za-eg-z]?)-(?:(?P<unit>\d{1,2}|[A-Za-z])-)?(?:(?P<floor>\d{1,2})-)?(?P<room>[A-Za-z]?\d{1,5}[A-Za-z]?)(?:室|房|户|号)?(?![\d\-]|号?[楼栋幢座])"
)
_START = re.compile(
    re.sub(
        r"\?P<\w+>",
        "?:",
        rf"{_BUILDING}|(?<![\d-]){_COMPACT.pattern}|{_UNIT}|{_FLOOR}|{_MARKED_ROOM}|(?<!\d)(?:\d{{3,8}}|\d{{1,4}}[A-Za-z])$",
    )
)
_BUILDING_AT, _UNIT_AT, _FLOOR_AT, _ROOM_AT = (re.compile(p) for p in (_BUILDING, _UNIT, _FLOOR, _ROOM))
_BETWEEN = re.compile(r"[-#,第内]*(?:[男女学员职]?[生工]?(?:宿舍|公寓|写字|教学|办公|综合)楼?|单元)?[-#,]*")
_GATE = re.compile(
    r"(?<=[^\W\d]{2})(?:(?:[东西南北]{1,2}|[正大后侧前]|[一二三四五六\d]号)门口?|门口|旁边?|旁侧|对面|楼下|附近)$"
)
_BESIDE = re.compile(r"^(?:附近|旁边|旁|对面|隔壁|内|里面)(?=[^\W\d]{2})")
_UNIT_ROOM = re.compile(
    r"(?P<unit>\d{1,2}|[A-Za-z])-(?:(?P<floor>\d{1,2})-)?(?P<room>[A-Za-z]?\d{1,5}[A-Za-z]?)(?:室|房|户|号)?(?!\d)"
)
# In the order they are written, each optional; what an earlier one gave is not read again.
_IN_ORDER = (
    (_BUILDING_AT, "building"),
    (_UNIT_AT, "unit"),
    (_UNIT_ROOM, "unit"),
    (_FLOOR_AT, "floor"),
    (_TOWER, "building"),
    (_ROOM_AT, "room"),
)
_MOST_FLOORS = 100


@dataclass(frozen=True, slots=True)
class Inside:
    """Bare parts; ``leftover`` is what came after them and was not understood."""

    poi: str | None = None
    building: str | None = None
    unit: str | None = None
    floor: str | None = None
    room: str | None = None
    leftover: str | None = None
    is_house_number: bool = False  # nothing but 12号: in a village that is the house


def read_inside(text: str, *, has_number: bool) -> Inside:
    """Read what follows the road and its number."""
    text = text.strip("-,#")
    start = _START.search(text)
    poi, tail = (text[: start.start()].strip("-#,"), text[start.start() :]) if start else (text, "")
    parts, at = _parts(tail, alone=not poi and not has_number)
    leftover = tail[at:].strip("-#,")
    if leftover and not poi and not leftover.isdigit():
        poi, leftover = leftover, ""
    poi = "" if poi in {"内", "里面"} else _BESIDE.sub("", poi)
    if gate := _GATE.search(poi):  # where to ring, not where to live
        poi, leftover = poi[: gate.start()], gate[0] + leftover
    is_house = set(parts) == {"building"} and tail[:at].endswith("号")
    return Inside(poi=poi or None, leftover=leftover or None, is_house_number=is_house, **_tidy(parts))


def _parts(tail: str, *, alone: bool) -> tuple[dict[str, str], int]:
    """Building, unit, floor and room in this order, each optional; or the compact form."""
    compact = _COMPACT.match(tail)
    if compact and (compact["unit"] or not alone):
        return _range_or_given(compact), compact.end()
    parts: dict[str, str] = {}
    at = 0
    for pattern, part in _IN_ORDER:
        if part in parts:
            continue
        here = _skip(tail, at)
        if found := pattern.match(tail, here):
            parts |= _unit_or_floor(found) if pattern is _UNIT_ROOM else _given(found)
            at = found.end()
    return parts, at


def _range_or_given(compact: re.Match[str]) -> dict[str, str]:
    """2608-2610室 is two rooms in one, not room 2610 of building 2608."""
    given = _given(compact)
    building, room = given["building"], given["room"]
    if "unit" not in given and len(building) == len(room) == 4:
        return {"room": f"{building}-{room}"}
    return given


def _unit_or_floor(found: re.Match[str]) -> dict[str, str]:
    """4幢23-5 is the fifth door of the 23rd floor: a building has no 23 units."""
    given = _given(found)
    if "floor" not in given and given["unit"].isdigit() and len(given["unit"]) == 2 and len(given["room"]) <= 2:
        return {"floor": given["unit"], "room": given["room"]}
    return given


def _skip(tail: str, at: int) -> int:
    found = _BETWEEN.match(tail, at)
    return found.end() if found else at


def _given(found: re.Match[str]) -> dict[str, str]:
    return {name: value for name, value in found.groupdict().items() if value}


def _tidy(parts: dict[str, str]) -> dict[str, str]:
    """Figures for numerals, upper case, and one writing of a room: floor 12, room 03 is 1203."""
    tidy = {name: arabic(value).upper().replace("负", "-").replace("地下", "-") for name, value in parts.items()}
    if sub := tidy.pop("sub", ""):
        tidy["building"] += sub.replace("之", "-")
    room, unit, floor = tidy.get("room", ""), tidy.get("unit", ""), tidy.get("floor", "")
    if "building" in tidy and unit.isdigit() and not floor and len(room) == 2 and room.isdigit() and "-" not in room:
        return {**{k: v for k, v in tidy.items() if k != "unit"}, "room": unit + room}
    if "building" not in tidy and floor.isdigit() and _is_no_floor(floor, room):
        tidy["building"] = tidy.pop("floor")
    elif floor.isdigit() and room.isdigit() and len(room) <= 2:
        tidy["room"] = floor + room.zfill(2)
    return tidy


def _is_no_floor(number: str, room: str) -> bool:
    """316楼1204: no such floor of that room; 410楼: no house has so many."""
    has_floor = room.isdigit() and len(room) > 2
    return room[:-2] != number if has_floor else int(number) > _MOST_FLOORS
