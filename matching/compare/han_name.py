"""Chinese names: the same characters, the same sound, hidden characters, a surname with a title."""

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
    from values import name as names


def _names() -> ModuleType:
    """Loaded when first needed: its tables take a while, and not every linking has Chinese names."""
    from values import name  # noqa: PLC0415

    return name


@lru_cache(maxsize=1 << 16)
def sound(name: str) -> str | None:
    """Syllables without tone, the same for a Han name and its romanisation; None where it is masked or titled."""
    parsed = _parsed(name)
    if parsed is None or parsed.kind != "person":
        return None
    if parsed.script != "han":
        return "".join(sorted(name.casefold().replace("'", "").split()))
    from values import pinyin  # noqa: PLC0415 - see _names

    syllables = [s.rstrip("12345") for s in pinyin.syllables(parsed.canonical)]
    return "".join(sorted([syllables[0], "".join(syllables[1:])])) if syllables else None


@lru_cache(maxsize=1 << 16)
def surname(name: str) -> str | None:
    """The surname, where it is shown."""
    parsed = _parsed(name)
    if parsed is None or parsed.script != "han" or "*" in (parsed.surname or "*"):
        return None
    return parsed.surname


def _parsed(name: str) -> names.Name | None:
    try:
        return _names().parse(name)  # type: ignore[no-any-return]
    except BadInput:  # it has no key
        return None


class HanName(Kind):
    """``tone``: the same syllables and tones; ``sound``: the same syllables, or romanised (Zhang Wei).

    ``masked``: the characters shown fit (张*); ``title``: the surname fits and is all that is said (王先生).
    """

    name = "han_name"
    levels = ("different", "one character", "title", "masked", "sound", "tone", "exact")
    m = (0.04, 0.02, 0.08, 0.12, 0.02, 0.02, 0.7)
    u = (0.9405, 0.01, 0.03, 0.018, 0.0005, 0.0005, 0.0005)
    term_frequency = True
    shared_by = ("namesake",)
    handed_down = 0.1
    of_family = 3  # 张* and 张先生 are said of all the family
    is_slow = True
    keys: ClassVar[Mapping[str, KeyFunction]] = {
        "exact": keys.exact,
        "sound": lambda values: keys.each(values, sound),
        "surname": lambda values: keys.each(values, surname),
        "last": lambda values: keys.without_mask(keys.end(1)(values)),
    }

    def compare(self, left: pa.Array, right: pa.Array) -> Levels:
        return np.fromiter(map(_level, left.to_pylist(), right.to_pylist()), dtype=np.int8, count=len(left))


_GRADE = {"exact": 6, "pinyin_tone": 5, "pinyin": 4, "romanised": 4, "masked": 3, "title": 2}


def _level(a: str, b: str) -> int:
    return _GRADE.get(_names().compatible(a, b) or "", 1 if _one_character(a, b) else 0)


def _one_character(a: str, b: str) -> bool:
    """Names of one length, at least three characters, that differ in one."""
    return len(a) == len(b) >= 3 and sum(x != y for x, y in zip(a, b, strict=True)) == 1
