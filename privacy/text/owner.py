"""Who is meant: reading a note from left to right, who speaks and whose affairs are spoken of.

``Reader`` is a small automaton over cues. A person who *says* becomes the speaker; any other person becomes the topic. ``我``
is the speaker; ``他``/``她`` is whoever it can be by gender; a mother's 儿子, a roommate's 室友 is the customer. Where it cannot be
told, the owner is unknown, and an unknown owner's contact is nobody's signal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from privacy.text.cues import Cue

SELF = "self"
UNKNOWN = "unknown"
AGENT = "agent"

# When this person speaks of that one, they speak of the customer.
_MEANS_CUSTOMER = {
    "mother": {"child"},
    "father": {"child"},
    "child": {"mother", "father"},
    "spouse": {"spouse"},
    "sibling": {"sibling"},
    "friend": {"friend"},
    "roommate": {"roommate"},
    "colleague": {"colleague"},
    "landlord": {"tenant"},
    "property": {"tenant"},
    "employer": {"colleague"},
}
_POSSESSIVE = re.compile(r"\s?(?:的|'s|’s|那个|一个|这个)?\s?$")
_QUOTES = re.compile(r"\s?[:：]\s?[“\"「]?")
_LIVES = re.compile(r"住[在到]?[^，。；;\x00]{0,6}$|(?:liv|stay)(?:es|s|ing) (?:at|with|in)[^,.;]{0,12}$")
_HAS_CONTACT = re.compile(
    r"\s?(?:的|自己)?(?:新|旧|老|个人)?(?:手机|电话|号|微信|邮箱|qq|number|phone|mobile|email)|自己|本人"
)
_FIRM_AT_WORK = re.compile(
    r"\s?[，,:：]?\s?\x00|\s?(?:的|电话|号|座机|固话|总机|前台|人事|hr|财务|同事|领导|老板|主管|邮箱|微信|地址|说|称|：|接|在|'s|phone|number|line|on|[)）])"
)
_PLACE_OF = re.compile(
    r"家(?![^，,。；;]{0,3}(?:电话|地址|号|的))|那里|那儿|那边|处(?!理)|(?:'s)? (?:place|house|flat)(?! (?:address|phone|number))"
)
_HOLDS = re.compile(
    r"[\s\x00]?(?:的|'s|’s|那个|这个)?\s?(?:新|new )?(?:手机|电话|联系电话|联系方式|座机|微信|qq|邮箱|number|phone|mobile|cell|mob|email|line|landline|tel)?(?:号码?)?"
    r"\s?(?:是|为|is)?\s?[:：（(]?\s?"
)
_SUBJECT_TO_VERB = re.compile(r"^[^，。；;]{0,12}$")


class Phrase(NamedTuple):
    """One mention of a person: positions, owner, and whether they are only company (跟我妈住) or a place (我姐家)."""

    start: int
    end: int
    owner: str
    is_aside: bool


@dataclass
class Reader:
    """What the note has said so far. Fed with cues in order of position."""

    text: str
    speaker: str = SELF
    topic: str = SELF
    speaker_gender: str = ""
    topic_gender: str = ""
    called: str | None = None
    before: Phrase | None = None
    host: str | None = None  # whose home was spoken of (寄到我妈那里)
    is_about_contact: bool = False  # the clause that set the topic spoke of a number, a move, a call
    skip_until: int = 0  # cues up to here were read as the owner of the contact before them
    nearest: Phrase | None = None  # the last person named, in whatever part of the sentence
    speaker_word: str = ""  # how the speaker was called: 室友接听，室友手机… is still that roommate
    is_introducing: bool = False  # 来电人, 接听人: who that is may follow (…是客户弟弟)
    says_me: bool = False  # the note is in the customer's own words
    other: str = UNKNOWN  # the person spoken of last beside the customer
    other_gender: str = ""
    _introduced_at: int = -1
    _told_at: int = -1
    _last: Phrase | None = None
    _gender: str = ""
    _last_cue: Cue | None = None

    def feed(self, cue: Cue) -> Phrase | None:
        """Take one cue; the phrase it makes, when it names a person."""
        if cue.start < self.skip_until:
            return None
        if self.before is not None and _QUOTES.fullmatch(self.text[self.before.end : cue.start]):
            self._speak(self.before)  # 客户父亲：我闺女…
            self.before = None
        phrase = self._phrase(cue)
        if cue.word in _INTRODUCES or self._introduces_oneself(cue):
            self.is_introducing = True
        if self.before is not None and _CONTACT_TABLES & cue.tables:
            self.is_about_contact = True
        if phrase is not None:
            self.nearest = phrase
            self._hear_of(phrase)
        elif "say" in cue.tables:
            self._hear(cue)
        elif "instruct" in cue.tables:
            self.speaker, self.topic, self.before = AGENT, AGENT, None
        self._last_cue = cue
        return phrase

    def _introduces_oneself(self, cue: Cue) -> bool:
        """我是他室友, this is her mother."""
        last = self._last_cue
        if cue.word in ("i'm", "this is"):
            return True
        is_me = last is not None and "me" in last.tables and not self.text[last.end : cue.start].strip()
        return is_me and "copula" in cue.tables

    def resolve(self, cue: Cue) -> str | None:
        """The owner that a cue names, None when it names nobody."""
        tables = cue.tables
        if cue.word in _OUR_FIRM and self.speaker == SELF and self.speaker_word:
            return "employer"  # 客户：寄我公司吧
        if cue.role is not None:
            means_customer = cue.role in _MEANS_CUSTOMER.get(self.speaker, ()) and not self.speaker_word.endswith(
                cue.word
            )
            if self.speaker == "employer" and cue.word not in _COLLEAGUES:
                means_customer = False  # 单位回复…人事电话
            return SELF if means_customer else cue.role
        if "self" in tables:
            return SELF
        if "me" in tables or "reflexive" in tables:
            self.says_me = self.says_me or ("me" in tables and self.speaker == SELF)
            return self.speaker
        if "counterpart" in tables:
            return self.called or UNKNOWN
        if "he" in tables or "she" in tables:
            return self._third_person(cue, "female" if "she" in tables else "" if cue.word in _GENDERLESS else "male")
        return None

    def _third_person(self, cue: Cue, gender: str) -> str:
        if self.speaker == SELF:
            fits = self.topic not in _NO_PERSONS and _fits(gender, self.topic_gender)
            if not fits and self.says_me and gender and self.other_gender == gender:
                return self.other  # 我妈换号了，她让我说一声。她的号…: whoever says 我 is not 她
            return self.topic if fits else SELF
        if self.speaker in _NO_PERSONS or not gender:
            return SELF
        if self.text[: cue.start].endswith(("用", "借")):
            return self.speaker  # 客户手机坏了，暂用他的号
        if not self.speaker_gender:  # 同学说她联系不上他: one of the two is the customer, and nobody knows which
            return UNKNOWN if "他" in self.text and "她" in self.text else SELF
        if gender != self.speaker_gender or self._is_told_of(cue):
            return SELF
        return self.speaker  # the nearest of that gender, and never published

    def _is_told_of(self, cue: Cue) -> bool:
        """弟弟说他在… is the customer; 姐姐说她的号码… is the sister, to be safe."""
        last = self._last_cue
        told = last is not None and "say" in last.tables and last.end == cue.start
        return told and self.speaker != "spouse" and not _HAS_CONTACT.match(self.text, cue.end)

    def _phrase(self, cue: Cue) -> Phrase | None:
        owner = self.resolve(cue)
        if owner is None:
            return None
        start = cue.start
        joined = self.before is not None and self._joins(self.before, cue)
        if joined and self.before is not None:
            start = self.before.start
            owner = self._joined(self.before, cue, owner)
        self._gender = (
            "female" if "female" in cue.tables or "she" in cue.tables else "male" if "male" in cue.tables else ""
        )
        is_home = _PLACE_OF.match(self.text, cue.end) is not None
        is_scenery = cue.role in _FIRMS and not _FIRM_AT_WORK.match(self.text, cue.end)
        if is_home and not _LIVES.search(self.text, 0, start):
            self.host = owner
        aside = (
            is_scenery
            or is_home
            or self._comes_after_with(start)
            or bool(joined and self.before and self.before.is_aside)
        )
        return Phrase(start, cue.end, owner, aside)

    def _joins(self, before: Phrase, cue: Cue) -> bool:
        return bool(_POSSESSIVE.fullmatch(self.text[before.end : cue.start]))

    def _joined(self, before: Phrase, cue: Cue, owner: str) -> str:
        """客户妈妈 → mother; 他自己 → he; 她自己, the mother speaking → the mother."""
        if "self" in cue.tables:
            return before.owner
        if "reflexive" in cue.tables and self.speaker == SELF and self.text[before.start] in "他她其":
            return SELF  # 是他同事的，打他自己的
        if "reflexive" in cue.tables:
            own = before.owner in (UNKNOWN, self.speaker)
            return self.speaker if own else before.owner
        if cue.role is not None and before.owner not in (SELF, self.speaker, UNKNOWN) and before.owner != owner:
            return before.owner if before.owner == "employer" else "relative" if cue.role in _KIN else cue.role
        if cue.role is not None and before.owner == SELF and self.speaker != SELF and self.text[before.start] != "我":
            return cue.role
        return owner

    def _comes_after_with(self, start: int) -> bool:
        last = self._last_cue
        return last is not None and "with" in last.tables and start - last.end <= 1

    def _hear_of(self, phrase: Phrase) -> None:
        last = self._last_cue
        if phrase.owner not in _NO_PERSONS and phrase.owner != UNKNOWN:
            self.other, self.other_gender = phrase.owner, self._gender
        if last is not None and "call" in last.tables and phrase.start - last.end <= 2:
            self.called = phrase.owner
            if phrase.owner != SELF:
                self.topic, self.topic_gender, self.speaker_gender = phrase.owner, self._gender, self._gender
        tells = last is not None and last.word in _TELLS and (self.before is None or self.speaker == AGENT)
        if (tells and phrase.owner == SELF) or phrase.start == self._told_at:
            self.speaker = self.topic = AGENT
            self._told_at, self.before = phrase.start, phrase
            return
        if not phrase.is_aside:
            self.topic, self.topic_gender = phrase.owner, self._gender
            self.is_about_contact = last is not None and "call" in last.tables
        if self.is_introducing and last is not None and ("copula" in last.tables or last.word == "自称"):
            self.is_introducing, self._introduced_at = False, phrase.start
        if phrase.start == self._introduced_at:
            self.speaker, self.speaker_gender = phrase.owner, self._gender
        self.before = phrase

    def _hear(self, cue: Cue) -> None:
        """The person before the verb speaks; without one, the speaker stays, unless an instruction was followed."""
        who = self.before
        if who is None and cue.word in _PICKS_UP and self._last is not None and cue.start - self._last.end <= 2:
            self._speak(self._last)  # 二联母亲，接听
            return
        if who is None or not _SUBJECT_TO_VERB.match(self.text[who.end : cue.start]):
            if self.speaker == AGENT and cue.word not in _TELLS:
                self.speaker = self.topic = SELF
            return
        self._speak(who)

    def _speak(self, who: Phrase) -> None:
        owner = self.called if who.owner == UNKNOWN and self.called else who.owner
        self.speaker = self.topic = owner
        self.speaker_word = self.text[who.start : who.end]
        self.speaker_gender = self.topic_gender = self._gender

    def new_clause(self) -> None:
        self._last, self.before = self.before, None

    def holder(self, at: int) -> str | None:
        """Whoever else stands directly before a contact (发其妻 150…, 同事电话 131…), said or done by whomsoever."""
        near = self.nearest
        if near is None or near.owner in (SELF, UNKNOWN) or not _HOLDS.fullmatch(self.text[near.end : at]):
            return None
        return near.owner

    def topic_of(self, is_new: bool) -> str:
        """Whom a contact is of that names nobody. A new number after 父亲住院 is the speaker's, after 父亲换号 the father's."""
        strayed = self.before is None and is_new and not self.is_about_contact
        return self.speaker if strayed and self.speaker == SELF else self.topic


_COLLEAGUES = frozenset("同事 前同事 员工 工友 colleague coworker co-worker workmate".split())  # noqa: SIM905
_OUR_FIRM = frozenset(("我公司", "我们公司"))
_INTRODUCES = frozenset("接听人 接听者 接电话的 接电话者 接电话的人 接线人 来电人 来电者 对方 caller answerer".split())  # noqa: SIM905
_GENDERLESS = frozenset(("其", "其人", "they", "their", "theirs", "them"))
_FIRMS = frozenset(("employer", "property"))
_NO_PERSONS = frozenset((SELF, AGENT, "employer", "property"))
_CONTACT_TABLES = frozenset(("noun", "new", "changes_to", "call", "copula", "with"))
_PICKS_UP = frozenset(("接听", "代接", "接电话", "接起", "接的", "接了", "answered", "picked up"))
_KIN = frozenset(("mother", "father", "spouse", "child", "sibling", "relative"))
_TELLS = frozenset(("告知", "告诉", "通知", "回复", "答复", "advised", "told", "informed", "gave"))


def _fits(gender: str, other: str) -> bool:
    return not gender or not other or gender == other
