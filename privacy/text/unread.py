"""Whose a contact is where a note names somebody in words that were not understood: nobody's, to be safe.

The cues know many words for persons, but no list knows them all (a diver, a bail bondsman, 祠堂理事长). So the question is turned
round: ``parts`` tells which words cannot be somebody (verbs, adverbs, times, the things of this trade), and whatever else stands where one names
whose a contact is may be somebody else. A contact is the customer's where the note claims it for them, with nothing unread in between,
or where it was understood wholly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from privacy.text.cues import Cue
from privacy.text.owner import AGENT
from privacy.text.parts import Word, is_in_word, words
from privacy.text.phrases import phrases

_ENDS_POSSESSION = frozenset(("say", "noun", "copula", "call", "tried", "instruct"))
_ANYBODY = frozenset(("self", "me", "reflexive", "he", "she", "counterpart"))
_AIMS_AT = frozenset(("call", "with", "tried"))
BREAKS = frozenset("，,。；;！!？?\n\x00")


@dataclass
class Lead:
    """What was read up to a contact, from left to right.

    ``is_claimed``: for the customer, by name or in their own words; ``is_he``: for whoever was spoken of; ``is_anothers``: perhaps
    for somebody not understood; ``is_read``: all was understood; ``by_stranger``: somebody not understood says it.
    """

    text: str
    claims: Callable[[Cue], bool]  # whether a cue is the customer
    is_claimed: bool = False
    is_he: bool = False
    is_anothers: bool = False
    is_read: bool = True
    by_stranger: bool = False
    _last: Word | Cue | None = None
    _noun: Word | None = None
    _owner: Cue | None = None
    _was_claimed: bool = False
    _is_unread: bool = False  # the last who may be meant is no word of the cues
    _held_at: int | None = None  # where a contact was spoken of as somebody else's: 中介号码
    _is_owner_aimed_at: bool = False  # 找我们…

    def read(self, start: int, end: int, cues: Sequence[Cue]) -> Lead:
        """Read the stretch before a contact that begins at ``end``. ``cues``: those of it."""
        for token in between(self.text, start, end, cues):
            if isinstance(token, Word):
                self._hear_word(token)
            else:
                self._hear_cue(token)
            self._last = token
        if self._held_at is not None or (
            self._noun is not None and phrases().to_contact.fullmatch(self.text[self._noun.end : end])
        ):
            self._doubt()
        return self

    def _doubt(self, *, is_unread: bool = True) -> None:
        self.is_claimed = self.is_he = False
        self.is_anothers, self._is_unread = True, is_unread

    def _hear_word(self, word: Word) -> None:
        self.is_read = False
        if not word.is_noun:
            return
        self._noun = word
        if (
            not (self.is_claimed or self.is_he)
            or self._is_owned(word)
            or self._is_aimed_at(word)
            or self._is_head(word)
        ):
            self._doubt()
        self._owner = None

    def _is_owned(self, noun: Word) -> bool:
        """客户的师父, his bandmate; not 客户失业，which says something of the customer."""
        if self._owner is None:
            return False
        is_predicate = noun.end >= len(self.text) or self.text[noun.end] in BREAKS
        if is_predicate and not self._is_owner_aimed_at:
            return False
        return possesses(self._owner, self.text[self._owner.end : noun.start])

    def _is_aimed_at(self, what: Word | Cue) -> bool:
        """联系车队, call the sponsor."""
        last = self._last
        is_aim = isinstance(last, Cue) and bool(_AIMS_AT & last.tables) and last.word not in phrases().acted_on
        return is_aim and last is not None and what.start - last.end <= 2

    def _is_head(self, noun: Word) -> bool:
        """买走客户手机的人: whoever that is, it is not the customer."""
        return self.text[noun.start] == "人" and self.text[noun.start - 1 : noun.start] == "的"

    def _hear_cue(self, cue: Cue) -> None:
        noun = self._noun
        if self.claims(cue):
            if not (self.by_stranger or self._is_of_somebody(cue)):
                self.is_claimed, self.is_anothers, self._is_unread = True, False, False
                self._was_claimed = True
                if self._held_at is not None and BREAKS.intersection(self.text[self._held_at : cue.start]):
                    self._held_at = None  # that was his mother's, 他自己用…
            self._own(cue)
        elif {"he", "she"} & cue.tables:
            if noun is not None and self.text[noun.start].isascii():
                self._doubt()  # a girl he met online, she texts from…
            self.is_he = self.is_he or not self.is_anothers
            self._own(cue)
        else:
            if "say" in cue.tables and self._is_unread:
                self.by_stranger = True
            elif cue.role not in (None, AGENT, "employer"):
                self._doubt(is_unread=False)  # who then speaks the reader knows
                self.by_stranger = (
                    self.by_stranger or phrases().i_am.search(self.text, max(0, cue.start - 30), cue.start) is not None
                )
            elif "noun" in cue.tables:
                self._hear_of_contact(cue)
            if cue.role is not None or _ENDS_POSSESSION & cue.tables:
                self._owner = None

    def _own(self, cue: Cue) -> None:
        self._owner, self._is_owner_aimed_at = cue, self._is_aimed_at(cue)

    def _is_of_somebody(self, cue: Cue) -> bool:
        """Named only beside somebody else: 队友自己, the attorney representing the customer, whoever found the customer's wallet."""
        if cue.word in phrases().an_agents and not phrases().contact.match(self.text, cue.end):
            return True  # an agent's card
        if "reflexive" in cue.tables:
            return not self._was_claimed or (self._noun is not None and cue.start - self._noun.end <= 1)
        return self.is_anothers and bool(
            phrases().on_behalf.search(self.text, max(0, cue.start - 20), cue.start)
            or phrases().another_thing.match(self.text, cue.end)
        )

    def _hear_of_contact(self, cue: Cue) -> None:
        """队友的电话, 中介号码: held by whoever stands before it, until it is said of the customer's own."""
        last = self._last
        is_others = isinstance(last, Cue) and last.role not in (None, AGENT, "employer")
        is_theirs = isinstance(last, Word) and last.is_noun
        if last is None or not phrases().to_noun.fullmatch(self.text[last.end : cue.start]):
            return
        if is_others or is_theirs:
            self._held_at = cue.end
        elif isinstance(last, Cue) and self.claims(last):
            self._held_at = None


def between(text: str, start: int, end: int, cues: Sequence[Cue]) -> Iterator[Word | Cue]:
    """Cues and unread words of a stretch, from left to right. ``cues``: those of it."""
    at = start
    for cue in cues:
        if cue.end - cue.start == 1 and not (cue.role or _ANYBODY & cue.tables) and is_in_word(text, cue.start):
            continue  # 系 of 系统
        yield from words(text, at, cue.start)
        yield cue
        at = cue.end
    yield from words(text, at, end)


def possesses(owner: Cue, gap: str) -> bool:
    """Whether what follows the gap is the owner's."""
    said = phrases()
    return bool(said.possesses.fullmatch(gap) or (owner.word in said.possessives and said.adjectives.fullmatch(gap)))
