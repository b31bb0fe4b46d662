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
COLUMNS, ROWS = 10, 8


def by_province(regions: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The share of each province of the map; regions of no province on it are left out."""
    out: dict[str, float] = {}
    for name, share in regions:
        found = next((p for p in CN if name.startswith(p)), None)
        if found is not None:
            out[found] = out.get(found, 0.0) + share
    return out
