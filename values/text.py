"""Text before it means anything: one spelling of widths, spaces, invisible characters and mask characters."""

from __future__ import annotations

import re
import unicodedata

# Format controls and fillers that copying from a phone's contact list, a web page or a PDF leaves behind.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPACES = re.compile(r"\s+")
# Spreadsheets and exports protect digits as '138..., ="138..." and "138...".
_PROTECTED = re.compile(r"""^=?(["'`])(?P<inner>.*)\1$|^['`](?P<bare>.*)$""")

# Any of what ``plain`` mends; few texts have it.
_UNTIDY = re.compile(rf"{_INVISIBLE.pattern}|{_CONTROL.pattern}|[^\S ]|  |^[ ='\"`]| \Z")

MASK_CHARACTERS = "*＊•●○◦∗⁎✱✳※█■□◆◇★☆▪▇▒░﹡٭"
_MASK_TABLE = str.maketrans(dict.fromkeys(MASK_CHARACTERS, "*"))
_ELLIPSIS = re.compile(r"\.{3,}|…+")


def plain(text: str) -> str:
    """NFKC, no invisible or control characters, single spaces, no protecting quotes. Idempotent."""
    text = unicodedata.normalize("NFKC", text)
    if not _UNTIDY.search(text):
        return text
    before = None
    while text != before:  # removing one layer can uncover another
        before = text
        text = _SPACES.sub(" ", _CONTROL.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))).strip()
        if quoted := _PROTECTED.match(text):
            text = quoted["inner"] if quoted["inner"] is not None else quoted["bare"]
    return text


def with_stars(text: str) -> str:
    """Every character that systems mask with becomes ``*``; an ellipsis becomes one ``*``."""
    return unicodedata.normalize("NFKC", _ELLIPSIS.sub("*", text.translate(_MASK_TABLE)))
