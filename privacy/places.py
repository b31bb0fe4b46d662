"""Names of places in running text: provinces and cities in every written form, districts and counties by their full name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from values.divisions_table import short_name, table


class Place(NamedTuple):
    """A chain of names (四川省成都市青羊区): where it stands and the part that names the city, else the only part."""

    start: int
    end: int
    city_start: int
    city_end: int


# Everyday words, and the name of half the streets of China
_NOT_ALONE = frozenset(
    [
        "大同",
        "三明",
        "东方",
        "中山",
        "日照",
        "海东",
        "安康",
        "和田",
        "万宁",
        "大理",
        "阳光",
        "长安",
        "平安",
        "大厂",
        "朝阳",
        "城区",
        "郊区",
        "矿区",
        "市中",
    ]
)
_RANK = {"province": 0, "city": 1, "district": 2}


@cache
def _names() -> dict[str, int]:
    """Written form → rank of its highest level. Districts by full name, county-level cities by the short one as well."""
    found: dict[str, int] = {}
    for form, entries in table().forms.items():
        ranks = [
            _RANK[entry.level]
            for entry, is_full in entries
            if entry.level != "district" or is_full or (entry.name.endswith("市") and form == short_name(entry.name))
        ]
        if ranks and form not in _NOT_ALONE:
            found[form] = 1 if 1 in ranks else min(ranks)  # 北京, 重庆: city before province
    return found


@cache
def _lengths() -> dict[str, tuple[int, ...]]:
    """First two letters → how long the names are that begin so, longest first. A table is asked faster than a pattern of thousands."""
    found: dict[str, set[int]] = {}
    for form in _names():
        found.setdefault(form[:2], set()).add(len(form))
    return {head: tuple(sorted(lengths, reverse=True)) for head, lengths in found.items()}


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where names stand, from left to right, the longest of those that begin at one place."""
    names, lengths, at = _names(), _lengths(), 0
    while at < len(text):
        known = (text[at : at + n] for n in lengths.get(text[at : at + 2], ()))
        name = next((n for n in known if n in names), "")
        if name:
            yield at, at + len(name)
        at += len(name) or 1


def find(text: str) -> list[Place]:
    """Chains of place names from left to right."""
    places: list[Place] = []
    chain: list[tuple[int, int, int]] = []
    for start, end in _spans(text):
        if chain and text[chain[-1][1] : start].strip():
            places.append(_place(chain))
            chain = []
        chain.append((start, end, _names()[text[start:end]]))
    if chain:
        places.append(_place(chain))
    return places


def _place(chain: list[tuple[int, int, int]]) -> Place:
    city = next((part for part in reversed(chain) if part[2] == 1), chain[-1])
    return Place(chain[0][0], chain[-1][1], city[0], city[1])
