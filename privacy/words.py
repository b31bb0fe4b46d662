"""Many words as one pattern that the regular expression engine reads fast."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable


def alternatives(words: Iterable[str]) -> str:
    """A pattern of all words, longest first, grouped by first letter so that the engine skips most of them.

    Each group begins with that letter itself, what may stand before it is asked after: so the engine knows all the letters
    with which a match can begin, and passes over the others at once.
    """
    by_first: dict[str, list[str]] = defaultdict(list)
    for word in words:
        by_first[word[0]].append(word)
    groups = []
    for first, group in sorted(by_first.items()):
        rest = "|".join(re.escape(w[1:]) + _edge(w) for w in sorted(set(group), key=len, reverse=True))
        alone = f"(?<![a-z']{first})" if first.isascii() and first.isalpha() else ""
        groups.append(f"{re.escape(first)}{alone}(?:{rest})")
    return "|".join(groups)


def _edge(word: str) -> str:
    """English words match whole words only; Hanzi know no word boundary."""
    return "(?![a-z])" if word[-1].isascii() and word[-1].isalpha() else ""
