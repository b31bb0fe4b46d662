"""Do two addresses name the same place, and how exactly?

A part that one of them leaves out is neutral; a part that differs ends the agreement there: another room is another home.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rapidfuzz import fuzz

from values import regions
from values.address.address import Address
from values.address.numerals import arabic

# Fine to coarse. Each level includes that nothing coarser disagrees.
LEVELS = ("room", "building", "estate_or_number", "road", "district", "city", "province", "none")

_DIVISIONS = ("province", "city", "district")
_SAME = {
    "room": 1.0,
    "building": 0.85,
    "estate_or_number": 0.7,
    "road": 0.4,
    "district": 0.2,
    "city": 0.1,
    "province": 0.05,
}
_CONTRADICTED = 0.25  # what remains of a score where the next finer part differs
_KIND_OF_ESTATE = re.compile(r"(?:住宅)?(?:小区|社区|院)$")
_SIMILAR_POI = 75

Verdict = str  # agree | contradict | missing


def canonical(address: Address) -> str:
    """Comparison key: two spellings of one place share it. Division, then road and number (else village, else estate), then the door.

    The estate's name decides only where road and number are not both there, the floor only where there is no room.
    """
    where = _locality(address)
    door = "-".join(_fold(part) for part in (address.building, address.unit, _room_key(address)))
    key = "|".join((_place(address), where, door.strip("-")))
    return key if key != "||" else "||" + _fold(address.rest)


def levels(a: Address, b: Address) -> dict[str, Verdict]:
    """Part → agree | contradict | missing (one of them leaves it out)."""
    return {level: _same_division(a, b, level) for level in _DIVISIONS} | _finer(a, b)


def _finer(a: Address, b: Address) -> dict[str, Verdict]:
    verdicts = {part: _same_text(getattr(a, part), getattr(b, part)) for part in ("number", "building", "unit")}
    verdicts["town"] = _within(a.town, b.town)
    verdicts["village"] = _within(a.village, b.village)
    verdicts["road"] = _same_road(a.road, b.road)
    verdicts["poi"] = _same_poi(a.poi, b.poi)
    verdicts["room"] = _same_text(a.room, b.room)
    verdicts["floor"] = _same_text(_floor(a), _floor(b))
    return verdicts


def agreement(a: Address, b: Address) -> str:
    """The finest of LEVELS on which both agree with nothing coarser against it."""
    return _judge(a, b)[0]


def same_place(a: Address, b: Address) -> float:
    """0..1, symmetric: how exactly they agree; little remains where the next finer part contradicts.

    1.0 for one and the same room, and for equal addresses that name at least a number or an estate.
    """
    level, contradicted = _judge(a, b)
    if level == "none":
        return 0.0
    if not contradicted and level in LEVELS[:3] and canonical(a) == canonical(b):
        return 1.0
    return _SAME[level] * (_CONTRADICTED if contradicted else 1.0)


def _judge(a: Address, b: Address) -> tuple[str, bool]:
    """(finest level agreed, did the next finer part contradict?)."""
    reached = "none"
    for level, verdict in _ladder(a, b):
        if verdict == "contradict":
            return reached, True
        if verdict == "agree":
            reached = level
    return reached, False


def _ladder(a: Address, b: Address) -> Iterator[tuple[str, Verdict]]:
    """Coarse to fine, each level with what its parts say together. Most pairs part in the city: no more of them is compared."""
    for level in _DIVISIONS:
        yield level, _same_division(a, b, level)
    yield from _finer_ladder(_finer(a, b))


def _finer_ladder(seen: dict[str, Verdict]) -> list[tuple[str, Verdict]]:
    estate = _estate_or_number(seen)
    door = seen["room"]
    if estate != "agree" and seen["building"] != "agree" and door == "agree":
        door = "missing"  # room 101 of nowhere in particular
    finer = _finer_than_building(seen)
    return [
        ("road", _road_level(seen)),
        ("estate_or_number", estate),
        ("building", seen["building"] if estate == "agree" else _only_contradiction(seen["building"])),
        ("building", finer),
        ("room", door),
    ]


def _road_level(seen: dict[str, Verdict]) -> Verdict:
    """Road, or village where there is no road. A corner estate has two roads: then the same door in it must say so."""
    if seen["road"] == "missing":
        return seen["village"]
    return "missing" if seen["road"] == "contradict" and _same_door(seen) else seen["road"]


def _estate_or_number(seen: dict[str, Verdict]) -> Verdict:
    """A number agrees only along the same road; an estate's name varies where road and number are the same."""
    on_line = seen["road"] == "agree" or (seen["road"] == "missing" and seen["village"] == "agree")
    if on_line and seen["number"] != "missing":
        return "agree" if seen["number"] == "agree" or _same_door(seen) else "contradict"
    return "missing" if seen["poi"] == "contradict" and on_line else seen["poi"]


