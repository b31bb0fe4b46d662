"""Where personal data stands in a text: every recogniser in turn, strongest first, none over another's find."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from privacy.plain import blank
from privacy.recognizers import Recognizer, discover

_HAN = re.compile("[㐀-鿿]")


class Span(NamedTuple):
    """One piece of personal data: positions in the text, and a kind of ``privacy.masking.MASKS``."""

    start: int
    end: int
    type: str


@cache
def _by_language(language: str, *, guesses: bool) -> tuple[Recognizer, ...]:
    return tuple(r for r in discover() if language in r.languages and (guesses or not r.is_guess))


def find(plain: str, subject: str | None = None, *, guesses: bool = True) -> list[Span]:
    """The spans of a text made plain (``privacy.plain``), left to right, none overlapping. ``subject``: a name known to be one.

    ``guesses``: what only looks like a name too.
    """
    spans = []
    for recognizer in _by_language("zh" if _HAN.search(plain) else "en", guesses=guesses):
        if recognizer.may_match(plain):
            for start, end in recognizer.find(plain):
                spans.append(Span(start, end, recognizer.kind))
                plain = blank(plain, start, end)
    spans += _named(plain, subject)
    return sorted(spans)


def _named(plain: str, subject: str | None) -> list[Span]:
    """The subject's own name wherever it stands; a single letter is too common to be taken for one."""
    if not subject or len(subject) < 2:
        return []
    found, at = [], plain.find(subject)  # no pattern: a million notes are about nearly as many names
    while at >= 0:
        found.append(Span(at, at + len(subject), "name"))
        at = plain.find(subject, at + len(subject))
    return found
