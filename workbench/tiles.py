"""A map of provinces as tiles: each where it lies, all of one size, so that a small one is seen as well as a large one."""

from __future__ import annotations

from collections.abc import Iterable

# column, row, short name
CN: dict[str, tuple[int, int, str]] = {
    "黑龙江省": (9, 0, "黑"), "内蒙古自治区": (7, 1, "蒙"), "吉林省": (9, 1, "吉"), "新疆维吾尔自治区": (1, 2, "新"),
    "甘肃省": (3, 2, "甘"), "宁夏回族自治区": (4, 2, "宁"), "山西省": (6, 2, "晋"), "河北省": (7, 2, "冀"),
    "北京市": (8, 1, "京"), "天津市": (8, 2, "津"), "辽宁省": (9, 2, "辽"), "西藏自治区": (1, 3, "藏"), "青海省": (2, 3, "青"),
    "陕西省": (5, 3, "陕"), "河南省": (6, 3, "豫"), "山东省": (8, 3, "鲁"), "四川省": (3, 4, "川"), "重庆市": (4, 4, "渝"),
    "湖北省": (5, 4, "鄂"), "安徽省": (7, 4, "皖"), "江苏省": (8, 4, "苏"), "上海市": (9, 4, "沪"), "云南省": (3, 5, "滇"),
    "贵州省": (4, 5, "黔"), "湖南省": (5, 5, "湘"), "江西省": (7, 5, "赣"), "浙江省": (8, 5, "浙"), "广西壮族自治区": (4, 6, "桂"),
    "广东省": (6, 6, "粤"), "福建省": (8, 6, "闽"), "台湾省": (9, 6, "台"), "海南省": (5, 7, "琼"),
    "香港特别行政区": (6, 7, "港"), "澳门特别行政区": (7, 7, "澳"),
}  # fmt: skip
US: dict[str, tuple[int, int, str]] = {
    "Alaska": (0, 0, "AK"), "Maine": (11, 0, "ME"), "Vermont": (10, 1, "VT"), "New Hampshire": (11, 1, "NH"),
    "Washington": (0, 2, "WA"), "Idaho": (1, 2, "ID"), "Montana": (2, 2, "MT"), "North Dakota": (3, 2, "ND"),
    "Minnesota": (4, 2, "MN"), "Illinois": (5, 2, "IL"), "Wisconsin": (6, 2, "WI"), "Michigan": (7, 2, "MI"),
    "New York": (8, 2, "NY"), "Rhode Island": (9, 2, "RI"), "Massachusetts": (10, 2, "MA"), "Oregon": (0, 3, "OR"),
    "Nevada": (1, 3, "NV"), "Wyoming": (2, 3, "WY"), "South Dakota": (3, 3, "SD"), "Iowa": (4, 3, "IA"),
    "Indiana": (5, 3, "IN"), "Ohio": (6, 3, "OH"), "Pennsylvania": (7, 3, "PA"), "New Jersey": (8, 3, "NJ"),
    "Connecticut": (9, 3, "CT"), "California": (0, 4, "CA"), "Utah": (1, 4, "UT"), "Colorado": (2, 4, "CO"),
    "Nebraska": (3, 4, "NE"), "Missouri": (4, 4, "MO"), "Kentucky": (5, 4, "KY"), "West Virginia": (6, 4, "WV"),
    "Virginia": (7, 4, "VA"), "Maryland": (8, 4, "MD"), "Delaware": (9, 4, "DE"), "Arizona": (1, 5, "AZ"),
    "New Mexico": (2, 5, "NM"), "Kansas": (3, 5, "KS"), "Arkansas": (4, 5, "AR"), "Tennessee": (5, 5, "TN"),
    "North Carolina": (6, 5, "NC"), "South Carolina": (7, 5, "SC"), "District of Columbia": (8, 5, "DC"),
    "Oklahoma": (3, 6, "OK"), "Louisiana": (4, 6, "LA"), "Mississippi": (5, 6, "MS"), "Alabama": (6, 6, "AL"),
    "Georgia": (7, 6, "GA"), "Hawaii": (0, 7, "HI"), "Texas": (3, 7, "TX"), "Florida": (8, 7, "FL"),
}  # fmt: skip
MAPS = (CN, US)


def by_province(regions: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The share of each province of a map; regions of no province on one are left out."""
    out: dict[str, float] = {}
    for name, share in regions:
        found = _province(name)
        if found is not None:
            out[found] = out.get(found, 0.0) + share
    return out


def map_of(shares: Iterable[str]) -> dict[str, tuple[int, int, str]]:
    """The map on which the first of these provinces lies."""
    first = next(iter(shares), "")
    return next((tiles for tiles in MAPS if first in tiles), CN)


def size_of(tiles: dict[str, tuple[int, int, str]]) -> tuple[int, int]:
    """(columns, rows)."""
    return max(x for x, _, _ in tiles.values()) + 1, max(y for _, y, _ in tiles.values()) + 1


def _province(name: str) -> str | None:
    """浙江省宁波市 → 浙江省; Austin, Texas → Texas."""
    state = name.rpartition(", ")[2]
    return state if state in US else next((p for p in CN if name.startswith(p)), None)
