"""Text as the patterns read it: full width and traditional characters made plain, position by position."""

from __future__ import annotations

from functools import cache

from values.name import simplified

BLANK = "\x00"  # stands for every character of a value already found: no pattern and no cue matches it
_FULL_WIDTH = {0xFF01 + i: chr(0x21 + i) for i in range(94)}
_KEEP = "，：；！？（）"  # as clause marks the full-width ones say more than a comma inside a number
_ODD = {
    "　": " ",
    "\t": " ",
    "\u00a0": " ",
    "﹫": "@",
    "－": "-",
    "–": "-",
    "—": "-",
    "―": "-",
    "‐": "-",
    "\u200b": " ",
}


@cache
def _table() -> dict[int, str]:
    kept = {k: v for k, v in _FULL_WIDTH.items() if chr(k) not in _KEEP}
    return kept | {ord(k): v for k, v in _ODD.items()}


_LOWER = {i: chr(i + 32) for i in range(65, 91)}


def plain(text: str) -> str:
    """Same length as ``text``, so that positions in one are positions in the other."""
    return simplified(text.translate(_table()))


def lower(text: str) -> str:
    """ASCII letters to lower case; ``str.lower`` can change the length."""
    return text.translate(_LOWER)


def blank(text: str, start: int, end: int) -> str:
    return text[:start] + BLANK * (end - start) + text[end:]
