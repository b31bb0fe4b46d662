"""Whose a contact is where a note names somebody in words that were not understood: nobody's, to be safe.

The cues know many words for persons, but no list knows them all (a diver, a bail bondsman, 祠堂理事长). So the question is turned
round: ``parts`` tells which words cannot be somebody (verbs, adverbs, times, the things of this trade), and whatever else stands where one names
whose a contact is may be somebody else. A contact is the customer's where the note claims it for them, with nothing unread in between,
or where it was understood wholly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from privacy.text.cues import Cue
from privacy.text.owner import AGENT, SELF
from privacy.text.parts import Word, is_in_word, words

# From whoever owns to what is owned: 客户的, 其那个; 客户's old
_POSSESSES = re.compile(
    r"\s?(?:那个|这个|那位|一个|一位|一名|所属|所在)?\s?(?:前|原|现|旧|老|新|大|小)?|\s?(?:的|'s|’s|s(?= ))[^，。；,;\x00]{0,12}"
)
_POSSESSIVES = frozenset(("his", "her", "their", "my", "our", "其"))
_ADJECTIVES = re.compile(r"\s?[^，。；,;\x00]{0,16}")
_ENDS_POSSESSION = frozenset(("say", "noun", "copula", "call", "tried", "instruct"))
_ANYBODY = frozenset(("self", "me", "reflexive", "he", "she", "counterpart"))
_BREAKS = frozenset("，,。；;！!？?\n\x00")
# From a word to the contact, and to the word for a contact: nothing of weight.
_TO_CONTACT = re.compile(
    r"[\s\x00]*(?:的|那边|那里|处|家)?[\s，,、:：;；（(\[【\"“「-]*(?:是|为|is|on|at|-)?\s?[:：(（]?\s?"
)
_TO_NOUN = re.compile(r"\s?(?:的|'s|’s|那个|这个)?\s?(?:新|new)?\s?")
_I_AM = re.compile(
    r"(?:\bi'?m|\bi am|\bthis is|我就?是)\s?(?:the |a |an )?(?:客户|他|她|其|his |her |their |the customer's |customer's |cust's |the borrower's )(?:的)?$"
)
_AIMS_AT = frozenset(("call", "with", "tried"))
_FOR = re.compile(
    r"(?:代表|代理|代|替|帮|为|给|受|for|of|representing|represents|behalf of|against|acting for)\s?(?:the |a |our )?$"
)
_CONTACT = re.compile(
    r"\s?(?:new |old |current |own |personal |main |best |work |home |other |usual )*(?:number|phone|mobile|cell|email|line|landline|sim|handset|tel|mob|no\b|contact|whatsapp|wechat)"
)
_ANOTHER_THING = re.compile(
    r"(?:的|'s|’s) ?(?!(?:新|旧|老|手机|电话|号|微信|邮箱|new|old|current|own|number|phone|mobile|cell|email|line|landline))"
)
_ACTED_ON = frozenset(("被", "由"))  # 手机被偷了

# What says of a contact whose it is, right behind it or in a later clause.
_IS = r"(?:是|为|实为|确为|系|乃|属于|归|由|被|给|借给|在|=|is|was|belongs to|goes to|rings)"
_PREDICATE = re.compile(
    rf"[\s\x00]*(?:号码?|其实|实际上?|现在?|目前|已经?|都|也|now|actually|currently|apparently|[,，(（]|(?:这|那|此)(?:人|位|个|边|头|号)?|(?:机主|户主|号主|使用[人者]))*\s?{_IS}"
)
_LATER = re.compile(
    r"(?:答|称|说|对方|那边|对面|那头|打过去|打去|拨过去|接的人?|接电话的人?|[这那此该]个?(?:电话|号码?|手机|号)?|知道|发现|原来|得知|才)(?:是|为|系)|(?:that['’]?s|it['’]?s|that is|it is|which is|this is|it was|that was)\b"
)
_BRACKET = re.compile(r"\s?[(（]([^)）,，]{1,20})")
_ACTS = re.compile(
    r"\s?(?:[\s，,:：]|号码)?(?:来电|打来|打进|拨来|回电|回拨|进线|接听|接通|接起|接的|称|说|讲|表示|反映|告知|确认|证实|核实|转接|转告|帮|代|愿|自称|called|rang|texted|answered|phoned|said|says|confirm|report)"
)
_ONESELF = frozenset(("self", "me", "reflexive", "he", "she", "new", "new_after"))
_MERELY_REACHED = frozenset(
    ("来电", "接听", "接电话", "接起", "接的", "接了", "打进来", "打来", "进线", "在线", "called", "rang", "answered")
)
_HIMSELF = re.compile(
    r"[^。；;！!？?\n\x00]{0,16}?(?:(?<!不)(?<!不算)[为是系由]|[\s，,、:：（(]|^)(?:我自己的?|(?:客户|借款人|持卡人)?本人(?:在用|使用|接听|接|持有|名下|确认(?:无误)?|核实)?)(?=[\s，,。；;)）]|$)"
)


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
            self._noun is not None and _TO_CONTACT.fullmatch(self.text[self._noun.end : end])
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
        is_predicate = noun.end >= len(self.text) or self.text[noun.end] in _BREAKS
        if is_predicate and not self._is_owner_aimed_at:
            return False
        return possesses(self._owner, self.text[self._owner.end : noun.start])

    def _is_aimed_at(self, what: Word | Cue) -> bool:
        """联系车队, call the sponsor."""
        last = self._last
        is_aim = isinstance(last, Cue) and bool(_AIMS_AT & last.tables) and last.word not in _ACTED_ON
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
                if self._held_at is not None and _BREAKS.intersection(self.text[self._held_at : cue.start]):
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
                    self.by_stranger or _I_AM.search(self.text, max(0, cue.start - 30), cue.start) is not None
                )
            elif "noun" in cue.tables:
                self._hear_of_contact(cue)
            if cue.role is not None or _ENDS_POSSESSION & cue.tables:
                self._owner = None

    def _own(self, cue: Cue) -> None:
        self._owner, self._is_owner_aimed_at = cue, self._is_aimed_at(cue)

    def _is_of_somebody(self, cue: Cue) -> bool:
        """Named only beside somebody else: 队友自己, the attorney representing the customer, whoever found the customer's wallet."""
        if cue.word in ("my", "our") and not _CONTACT.match(self.text, cue.end):
            return True  # an agent's card
        if "reflexive" in cue.tables:
            return not self._was_claimed or (self._noun is not None and cue.start - self._noun.end <= 1)
        return self.is_anothers and bool(
            _FOR.search(self.text, max(0, cue.start - 20), cue.start) or _ANOTHER_THING.match(self.text, cue.end)
        )

    def _hear_of_contact(self, cue: Cue) -> None:
        """队友的电话, 中介号码: held by whoever stands before it, until it is said of the customer's own."""
        last = self._last
        is_others = isinstance(last, Cue) and last.role not in (None, AGENT, "employer")
        is_theirs = isinstance(last, Word) and last.is_noun
        if last is None or not _TO_NOUN.fullmatch(self.text[last.end : cue.start]):
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
    return bool(_POSSESSES.fullmatch(gap) or (owner.word in _POSSESSIVES and _ADJECTIVES.fullmatch(gap)))