def _same_door(seen: dict[str, Verdict]) -> bool:
    """The same room of the same building of an estate of this name: no chance meeting."""
    return seen["poi"] == seen["building"] == seen["room"] == "agree" and seen["unit"] != "contradict"


def _finer_than_building(seen: dict[str, Verdict]) -> Verdict:
    return "contradict" if "contradict" in (seen["unit"], seen["floor"]) else "missing"


def _only_contradiction(verdict: Verdict) -> Verdict:
    return "contradict" if verdict == "contradict" else "missing"


def _same_division(a: Address, b: Address, level: str) -> Verdict:
    """By today's codes, else by name. One that became several agrees with what holds them all. What has one ZIP or outward code lies
    in one place, whatever its town is said to be.
    """
    if a.postcode and b.postcode and a.district == b.district:
        return "agree"
    left, right = _code_at(a, level), _code_at(b, level)
    if left and right:
        return "agree" if left == right else "contradict"
    return _same_text(getattr(a, level), getattr(b, level))


@lru_cache(maxsize=8192)
def _at_level(code: str, level: str) -> str | None:
    if level == "province":
        return regions.province_of(code)
    if level == "city":
        return regions.city_of(code)
    found = regions.division(code)
    return code if found and found.level == "district" else None


def _code_at(address: Address, level: str) -> str | None:
    return _at_level(address.division_code, level) if address.division_code else None


def _same_text(a: str | None, b: str | None) -> Verdict:
    if not a or not b:
        return "missing"
    return "agree" if _fold(a) == _fold(b) else "contradict"


def _within(a: str | None, b: str | None) -> Verdict:
    if not a or not b:
        return "missing"
    left, right = _fold(a), _fold(b)
    return "agree" if left in right or right in left else "contradict"


def _same_road(a: str | None, b: str | None) -> Verdict:
    """Equal, or equal but for one character of four or more (a slip of the pen)."""
    verdict = _same_text(a, b)
    if verdict != "contradict" or not a or not b:
        return verdict
    left, right = _fold(a), _fold(b)
    slips = sum(x != y for x, y in zip(left, right, strict=False)) if len(left) == len(right) else 2
    numbered = any(c.isdigit() for c in left + right) or any(c in "东西南北中" for c in left + right)
    return "agree" if slips == 1 and len(left) >= 4 and not numbered else "contradict"


def _same_poi(a: str | None, b: str | None) -> Verdict:
    """Equal without 小区, one inside the other, or alike."""
    if not a or not b:
        return "missing"
    left, right = _estate(a), _estate(b)
    if left in right or right in left or fuzz.ratio(left, right) >= _SIMILAR_POI:
        return (
            "agree"
            if re.findall(r"\d+", left) == re.findall(r"\d+", right) or left in right or right in left
            else "contradict"
        )
    return "contradict"


def _estate(name: str) -> str:
    folded = _fold(name)
    return _KIND_OF_ESTATE.sub("", folded) or folded


@lru_cache(maxsize=1 << 18)
def _fold(text: str | None) -> str:
    """Figures for numerals, upper case, no separators."""
    return re.sub(r"[\W_]+", "", arabic(text or "")).upper() if not _is_signed(text) else str(text)


def _is_signed(text: str | None) -> bool:
    """-1 (a basement) and 12-3 (a number with a branch) keep their dash."""
    return bool(text) and "-" in str(text) and str(text).replace("-", "").isdigit()


def _floor(address: Address) -> str | None:
    """As given, else what a room of three or four figures says (1203: 12)."""
    if address.floor:
        return address.floor
    room = address.room or ""
    return room[:-2] if room.isdigit() and len(room) in (3, 4) else None


def _room_key(address: Address) -> str:
    """The room; with its floor where it is a side of the stairs (西户), and the floor alone where there is no room."""
    room, floor = address.room or "", f"{address.floor}F" if address.floor else ""
    return room if any(c.isdigit() for c in room) else floor + room


def _place(address: Address) -> str:
    named = "".join(filter(None, (address.province, address.city, address.district)))
    return _fold(address.postcode) or address.division_code or _fold(named)


def _locality(address: Address) -> str:
    if address.road and address.number:
        return _fold(address.road) + _fold(address.number)
    if address.poi:
        return _estate(address.poi)
    return _fold(address.village or address.town if not address.road else address.road) + _fold(address.number)
