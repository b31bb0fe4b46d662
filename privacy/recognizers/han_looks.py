"""Han names that no word announces: a surname and given characters that hardly stand together otherwise. A guess, for masking notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from privacy import han_names
from privacy.names import NOT_NAMES
from privacy.recognizers.han_name import is_given
from privacy.recognizers.recognizer import Recognizer
from privacy.text.cues import lexicon
from values import divisions

_ENOUGH, _ENOUGH_OF_TWO = 3.0, 9.0  # bits
_BEFORE_NO_SURNAME = frozenset("一二三四五六七八九十两几这那每哪整半多小老阿某")


def _unannounced(text: str) -> Iterator[tuple[int, int]]:
    """Names that no word announces (上次是卢小军接的): where the characters themselves say so, and no ordinary word would be cut."""
    end = 0
    for start, surname in han_names.surnames_in(text):
        if start < end or not surname or text[start : start + 2] in NOT_NAMES or _counts(text, start):
            continue
        given = han_names.likelier_first(text, start, surname)[0]
        if _evidence(text, start, surname, given) >= 0 and not han_names.in_longer_word(
            text, start, start + surname + given
        ):
            end = start + surname + given
            yield start, end


def _evidence(text: str, start: int, surname: int, given: int) -> float:
    """Above 0: a name. One given character alone is a name more seldom, and words of two characters are many."""
    end = start + surname + given
    written = text[start:end]
    if not is_given(text[start + surname : end], given) or _ends_in_word(text, start, end):
        return -1.0
    needed = _ENOUGH if surname + given > 2 else _ENOUGH_OF_TWO
    return han_names.bits(text, start, surname, given) - needed if _is_no_word(written) else -1.0


def _is_no_word(written: str) -> bool:
    """Neither a word nor a place, whole or without its first character (于宁德)."""
    if any(lexicon().knows(written[:length]) for length in (2, 3)) or han_names.is_word(written):
        return False
    behind = written[1:]
    if written[0] == "于" and (han_names.is_word(behind) or divisions.candidates(behind)):
        return False
    return not divisions.candidates(written)


def _counts(text: str, start: int) -> bool:
    """这张卡, 两项费用: a measure word, no surname; 小李早: a nickname."""
    return start > 0 and text[start - 1] in _BEFORE_NO_SURNAME


def _ends_in_word(text: str, start: int, end: int) -> bool:
    """Whether the last character belongs to a word of the tables that goes on behind it (岳父接, 王婶婶)."""
    return any(lexicon().knows(text[end - 1 : end - 1 + length]) for length in (2, 3)) or (
        end - start == 2 and lexicon().knows(text[end - 1 : end])
    )


@dataclass(frozen=True)
class HanLooks(Recognizer):
    """The look of the characters, in place of a pattern."""

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        return _unannounced(text)


RECOGNIZERS = (
    HanLooks(
        entity="CN_NAME_LOOKS",
        kind="name",
        pattern="",
        score=0.38,
        trigger="[㐀-鿿]{2}",
        languages=("zh",),
        is_guess=True,
    ),
)
