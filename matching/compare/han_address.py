"""Chinese addresses, parsed: division, road, number, estate, building, unit, room."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

import numpy as np
import pyarrow as pa

from matching.compare import keys
from matching.compare.kind import KeyFunction, Kind, Levels
from values import address


@lru_cache(maxsize=1 << 18)
def canonical(text: str) -> str | None:
    """The comparison key of the values room: same place, same key; only of addresses that name a building or room."""
    parsed = parse(text)
    if parsed is None or not (parsed.room or parsed.building):
        return None
    return address.canonical(parsed)


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
        return address.parse(text)
    except Exception:  # noqa: BLE001 - BadInput: an address that cannot be read agrees with nothing
        return None


class HanAddress(Kind):
    """How far two addresses name one place: ``place`` (the same room), ``building``, ``road`` (or estate), ``city``."""

    name = "han_address"
    levels = ("different", "city", "road", "building", "exact")
    m = (0.3, 0.15, 0.05, 0.1, 0.4)
    u = (0.93, 0.068, 0.0015, 0.0003, 0.0002)
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


def _level(a: str, b: str) -> int:
    left, right = parse(a), parse(b)
    if left is None or right is None:
        return -1
    if left.city and right.city and left.city != right.city:
        return 0
    same = address.same_place(left, right)
    if same >= 0.95 and (left.room or left.building):
        return 4
    spot = bool(_spot(left) & _spot(right))
    if spot and left.building and left.building == right.building:
        return 3
    if spot:
        return 2
    return 1 if left.city and left.city == right.city else 0


def _spot(parsed: address.Address) -> set[str]:
    road = f"{parsed.road}{parsed.number}" if parsed.road and parsed.number else ""
    return {s for s in (road, parsed.poi or "") if s}
