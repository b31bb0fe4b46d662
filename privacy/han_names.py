"""How much a place in a Chinese text looks like a person's name, in bits, where no word announces one.

A surname, one or two given characters, each weighed by how much more often it stands there in names than anywhere in text; against
that, words of two characters that would be cut through. The counts come with a dictionary (``data/NOTICE.md``): no model, no network.
"""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from privacy.names import COMPOUND_SURNAMES
from values.surnames import SINGLE

_CUT = -7.0  # a word that the name would be a part of, or end in the middle of
_HALF_CUT = -2.0  # the given name alone is a word: 建国, 海洋 are names too
_WORDS_OF_ONE = frozenset("的在是说称叫为有和与跟从到了让请把被就不没已也又还要来去接打给对向由找问他她我你您")
_EDGE = 3.0  # the text begins or ends here, or something that is no Hanzi stands here

_SURNAME = re.compile(f"[{''.join(sorted({name[0] for name in (*SINGLE, *COMPOUND_SURNAMES)}))}]")


class _Tables(NamedTuple):
    weights: dict[tuple[str, str], float]
    words: frozenset[str]


@cache
def _tables() -> _Tables:
    weights, words = {}, set()
    with gzip.open(files("privacy").joinpath("data/han_names.tsv.gz").open("rb"), "rt", encoding="utf-8") as lines:
        for line in lines:
            name, letters, bits = line.rstrip("\n").split("\t")
            if name == "word":
                words.add(letters)
            else:
                weights[name, letters] = float(bits)
    return _Tables(weights, frozenset(words))


def surnames_in(text: str) -> Iterator[tuple[int, int]]:
    """Where a surname begins that is not the text's last character, and its length."""
    for match in _SURNAME.finditer(text, 0, len(text) - 1):
        yield match.start(), surname_at(text, match.start())


def surname_at(text: str, start: int) -> int:
    """Length of the surname that begins here, 0 where none does."""
    if text[start : start + 2] in COMPOUND_SURNAMES:
        return 2
    return int(text[start : start + 1] in SINGLE)


def bits(text: str, start: int, surname: int, given: int) -> float:
    """For a name of so many characters that begins here: evidence that it is one, above 0 for it."""
    middle, end = start + surname, start + surname + given
    if end > len(text):
        return -math.inf
    found = _weight("surname", text[start:middle])
    names = ("first", "last") if given == 2 else ("only",)
    found += sum(_weight(name, letter) for name, letter in zip(names, text[middle:end], strict=True))
    cuts = [text[start : start + 2], text[start - 1 : start + 1] if start else "", text[end - 1 : end + 1]]
    found += _CUT * sum(is_word(two) for two in (cuts if surname == 1 else cuts[1:]))
    if given == 2 and is_word(text[middle:end]):
        found += _HALF_CUT
    return found + _side(text, start, -1) + _side(text, end, 1)


def is_word(two: str) -> bool:
    return two in _tables().words


def in_longer_word(text: str, start: int, end: int) -> bool:
    """Whether what stands here is, or overlaps, a word of three or four characters (来龙去脉)."""
    words = _tables().words
    return any(text[at : at + n] in words for n in (3, 4) for at in range(max(0, start - n + 1), end))


def _side(text: str, at: int, step: int) -> float:
    """What stands beside a name: an edge speaks for it; a word, or a character that is one, does not speak against it."""
    beside = text[at : at + 1] if step > 0 else text[max(0, at - 1) : at]
    if not "㐀" <= beside <= "鿿":
        return _EDGE
    if beside in _WORDS_OF_ONE:
        return 0.0
    return 0.0 if is_word(text[at : at + 2] if step > 0 else text[max(0, at - 2) : at]) else -2.0


def _weight(name: str, letters: str) -> float:
    weights = _tables().weights
    return weights.get((name, letters), weights[name, ""])


def likelier_first(text: str, start: int, surname: int) -> tuple[int, int]:
    """How many given characters to try first: 孙立 of 孙立接的."""
    two, one = (bits(text, start, surname, given) for given in (2, 1))
    return (1, 2) if one > two else (2, 1)
