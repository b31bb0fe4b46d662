"""One kind of personal data: pattern, check, labels that ask for it and labels that rule it out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

LABEL_CHARS = 12  # a label stands this close before its value


def accept(_: str) -> bool:
    return True


@dataclass(frozen=True)
class Recognizer:
    """A pattern over text whose full-width digits and letters have been made ASCII, position by position.

    ``pattern`` marks the value with a group ``value`` (else the whole match). ``trigger`` is a character class: text
    without any of it cannot match. ``rules_out`` are labels that, directly before the value, make it something else.
    ``is_guess``: right mostly; a note is masked by it, a table is not refused for it.
    ``needs`` are labels one of which must stand shortly before it. ``score`` orders overlapping findings.
    """

    entity: str
    kind: str
    pattern: str
    score: float
    trigger: str = "[0-9]"
    check: Callable[[str], bool] = accept
    rules_out: str | None = None
    needs: str | None = None
    needs_within: int = LABEL_CHARS
    languages: tuple[str, ...] = ("zh", "en")
    flags: re.RegexFlag = field(default=re.NOFLAG)
    is_guess: bool = False

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of every value found."""
        for match in self._regex.finditer(text):
            start, end = match.span("value" if "value" in self._regex.groupindex else 0)
            if self._label_fits(text, start) and self.check(text[start:end]):
                yield start, end

    def may_match(self, text: str) -> bool:
        return self._trigger.search(text) is not None

    def _label_fits(self, text: str, start: int) -> bool:
        if self._rules_out is not None and self._rules_out.search(text[max(0, start - LABEL_CHARS) : start]):
            return False
        return self._needs is None or self._needs.search(text[max(0, start - self.needs_within) : start]) is not None

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self.flags)

    @cached_property
    def _trigger(self) -> re.Pattern[str]:
        return re.compile(self.trigger)

    @cached_property
    def _rules_out(self) -> re.Pattern[str] | None:
        return re.compile(f"(?:{self.rules_out})$", re.IGNORECASE) if self.rules_out else None

    @cached_property
    def _needs(self) -> re.Pattern[str] | None:
        return re.compile(self.needs, re.IGNORECASE) if self.needs else None
