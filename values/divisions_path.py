"""Reading division names from the beginning of a text: province, city, district, in every way in which they are written.

The same beginnings come again and again (a million addresses know some thousands of districts), so what was read is kept by as
much of the text as the reading looked at, and not one character more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz.distance import OSA

from values.divisions_table import Entry, table

State = tuple[Entry, ...]  # what the text so far can mean; empty: nothing read yet

FILLER = re.compile(
    r"[\s,，、/|\-—_·.>;；:：]+|中华人民共和国|中国(?=\w{2})|(?:省|自治区)?直辖(?:县级|县|市)(?:行政区划|行政单位)?|市辖区|生产建设兵团(?:第?[一二三四五六七八九十\d]+师)?|(?<=市)县(?=\w\w+县)"
)
# How a filler of letters begins, and how far beyond it the pattern can look; any other letter begins none.
_FILLER_BEGINS = {"中华": 7, "中国": 4, "省直": 12, "自治": 14, "直辖": 12, "市辖": 3}
# After a short name (西湖, 上海) these say that it is the name of a road, a village or an estate.
_NAMES_SOMETHING_ELSE = re.compile(
    r"[东西南北中前后新老大小上下内外]?[一二三四五六七八九十\d]{0,3}"
    r"(?:路|街|大道|大街|道|巷|里|弄|胡同|桥|村|镇|乡|屯|庄|湾|苑|府|庭|阁|轩|公馆|家园|花园|花苑|小区|公寓|大厦|广场|小学|中学|大学|医院|酒店|饭店|宾馆)"
)
_SOMETHING_ELSE_BEGINS = frozenset(
    "东西南北中前后新老大小上下内外一二三四五六七八九十路街道巷里弄胡桥村镇乡屯庄湾苑府庭阁轩公家花医酒饭宾广"
)
_NAME_REACH = 8  # the characters it can look at
_TYPO_END = "省市区县旗州盟"
# Zones of no division of their own: 西安市高新区 is not a misspelt 高陵区.
_ZONES = re.compile(
    r"(?:高新|经开|开发|保税|示范|工业|产业|旅游|风景|度假|新城|老城|[园景新城郊矿市片社小校厂库特辖湖东西南北中A-Z一二三四五\d])区$"
)
_LONGEST_TYPO = 11
_MOST_NAMES = 6  # province, city, district, and some said twice
_MOST_HEADS = 1 << 16


def read(text: str, start: State = ()) -> tuple[int, State]:
    """(where the divisions at the beginning of a prepared text end, what they can mean); exact names first, then typos."""
    if start:
        return _Reader(text).read(start)
    known = _ENDING.find(text, _breaks_at) or _BEGINNING.find(text, _any_end)
    if known is None:
        reader = _Reader(text)
        known = reader.read(())
        _keep(text, reader, known)
    return known


def lies_in(entry: Entry, state: State) -> bool:
    """Is it one of the state, or in one, or holds one? Anything is in an empty state."""
    return not state or any(entry.within & codes for codes in (_codes(s) for s in state))


@dataclass(slots=True)
class _Heads:
    """Beginning of a text → what was read there. ``lengths``: first two characters → lengths of the beginnings kept."""

    found: dict[str, tuple[int, State]] = field(default_factory=dict)
    lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def find(self, text: str, ends_well: Callable[[str, int], bool]) -> tuple[int, State] | None:
        """What was read where the text begins so, and ``ends_well`` holds where that beginning ends."""
        size, found = len(text), self.found
        for length in self.lengths.get(text[:2], ()):
            if length <= size and (known := found.get(text[:length])) and ends_well(text, length):
                return known
        return None

    def keep(self, head: str, known: tuple[int, State]) -> None:
        if len(self.found) >= _MOST_HEADS:
            self.found, self.lengths = {}, {}
        self.found[head] = known
        lengths = self.lengths.get(head[:2], ())
        if len(head) not in lengths:
            self.lengths[head[:2]] = tuple(sorted((*lengths, len(head))))


_ENDING = _Heads()  # a district, and then something that is plainly no division
_BEGINNING = _Heads()  # anything else, with as much of what follows as was looked at


def _keep(text: str, reader: _Reader, known: tuple[int, State]) -> None:
    end = known[0]
    if end >= reader.seen and end + 2 >= reader.peeked and _breaks_at(text, end):
        _ENDING.keep(text[:end], known)
    elif 2 <= max(reader.seen, reader.peeked) <= len(text):
        _BEGINNING.keep(text[: max(reader.seen, reader.peeked)], known)


def _breaks_at(text: str, end: int) -> bool:
    """Does no name and no filler begin here, or one character before?"""
    before, here = text[end - 1 : end + 1], text[end : end + 2]
    starts = table().lengths
    return (
        end > 0
        and here[:1].isalnum()
        and here[0] not in "生县"
        and here not in starts
        and here not in _FILLER_BEGINS
        and before not in starts
        and before not in _FILLER_BEGINS
    )


def _any_end(_text: str, _end: int) -> bool:
    return True


@dataclass(slots=True)
class _Reader:
    """One reading of one text.

    ``peeked``: how far it looked two characters at a time and found that nothing begins there; ``seen``: how far it looked
    otherwise. Its result depends on no more of the text; on its end as well where they are beyond it.
    """

    text: str
    seen: int = 0
    peeked: int = 0

    def read(self, start: State) -> tuple[int, State]:
        end, state = self._longest_path(0, start, _MOST_NAMES)
        return self._past_typo(end, state, start)

    def _look(self, to: int) -> None:
        self.seen = max(self.seen, to)

    def _peek(self, at: int) -> None:
        self.peeked = max(self.peeked, at + 2)

    def _longest_path(self, at: int, state: State, names: int) -> tuple[int, State]:
        """Follow division names from ``at`` as far as they lead downwards; the reading that ends last wins."""
        here = self._past_filler(at)
        best = (at, state)
        for end, after, is_full in self._steps(here, state):
            deeper = self._deeper(end, after, names)
            if deeper[0] == end and not is_full and self._names_something_else(end):
                continue
            if deeper[0] > best[0]:
                best = deeper
        return best

    def _deeper(self, end: int, after: State, names: int) -> tuple[int, State]:
        self._peek(end)
        return self._longest_path(end, after, names - 1) if end < len(self.text) and names else (end, after)

    def _names_something_else(self, end: int) -> bool:
        first = self.text[end : end + 1]
        if first.isalpha() and first not in _SOMETHING_ELSE_BEGINS:
            self._look(end + 1)
            return False
        self._look(end + _NAME_REACH)
        return _NAMES_SOMETHING_ELSE.match(self.text, end) is not None

    def _past_filler(self, at: int) -> int:
        """Where the next name can begin; the pattern is asked only where the characters are such that it could match."""
        begins = self.text[at : at + 2]
        if begins[:1].isalnum() and not self._may_be_long(begins, at):
            reach = _FILLER_BEGINS.get(begins)
            if reach is None:
                self._peek(at)
                return at
            self._look(at + reach)
        else:
            self._look(len(self.text) + 1)
        filler = FILLER.match(self.text, at)
        return filler.end() if filler else at

    def _may_be_long(self, begins: str, at: int) -> bool:
        """Fillers that look at all that follows: 生产建设兵团…师, and behind 市 a 县 with another further on. The 县 of a county is none."""
        return begins == "生产" or (begins[0] == "县" and self.text[at - 1 : at] == "市")

    def _steps(self, at: int, state: State) -> Iterator[tuple[int, State, bool]]:
        """Names that start at ``at`` and lie within ``state``, the longest first."""
        self._peek(at)
        if lengths := table().lengths.get(self.text[at : at + 2]):
            self._look(at + lengths[0])
            for length in (n for n in lengths if at + n <= len(self.text)):
                for after, is_full in _readings(self.text[at : at + length], state):
                    yield at + length, after, is_full

    def _past_typo(self, end: int, state: State, start: State) -> tuple[int, State]:
        """Read on over one misspelt name, where it (or what follows it) leaves only one division that can be meant."""
        if any(e.level == "district" for e in state):
            return end, state
        here = self._past_filler(end)
        for after, near in self._typos(here, state or start):
            further, deeper = self._longest_path(after, near, _MOST_NAMES)
            if len(near) == 1 or (further > after and len(deeper) == 1):
                return further, deeper
        return end, state

    def _typos(self, at: int, state: State) -> Iterator[tuple[int, State]]:
        """Names below ``state`` that differ by one edit from what stands at ``at``, of the same kind (市, 区, 县 …)."""
        parents = {code for e in state for code in _codes(e)} or {""}
        self._look(at + _LONGEST_TYPO)
        for length in range(min(_LONGEST_TYPO, len(self.text) - at), 1, -1):
            written = self.text[at : at + length]
            if written[-1] not in _TYPO_END or _ZONES.search(written) or _is_full_name(written):
                continue
            near = tuple(e for parent_code in parents for e in _near(parent_code, written))
            if near:
                yield at + length, near


@lru_cache(maxsize=65536)
def _readings(form: str, state: State) -> tuple[tuple[State, bool], ...]:
    """What a written form can mean within ``state``, today's divisions before the past's; is one of them its full name?"""
    fits = [(e, full) for e, full in table().forms.get(form, ()) if lies_in(e, state)]
    fits = [(e, full) for e, full in fits if _lies_below(e, state)] or fits
    today = [(e, full) for e, full in fits if e.is_current]
    past = [(e, full) for e, full in fits if not e.is_current and (full or state or e.level == "city")]
    return tuple((tuple(e for e, _ in group), any(full for _, full in group)) for group in (today, past) if group)


def _lies_below(entry: Entry, state: State) -> bool:
    return any(entry.code not in _codes(s) and entry.within & _codes(s) for s in state)


def _codes(entry: Entry) -> set[str]:
    return {entry.code, *entry.successors}


def _is_full_name(written: str) -> bool:
    """Somebody else's name is no misspelling: 杭州市江北区 contradicts itself."""
    return any(is_full for _, is_full in table().forms.get(written, ()))


@lru_cache(maxsize=16384)
def _near(parent_code: str, written: str) -> State:
    """Current divisions of this parent whose full name is one edit (or a swap) away."""
    names = table().full_names
    same_kind = (
        e
        for size in range(max(3, len(written) - 1), len(written) + 2)
        for e in names.get((parent_code, size), ())
        if e.name[-1] == written[-1]
    )
    return tuple(e for e in same_kind if OSA.distance(e.name, written, score_cutoff=1) == 1)
