"""Whether a contact may be the customer's at all: what was not understood around it speaks against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from privacy.text.behind import acts, is_anothers_behind, is_claimed_behind, is_himself_behind, is_others_first
from privacy.text.cues import Cue
from privacy.text.layout import Layout
from privacy.text.mentions import Mention
from privacy.text.owner import SELF, Reader
from privacy.text.parts import Word
from privacy.text.unread import Lead, between

ONESELF = frozenset(("self", "me", "reflexive"))


class Verdict(NamedTuple):
    """Words that were not understood stand where one says whose a contact is, and where one says who tells it."""

    is_unclear: bool
    by_stranger: bool


class Before(NamedTuple):
    """The contact before: where it ends and whose it is."""

    end: int
    owner: str


@dataclass(frozen=True)
class Doubts:
    """Of the contacts of one note."""

    _layout: Layout

    def judge(self, reader: Reader, mention: Mention, last: Before | None, following: int, is_said: bool) -> Verdict:
        """Of one contact that would be the customer's. ``last``: what came before it; ``following``: where the next begins."""

        def claims(cue: Cue) -> bool:
            return bool(ONESELF & cue.tables) and reader.resolve(cue) == SELF

        sentence = self._layout.sentence_start(mention.start)
        previous = last.end if last is not None else 0
        is_theirs = last is not None and previous > sentence and last.owner == SELF
        lead = self._lead(claims, max(previous, sentence), mention.start, is_theirs)
        until = min(following, self._layout.sentence_end(mention.end))
        behind = self._layout.cues_in(mention.end, until)
        if is_himself_behind(self._layout.read, mention.end, until):
            return Verdict(False, lead.by_stranger)
        if lead.is_anothers or is_anothers_behind(self._layout.read, mention.end, until, behind):
            return Verdict(True, lead.by_stranger)
        if self._is_of_work(mention, sentence, until):
            return Verdict(True, lead.by_stranger)
        if lead.is_claimed or is_claimed_behind(self._layout.read, mention.end, until, behind):
            return Verdict(False, lead.by_stranger)
        # who, where the sentence itself does not say; an agent's notes say "me" of the agent
        earlier = Lead(self._layout.read, lambda c: "self" in c.tables and claims(c))
        earlier.read(previous, sentence, self._layout.cues_in(previous, sentence))
        if earlier.is_anothers or acts(self._layout.read, mention.end) or is_others_first(behind, reader.resolve):
            return Verdict(True, lead.by_stranger)
        is_clear = (
            is_said or lead.is_he or earlier.is_claimed or (lead.is_read and self._is_read(mention, until, behind))
        )
        return Verdict(not is_clear, lead.by_stranger)

    def _is_of_work(self, mention: Mention, start: int, until: int) -> bool:
        """A landline where the sentence is of the employer."""
        is_british_mobile = mention.value.startswith("07") and len(mention.value) == 11
        is_landline = mention.kind == "phone" and mention.value.startswith("0") and not is_british_mobile
        return is_landline and any(c.role == "employer" for c in self._layout.cues_in(start, until))

    def _lead(self, claims: Callable[[Cue], bool], start: int, end: int, is_claimed: bool) -> Lead:
        return Lead(self._layout.read, claims, is_claimed).read(start, end, self._layout.cues_in(start, end))

    def _is_read(self, mention: Mention, until: int, behind: Sequence[Cue]) -> bool:
        """Nothing unread in the rest of the clause, and nobody named by the next: 139…，烤鸭店，."""
        clause_end = self._layout.clause_end(mention.end)
        tokens = list(between(self._layout.read, mention.end, until, behind))
        if any(isinstance(t, Word) and t.start < clause_end for t in tokens):
            return False
        next_end = min(until, self._layout.clause_end(clause_end))
        following = [t for t in tokens if clause_end <= t.start < next_end]
        return not following or not all(isinstance(t, Word) and t.is_noun for t in following)