def is_anothers_behind(text: str, end: int, until: int, cues: Sequence[Cue]) -> bool:
    """Whether what follows a contact says that it is somebody's, not understood or not the customer: 是做保险的, 那边是个师傅, it's the owner's.

    ``until``: where the sentence or the next contact begins; ``cues``: those up to there.
    """
    found = [m for m in (_PREDICATE.match(text, end, until), *_LATER.finditer(text, end, until)) if m]
    if any(_names_somebody(text, m.end(), _clause_end(text, m.end(), until), cues, "在" in m[0]) for m in found):
        return True
    bracket = _BRACKET.match(text, end, until)  # 139…(其表姑父)
    return bracket is not None and _names_somebody(text, bracket.start(1), bracket.end(1), cues, True)


def _clause_end(text: str, at: int, until: int) -> int:
    return next((i for i in range(at, until) if text[i] in _BREAKS), until)


def _names_somebody(text: str, start: int, end: int, cues: Sequence[Cue], is_place: bool) -> bool:
    here = [c for c in cues if start <= c.start and c.end <= end]
    unread = [t for t in between(text, start, end, here) if isinstance(t, Word)]
    if here and "self" in here[0].tables and here[0].start - start <= 1:  # 为本人唯一号码
        return any(c.role is not None for c in here) or _is_owners(text, here[0], unread)
    if any(w.is_noun for w in unread) or any(c.role is not None for c in here):
        return True  # 借给老乡用
    return bool(unread) and not is_place and not any(_ONESELF & c.tables for c in here)


def is_himself_behind(text: str, end: int, until: int) -> bool:
    """139…，本人; 139… 确为客户本人持有."""
    return _HIMSELF.match(text[end:until]) is not None


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
            or ("say" in token.tables and token.word not in _MERELY_REACHED)
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
    return _ACTS.match(text, end) is not None
