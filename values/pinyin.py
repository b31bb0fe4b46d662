"""Readings of Chinese names in pinyin with tone numbers: one cached look-up a character, and the readings surnames have.

A dictionary gives a character its commonest reading, which is wrong for half of the polyphonic surnames (单 is dān, the family
is Shàn), so ``values.surnames`` speaks first.
"""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from values import surnames


class _Readings(dict[str, str]):
    """Character -> reading with tone number (5: neutral), looked up once; a character that has none reads as itself."""

    def __missing__(self, character: str) -> str:
        reading: str = lazy_pinyin(character, style=Style.TONE3, neutral_tone_with_five=True)[0]
        self[character] = reading
        return reading


_GIVEN = _Readings(surnames.GIVEN_READINGS)
_DROP_SILENT = str.maketrans("", "", "· ")


def syllables(han: str) -> tuple[str, ...]:
    """One syllable with tone number a character of a name, surname first; ``·`` is silent, ``*`` stays ``*``."""
    name = han.translate(_DROP_SILENT)
    if not name:
        return ()
    if name[:2] in surnames.COMPOUND:
        return surnames.COMPOUND[name[:2]] + tuple(map(_GIVEN.__getitem__, name[2:]))
    first = surnames.READINGS.get(name[0]) or _GIVEN[name[0]]
    return (first, *map(_GIVEN.__getitem__, name[1:]))


def toneless(han: str) -> tuple[str, ...]:
    """The same without tones."""
    return tuple(map(without_tone, syllables(han)))


@lru_cache(maxsize=4096)  # there are some 1,300 syllables
def without_tone(syllable: str) -> str:
    """``zhang1`` -> ``zhang``."""
    return syllable.rstrip("012345")
