"""Chinese addresses, parsed: division, road, number, estate, building, unit, room."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pyarrow as pa

from core.errors import BadInput
from matching.compare import keys
from matching.compare.kind import KeyFunction, Kind, Levels

if TYPE_CHECKING:
    from values import address


def _addresses() -> ModuleType:
    """Loaded when first needed: its tables take a while, and not every linking has Chinese addresses."""
    from values import address  # noqa: PLC0415

    return address


@lru_cache(maxsize=1 << 18)
def canonical(text: str) -> str | None:
    """The comparison key of the values room: same place, same key; only of addresses that name a building or room."""
    parsed = parse(text)
    if parsed is None or parsed.pickup or not (parsed.room or parsed.building):
        return None
    return _addresses().canonical(parsed)  # type: ignore[no-any-return]


@lru_cache(maxsize=1 << 18)
def place(text: str) -> str | None:
    """City with road and number, or with the estate."""
    parsed = parse(text)
    if parsed is None:
        return None
    spot = f"{parsed.road}{parsed.number}" if parsed.road and parsed.number else parsed.poi
    return f"{parsed.city or ''}|{spot}" if spot else None


@lru_cache(maxsize=1 << 18)
def parse(text: str) -> address.Address | None:
    """None where the values room refuses the text."""
    try:
        return _addresses().parse(text)  # type: ignore[no-any-return]
    except BadInput:
        return None


class HanAddress(Kind):
    """How finely two addresses name one place with nothing coarser against it; ``exact``: the same text or room.

    A pickup point says where parcels wait, not where somebody lives: it counts as the road at most.
    """

    name = "han_address"
    levels = ("different", "city", "road", "estate", "building", "exact")
    m = (0.3, 0.15, 0.04, 0.06, 0.05, 0.4)
    u = (0.93, 0.068, 0.001, 0.0005, 0.0003, 0.0002)
    term_frequency = False
    shared_by = ("household",)
    is_slow = True
    keys: ClassVar[Mapping[str, KeyFunction]] = {
        "exact": lambda values: keys.each(values, canonical),
        "place": lambda values: keys.each(values, place),
    }

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        pairs = map(_level, left.to_pylist(), right.to_pylist())
        return np.fromiter(pairs, dtype=np.int8, count=len(left))


_GRADE = {
    "none": 0,
    "province": 0,
    "city": 1,
    "district": 1,
    "road": 2,
    "estate_or_number": 3,
    "building": 4,
    "room": 5,
}
_ROAD = 2


def _level(a: str, b: str) -> int:
    left, right = parse(a), parse(b)
    if left is None or right is None:
        return -1
    level = _GRADE[_addresses().agreement(left, right)]
    return min(level, _ROAD) if left.pickup or right.pickup else level
