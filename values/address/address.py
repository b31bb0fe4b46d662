"""What an address consists of, and its standard writing."""

from __future__ import annotations

from dataclasses import dataclass

# The fields that say where, coarse to fine, and what the standard writing puts after each.
PARTS = {
    "province": "",
    "city": "",
    "district": "",
    "town": "",
    "village": "",
    "road": "",
    "number": "号",
    "poi": "",
    "building": "号楼",
    "unit": "单元",
    "floor": "层",
    "room": "室",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Parts of an address; None where it does not say.

    ``town`` is 街道, 镇, 乡 or a development zone; ``village`` also 社区 and 组; ``number`` counts along the road (or in the
    village) and holds the lane in Shanghai (1228弄); ``poi`` is an estate, a tower, a firm, a school. ``building``,
    ``unit``, ``floor`` and ``room`` are bare (6, A, 1203). ``rest`` is what is no part of the place: notes, phones, names.
    ``division_code`` is the deepest division, as of today; None where none or several can be meant.
    """

    province: str | None = None
    city: str | None = None
    district: str | None = None
    town: str | None = None
    village: str | None = None
    road: str | None = None
    number: str | None = None
    poi: str | None = None
    building: str | None = None
    unit: str | None = None
    floor: str | None = None
    room: str | None = None
    pickup: bool = False
    division_code: str | None = None
    rest: str | None = None
    postcode: str | None = None  # US and UK


def written(address: Address) -> str:
    """The address in standard writing, without ``rest``."""
    shown = [(getattr(address, part), suffix) for part, suffix in PARTS.items()]
    if address.province == address.city:
        shown = shown[1:]
    return "".join(value + ("" if value.endswith("弄") else suffix) for value, suffix in shown if value)
