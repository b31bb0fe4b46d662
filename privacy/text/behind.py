"""Whose a contact is by what stands behind it: somebody's not understood, the customer's own, or first told of by another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from privacy.text.cues import Cue
from privacy.text.owner import AGENT, SELF
from privacy.text.parts import Word
from privacy.text.phrases import phrases
from privacy.text.unread import BREAKS, between, possesses

_HIS_OWN = frozenset(("self", "me", "reflexive", "he", "she", "new", "new_after"))


def is_anothers_behind(text: str, end: int, until: int, cues: Sequence[Cue]) -> bool:
    """Whether what follows a contact says that it is somebody's, not understood or not the customer: 是做保险的, 那边是个师傅, it's the owner's.

    ``until``: where the sentence or the next contact begins; ``cues``: those up to there.
    """
    found = [m for m in (phrases().predicate.match(text, end, until), *phrases().later.finditer(text, end, until)) if m]
    if any(_names_somebody(text, m.end(), _clause_end(text, m.end(), until), cues, "在" in m[0]) for m in found):
        return True
    bracket = phrases().bracket.match(text, end, until)  # 139…(其表姑父)
    return bracket is not None and _names_somebody(text, bracket.start(1), bracket.end(1), cues, True)


def _clause_end(text: str, at: int, until: int) -> int:
    return next((i for i in range(at, until) if text[i] in BREAKS), until)


def _names_somebody(text: str, start: int, end: int, cues: Sequence[Cue], is_place: bool) -> bool:
    here = [c for c in cues if start <= c.start and c.end <= end]
    unread = [t for t in between(text, start, end, here) if isinstance(t, Word)]
    if here and "self" in here[0].tables and here[0].start - start <= 1:  # 为本人唯一号码
        return any(c.role is not None for c in here) or _is_owners(text, here[0], unread)
    if any(w.is_noun for w in unread) or any(c.role is not None for c in here):
        return True  # 借给老乡用
    return bool(unread) and not is_place and not any(_HIS_OWN & c.tables for c in here)


def is_himself_behind(text: str, end: int, until: int) -> bool:
    """139…，本人; 139… 确为客户本人持有."""
    return phrases().himself.match(text[end:until]) is not None


def is_claimed_behind(text: str, end: int, until: int, cues: Sequence[Cue]) -> bool:
    """The customer is the first who is told of it: 139… 接通，客户确认. Not where the number speaks of them: 139…称客户…"""
    tokens = list(between(text, end, until, cues))
    for i, token in enumerate(tokens):
        if isinstance(token, Word):
            return False
        if "self" in token.tables:
            return not _is_owners(text, token, [t for t in tokens[i + 1 :] if isinstance(t, Word)])
        if (
            token.role is not None
            or "with" in token.tables
            or ("say" in token.tables and token.word not in phrases().merely_reached)
        ):
            return False
    return False


def _is_owners(text: str, owner: Cue, behind: Sequence[Word]) -> bool:
    """Whether the first that may be somebody is the owner's: 客户所属教会."""
    noun = next((w for w in behind if w.is_noun), None)
    return noun is not None and possesses(owner, text[owner.end : noun.start])


def is_others_first(behind: Sequence[Cue], owner: Callable[[Cue], str | None]) -> bool:
    """Whether the first person told of behind a contact is another: 139… 岳父接通."""
    first = next((o for c in behind if c.role is not None and (o := owner(c)) is not None), None)
    return first not in (None, SELF, AGENT, "employer")


def acts(text: str, end: int) -> bool:
    """Whether somebody is spoken of by their number: 139… 来电, 139…称."""
    return phrases().acts.match(text, end) is not None
