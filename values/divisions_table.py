"""The table of China's administrative divisions (GB/T 2260) from 1980 on, and every way in which a name is written.

Source: ``data/divisions.tsv.gz``, made by ``data/make_divisions.py``; notices in ``data/NOTICE-divisions.md``.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
LEVELS = ("province", "city", "district")

# Longest first, so that 自治县 is not taken for 县.
_KINDS = (
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "自治旗",
    "地区",
    "林区",
    "特区",
    "新区",
    "省",
    "市",
    "盟",
    "区",
    "县",
    "旗",
)
_PEOPLES = tuple(
    sorted(
        """壮族 回族 满族 维吾尔 苗族 彝族 土家族 藏族 蒙古族 蒙古 侗族 布依族 瑶族 白族 朝鲜族 哈尼族 黎族 哈萨克族 哈萨克 傣族 畲族
        傈僳族 东乡族 仡佬族 拉祜族 佤族 水族 纳西族 羌族 土族 仫佬族 锡伯 柯尔克孜 景颇族 达斡尔族 撒拉族 布朗族 毛南族 塔吉克
        普米族 怒族 鄂温克族 保安族 裕固族 独龙族 各族""".split(),  # noqa: SIM905  a table of names reads better
        key=len,
        reverse=True,
    )
)


# 塔城 and 阿勒泰 are prefectures inside a prefecture (伊犁), which their codes do not show.
_UNDER_ILI = frozenset({"6542", "6543"})


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A code under one name. ``within``: codes of everything it lies or lay in, itself and its successors included."""

    code: str
    name: str
    level: str
    parent: str
    valid_from: int
    valid_to: int | None
    successors: tuple[str, ...]
    within: frozenset[str]

    @property
    def is_current(self) -> bool:
        return self.valid_to is None


@dataclass(frozen=True, slots=True)
class Table:
    """``current`` and ``past`` by code; ``forms``: written form → (entry, is that its full name?), current ones first."""

    current: dict[str, Entry]
    past: dict[str, tuple[Entry, ...]]
    forms: dict[str, tuple[tuple[Entry, bool], ...]]
    lengths: dict[str, tuple[int, ...]]  # first two characters → lengths of the forms that begin so, the longest first
    full_names: dict[tuple[str, int], tuple[Entry, ...]]  # (parent code, length of name) → current ones, for typos


def without_kind(name: str) -> str:
    """宁波市 → 宁波, where two characters remain."""
    for kind in _KINDS:
        if name.endswith(kind) and len(name) - len(kind) > 1:
            return name[: -len(kind)]
    return name


def short_name(name: str) -> str:
    """宁波市 → 宁波, 大理白族自治州 → 大理, 广西壮族自治区 → 广西, 东乡族自治县 → 东乡."""
    stem = without_kind(name)
    if "自治" not in name:
        return stem
    while people := next((p for p in _PEOPLES if stem.endswith(p) and len(stem) - len(p) > 1), ""):
        stem = stem[: -len(people)]
    return stem.removesuffix("族") if len(stem) > 2 else stem


def written_forms(name: str) -> set[str]:
    """Every way in which this division's name is commonly written, the name itself included."""
    short = short_name(name)
    forms = {name, short}
    if "自治" in name:
        forms |= {short + name[-1], short + name[-3:]}
    if name.endswith("自治区"):
        forms |= {short + "省", "内蒙" if short == "内蒙古" else short}
    if name.endswith(("地区", "盟")):
        forms.add(short + "市")
    return {form for form in forms if len(form) > 1}


@cache
def table() -> Table:
    """The table, read once."""
    rows = [line.split("\t") for line in _lines("divisions.tsv.gz")]
    parents = {row[0]: row[3] for row in reversed(rows)}  # current rows come first in the file and win
    entries = [_entry(row, parents) for row in rows]
    current = {e.code: e for e in entries if e.is_current}
    past: dict[str, list[Entry]] = defaultdict(list)
    forms: dict[str, list[tuple[Entry, bool]]] = defaultdict(list)
    full_names: dict[tuple[str, int], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.is_current:
            full_names[entry.parent, len(entry.name)].append(entry)
        else:
            past[entry.code].append(entry)
        for form in written_forms(entry.name):
            forms[form].append((entry, form == entry.name))
    return Table(
        current,
        {code: tuple(found) for code, found in past.items()},
        {form: tuple(found) for form, found in forms.items()},
        _lengths(forms),
        {key: tuple(found) for key, found in full_names.items()},
    )


def _lengths(forms: Iterable[str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = defaultdict(set)
    for form in forms:
        found[form[:2]].add(len(form))
    return {start: tuple(sorted(lengths, reverse=True)) for start, lengths in found.items()}


def chain(code: str, parents: dict[str, str]) -> list[str]:
    """The code and all above it."""
    found = []
    while code and code not in found:
        found.append(code)
        code = parents.get(code) or _parent_by_digits(code)
    return found


def _parent_by_digits(code: str) -> str:
    if code.endswith("0000"):
        return ""
    return code[:2] + "0000" if code.endswith("00") else code[:4] + "00"


def _entry(row: list[str], parents: dict[str, str]) -> Entry:
    code, name, level, parent, first, last, heirs = row
    successors = tuple(heirs.split(";")) if heirs else ()
    within = frozenset(c for start in (code, *successors) for c in chain(start, parents))
    if code[:4] in _UNDER_ILI:
        within |= {"654000"}
    return Entry(code, name, level, parent, int(first), int(last) if last else None, successors, within)


def _lines(name: str) -> list[str]:
    return gzip.decompress((DATA / name).read_bytes()).decode("utf-8").splitlines()[1:]
