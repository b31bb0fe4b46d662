"""Where the clauses and sentences of a note end, and which cues stand where."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from privacy.text.cues import Cue, lexicon

_CLAUSE = re.compile(
    r"[，,。；;！!？?\n]|(?<=[a-z\x00)])(?<!\bno)(?<!\btel)(?<!\bmob)(?<!\bext)(?<!\bst)(?<!\bmr)(?<!\bmrs)(?<!\bms)(?<!\bdr)\.(?=\s|$)|(?<=[㐀-鿿\x00]) +(?=[㐀-鿿])"
)
_SENTENCE_END = frozenset("。；;！!？?\n.")


def clause_around(read: str, start: int, end: int) -> tuple[int, int]:
    """Where the clause of a stretch begins and ends."""
    first = max((m.end() for m in _CLAUSE.finditer(read, 0, start)), default=0)
    after = _CLAUSE.search(read, end)
    return first, after.start() if after else len(read)


class Layout:
    """A text in lower case, values blank: ``cues`` from left to right, clauses and sentences by position."""

    def __init__(self, read: str) -> None:
        self.read = read
        self.cues = lexicon().read(read)
        breaks = [(m.end(), read[m.start()] in _SENTENCE_END) for m in _CLAUSE.finditer(read)]
        self._clauses = [0, *(at for at, _ in breaks)]
        self._sentences = [0, *(at for at, ends in breaks if ends)]
        self._cue_starts = [c.start for c in self.cues]

    def cues_in(self, start: int, end: int) -> list[Cue]:
        """Those that stand wholly within."""
        first = bisect_left(self._cue_starts, start)
        return [c for c in self.cues[first : bisect_left(self._cue_starts, end)] if c.end <= end]

    def clause_start(self, position: int) -> int:
        return self._clauses[bisect_right(self._clauses, position) - 1]

    def sentence_start(self, position: int) -> int:
        return self._sentences[bisect_right(self._sentences, position) - 1]

    def clause_end(self, position: int) -> int:
        return self._next(self._clauses, position)

    def sentence_end(self, position: int) -> int:
        return self._next(self._sentences, position)

    def begins_clause(self, cue: Cue) -> bool:
        return not self.read[self.clause_start(cue.start) : cue.start].strip()

    def _next(self, ends: Sequence[int], position: int) -> int:
        at = bisect_right(ends, position)
        return ends[at] if at < len(ends) else len(self.read)
