"""What a note says about how to reach whom: contacts and places with their owner, polarity and who reported them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from privacy.text import polarity
from privacy.text.cues import Cue
from privacy.text.layout import Layout
from privacy.text.mentions import Mention, blanked, contacts, stays
from privacy.text.owner import AGENT, SELF, UNKNOWN, Phrase, Reader
from privacy.text.spans import Span
from privacy.text.unclear import ONESELF, Before, Doubts

_OWNED_BY = re.compile(
    r"^[\s\x00]*(?:[^，,。；;\x00]{0,6}[，,])?[（(，,]?\s?(?:称|说|表示|核实)?(?:机主|户主|号主|使用人|使用者|持有人|登记人|实名)?(?:信息|登记)?(?:这个?|该|此|那个?)?(?:手机|电话|微信|邮箱)?(?:号码?|地址|number|line|which|that|it)?\s?(?:其实|实际上?|现在|目前|已经?|现|actually|in fact|now)?\s?$"
)
_OWNS = re.compile(
    r"\s?(?:本人)?(?:自己)?(?:现?在用的?|(?:现在|目前)?使?用的?|用着|接听|接的|名下|的(?:手机|电话|号码?|微信号?|地址|邮箱|家|房子|住处)?|'s|s'|号码?|手机|电话)?\s?(?:[)）”\"」』]|$|[，,。；;.！]|不是|而|别|不|请|number|phone|line|mobile|address|now|own|and|so|\x00)"
)
_ANSWERED = re.compile(
    r"[\s\x00，,]*(?:号码)?(?:接通|接听|接起|来电|打来|回电|进线|自称|称是|说是|找|联系(?!人|方式|电话)|转达|answered|called|rang)"
)
_STILL_THERE = re.compile(
    r"[\s\x00]*[（(，,:：]?\s?(?:但|且|均|都|也|仍|还是|一直|现|目前|已|为|是|在|当前|多次|打|拨|电话|手机|号码?|went to|goes to|is|was|just|to|-|\s)*"
)
# Between the contacts of one person: 妻子 138…，微信 …，地址 …
_LISTED = re.compile(
    r"[\s\x00]*[，,、/;；及和&]?\s?(?:手机|电话|微信|微信号|qq|邮箱|地址|号码|备用|另|mobile|tel|email|address)?\s?(?:是|为)?[:：]?\s?"
)
# From a person named in brackets behind a name to the contact: 丁小满（客户侄女），138…
_GLOSSED = re.compile(
    r"\s?[）)]\s?[，,、;；:：]?\s?(?:的)?(?:手机|电话|联系电话|联系方式|微信|邮箱|地址)?\s?(?:是|为)?[:：]?\s?"
)
# From a verdict to the contact it is about, the next one: 旧的 139…, the old one is 139…
_LEADS_TO = re.compile(
    r"\s?(?:的|那个|这个|号码?|手机号?|电话|微信号?|邮箱|地址|number|one|mobile|cell|phone|address|is|was|是|为|[:：(（]|\s)*"
)
# 林先生电话138…: somebody, unless it is 客户林先生. What a name recogniser found is blank.
_TITLED = re.compile(
    r"(?<!客户)(?<!借款人)(?<!持卡人)(?<!本人)[\x00㐀-鿿](?:先生|女士|小姐|太太|师傅|老师|经理|律师|[警法检]官|[医护]生|主任|书记|[科处局院校所部队班站社馆厂店村组行园]长|总监?|董事长?|教授|大夫|护士|会计|秘书|助理)\s?的?"
    r"(?:联系方式|联系电话|手机号?|电话|号码|微信号?|邮箱)(?:号码?)?\s?(?:是|为)?\s?[:：]?\s?$"
)
_UNCERTAIN, _REPORTED, _UNSPOKEN = 0.5, 0.4, 0.8


_STAYS_WITH = re.compile(
    r"\b(?:stay(?:s|ed|ing)?|liv(?:es?|ing)|lodg(?:es|ing)|moved in) (?:with|at) [^,;.]{2,30} (?:in|near|outside) $"
)
_SOON = re.compile(
    r" (?:from )?(?:next (?:week|month|year|spring|summer|autumn|fall|winter)|tomorrow|soon|in the new year)\b"
)
_WORK_MAILBOX = re.compile(
    r"(?:公司|单位|企业|工作|办公|work|company|office)\s?的?(?:电子)?(?:邮箱|邮件|e-?mail|mailbox|mail)(?:地址|address)?\s?(?:是|为|is|was)?\s?[:：]?\s?$"
)
_HELD = frozenset(("phone", "messaging", "email"))  # what somebody else may hold
_PERSONS = ONESELF | {"he", "she", "counterpart"}
_CUSTOMER_ANSWERED = re.compile(  # 回拨138…，客户接听
    r"[，,\s]*(?:已?接通|打通|拨通|通了)?[，,：:\s]*(?:是|为)?(?:客户|借款人|持卡人|债务人)?(?:客户|本人|借款人|持卡人)(?:自己|亲自)?(?:接听|接起|接的|接了|接电话|接(?=[，,。]))"
)
# 自己不是段飞, 我不姓周: whoever speaks is not the customer. What a name recogniser found is blank.
_IS_NOT_HIM = re.compile(
    r"(?:我|他|她|本人)(?:可|又)?不姓\x00{0,2}|(?:自己|本人|我|他|她|对方|机主|称)(?:并|根本|也)?不是\x00\x00"
)
_WRONG_NUMBER = frozenset(("错号", "错误号", "误拨", "误打", "误拨至", "打错到", "wrong number"))


class Signal(NamedTuple):
    """One contact or place. ``owner``: whose; ``reporter``: who said so; ``polarity``: new, old, planned, denied, other."""

    kind: str
    value: str
    polarity: str
    owner: str
    reporter: str
    confidence: float
    start: int
    end: int


def extract(plain: str, spans: Sequence[Span], subject: str | None = None) -> list[Signal]:
    """The signals of one text made plain, whose spans are known; left to right."""
    read = blanked(plain, spans, subject)
    mentions = sorted([*contacts(plain, spans), *stays(plain, read, spans)])
    if not mentions:
        return []
    return list(_Note(read, mentions).signals())


class _Note:
    """One text being read: its cues, its mentions, and where its clauses end."""

    def __init__(self, read: str, mentions: Sequence[Mention]) -> None:
        self.read = read
        self.mentions = mentions
        self.layout = Layout(read)
        self.cues = self.layout.cues
        self.doubts = Doubts(self.layout)
        self.is_refused = False  # 不要打单位电话…: the number that follows is another's

    def signals(self) -> Iterator[Signal]:
        reader = Reader(self.read)
        fed = 0
        before: Signal | None = None
        for i, mention in enumerate(self.mentions):
            fed = self._feed(reader, fed, mention.start)
            before = self._with_those_listed(before, self._signal(reader, i, mention, before))
            yield before

    def _with_those_listed(self, before: Signal | None, signal: Signal) -> Signal:
        """Contacts in one list are one person's: what follows another's contact directly is no more the customer's."""
        if before is None or before.owner == SELF or signal.owner != SELF:
            return signal
        if not _LISTED.fullmatch(self.read[before.end : signal.start]):
            return signal
        return signal._replace(owner=before.owner, polarity=before.polarity)

    def _feed(self, reader: Reader, fed: int, until: int) -> int:
        """Give the reader the cues before ``until``, telling it where clauses begin."""
        position = self.cues[fed - 1].end if fed else 0
        while fed < len(self.cues) and self.cues[fed].end <= until:
            cue = self.cues[fed]
            if self.layout.clause_start(cue.start) >= max(position, 1):
                reader.new_clause()
            reader.feed(cue)
            position = cue.end
            fed += 1
        return fed

    def _signal(self, reader: Reader, i: int, mention: Mention, last: Signal | None) -> Signal:
        clause, sentence = self.layout.clause_start(mention.start), self.layout.sentence_start(mention.start)
        previous = self.mentions[i - 1].end if i else 0
        following = self.mentions[i + 1].start if i + 1 < len(self.mentions) else len(self.read)
        clause_end = self.layout.clause_end(mention.end)
        before = self.layout.cues_in(max(previous, clause), mention.start)
        earlier = self.layout.cues_in(max(previous, sentence), clause)
        between = self.layout.cues_in(mention.end, min(following, clause_end))
        later = self.layout.cues_in(clause_end, following) if following > clause_end else []
        while later and following < len(self.read) and self._leads_to(later[-1], following):
            later.pop()
        verdict, is_said = polarity.judge(self.read, before, earlier, between, later, mention.end)
        owner, is_named = self._owner(reader, mention, [*between, *later])
        is_said_behind = reader.skip_until > mention.end or _CUSTOMER_ANSWERED.match(self.read, mention.end)
        was_refused = self.is_refused
        if was_refused and not is_named:
            owner = reader.speaker
        self.is_refused = owner != SELF and any(polarity.DENIED in c.tables for c in before)
        if owner == SELF and mention.kind == "address" and reader.host not in (None, SELF):
            owner = reader.host or UNKNOWN
        is_at_work = mention.kind == "email" and _WORK_MAILBOX.search(self.read, 0, mention.start)
        if mention.kind == "region":
            owner = SELF if self._stays_with(reader, sentence, mention) else owner
            verdict = polarity.PLANNED if _SOON.match(self.read, mention.end) else verdict
        if owner == "employer" and (is_at_work or mention.kind == "address"):
            owner = SELF  # where one works one can be written to
        is_tried = not is_said or (before[-1:] and before[-1].word == "打" and self._is_called(before, mention))
        if owner == SELF and is_tried and self._is_only_tried(before, [*between, *later], mention):
            owner = UNKNOWN
        if owner == SELF and not (is_said or is_named) and any("doubt" in c.tables for c in (*between, *later)):
            owner = UNKNOWN  # found somewhere, and nobody has said whose it is
        if (
            owner == SELF
            and mention.kind not in _HELD
            and not was_refused
            and self._may_be_anothers(reader, mention, before, following)
        ):
            owner = UNKNOWN
        speaker = reader.speaker
        is_heard = reader.speaker in (
            SELF,
            AGENT,
        )  # else who reports it is named, and it is published only when asked for
        if owner == SELF and verdict == polarity.NEW and mention.kind in _HELD and is_heard and not is_said_behind:
            came = Before(last.end, last.owner) if last is not None else None
            found = self.doubts.judge(reader, mention, came, following, is_said)
            owner = UNKNOWN if found.is_unclear else owner
            speaker = UNKNOWN if found.by_stranger and speaker == SELF else speaker
        if owner == SELF and self._is_disowned(before, between, later, mention):
            owner, verdict = UNKNOWN, polarity.DENIED
        if owner not in (SELF, UNKNOWN):
            verdict = polarity.OTHER
        doubt = any("doubt" in c.tables for c in (*before, *between, *later[:2]))
        return Signal(
            mention.kind, mention.value, verdict, owner, speaker,
            _confidence(is_said, is_named, speaker, doubt, mention.kind), mention.start, mention.end,
        )  # fmt: skip

    def _owner(self, reader: Reader, mention: Mention, after: Sequence[Cue]) -> tuple[str, bool]:
        """The owner named behind the contact (…是他妈的), else whom the note was speaking of when it came."""
        named = self._owner_behind(reader, mention.end, after) or self._who_answered(
            reader, mention.start, mention.end, after
        )
        if _CUSTOMER_ANSWERED.match(self.read, mention.end):
            return SELF, True
        if named is None and _TITLED.search(self.read, max(0, mention.start - 16), mention.start):
            return UNKNOWN, True
        named = named or reader.holder(mention.start) or self._glossed(reader, mention.start)
        if named is not None:
            return named, True
        is_new = mention.kind != "region" and any(
            polarity.NEW in c.tables and c.start >= mention.start - 12 and c.end <= mention.start for c in self.cues
        )
        return reader.topic_of(is_new), reader.before is not None

    def _stays_with(self, reader: Reader, sentence: int, mention: Mention) -> bool:
        """The customer stays with a friend in Austin: both are there."""
        stays = _STAYS_WITH.search(self.read, sentence, mention.start)
        if stays is None:
            return False
        persons = (c for c in self.layout.cues_in(sentence, stays.start()) if c.role is not None or _PERSONS & c.tables)
        return all(reader.resolve(c) == SELF for c in persons)

    def _glossed(self, reader: Reader, at: int) -> str | None:
        near = reader.nearest
        if near is None or near.owner in (SELF, UNKNOWN) or not _GLOSSED.fullmatch(self.read[near.end : at]):
            return None
        return near.owner if re.search(r"[（(][^（()）]*$", self.read[: near.start]) else None

    def _leads_to(self, cue: Cue, following: int) -> bool:
        is_verdict = {polarity.OLD, polarity.NEW, polarity.DENIED} & cue.tables
        return bool(is_verdict) and _LEADS_TO.fullmatch(self.read[cue.end : following]) is not None

    def _owner_behind(self, reader: Reader, end: int, after: Sequence[Cue]) -> str | None:
        phrase: Phrase | None = None
        for cue in after:
            owner = reader.resolve(cue)
            if owner is None:
                if phrase is not None and cue.start > phrase.end + 1:
                    break
                continue
            phrase = self._longer(reader, phrase, cue, owner)
            says_whose = self._is_said_of(end, phrase) and _OWNS.match(self.read, phrase.end)
            if says_whose and not self._continues(after, phrase):
                reader.skip_until = phrase.end
                return reader.speaker if phrase.owner == UNKNOWN else phrase.owner  # she says it is hers
        return None

    def _who_answered(self, reader: Reader, start: int, end: int, after: Sequence[Cue]) -> str | None:
        """Whoever picks up at a number, or calls from it, or is asked for there: 138…接通，一女士称… It is hardly the customer's."""
        if not _ANSWERED.match(self.read, end) or self._is_callers(start):
            return None
        phrase: Phrase | None = None
        for cue in after:
            owner = reader.resolve(cue)
            if owner is None:
                continue
            if phrase is not None and self.read[phrase.end : cue.start].strip(" 的'’s"):
                break
            phrase = self._longer(reader, phrase, cue, owner)
        return phrase.owner if phrase is not None and phrase.owner != SELF else None

    def _is_callers(self, start: int) -> bool:
        """客户139…来电: it is the customer who calls."""
        before = self.layout.cues_in(max(0, start - 6), start)
        return (
            bool(before) and bool({"self", "me"} & before[-1].tables) and not self.read[before[-1].end : start].strip()
        )

    def _longer(self, reader: Reader, phrase: Phrase | None, cue: Cue, owner: str) -> Phrase:
        if cue.word == "本人" and reader.speaker not in (SELF, AGENT):
            return Phrase(cue.start if phrase is None else phrase.start, cue.end, reader.speaker, False)
        if phrase is None or self.read[phrase.end : cue.start].strip(" 的'’s"):
            return Phrase(cue.start, cue.end, owner, False)
        if "reflexive" in cue.tables:
            is_speaker = phrase.owner in (UNKNOWN, reader.speaker)
            return Phrase(phrase.start, cue.end, reader.speaker if is_speaker else phrase.owner, False)
        return Phrase(phrase.start, cue.end, phrase.owner if "self" in cue.tables else owner, False)

    def _continues(self, after: Sequence[Cue], phrase: Phrase) -> bool:
        """Whether the phrase goes on: 客户 of 客户妈妈."""
        nxt = next((c for c in after if c.start >= phrase.end), None)
        if nxt is None or self.read[phrase.end : nxt.start].strip(" 的'’s"):
            return False
        return nxt.role is not None or bool({"reflexive", "self"} & nxt.tables)

    def _is_said_of(self, end: int, phrase: Phrase) -> bool:
        """是/属于/(…) between the contact and the person, and nothing else of weight."""
        gap = self.read[end : phrase.start]
        copula = re.search(
            r"(?<!不)(?<!才)(?:是|属于|为|系|归|由|被|is|belongs to|was)\s?(?:the |a |an |now |actually |in fact |really ){0,2}$",
            gap,
        )
        if copula:
            return bool(_OWNED_BY.match(gap[: copula.start()]))
        return bool(re.fullmatch(r"[\s\x00]?[（(]\s?", gap)) or bool(
            re.fullmatch(r"\s?(?:,|，)?\s?(?:现在)?", gap)
            and re.match(r"\s?(?:自己)?(?:现?在用|在使用|使用|接听|的(?:号|手机|电话))", self.read[phrase.end :])
        )

    def _is_disowned(self, before: Sequence[Cue], between: Sequence[Cue], later: Sequence[Cue], at: Mention) -> bool:
        """Somebody said that it is not theirs, or does not know the customer."""
        if _IS_NOT_HIM.search(self.read):
            return True
        if before and before[-1].word in _WRONG_NUMBER and _LEADS_TO.fullmatch(self.read[before[-1].end : at.start]):
            return True
        return any(
            "stranger" in c.tables
            or ("disowned" in c.tables and (c.start - at.end <= 8 or self.layout.begins_clause(c)))
            for c in (*between, *later)
        )

    def _is_only_tried(self, before: Sequence[Cue], after: Sequence[Cue], mention: Mention) -> bool:
        """Tried, or not reached: whose a number is that nobody gave cannot be told from that."""
        if self._is_called(before, mention) and not self._answered_by_customer(mention, after):
            return True
        return any(
            "unreached" in c.tables and _STILL_THERE.fullmatch(self.read[mention.end : c.start]) for c in after[:2]
        )

    def _may_be_anothers(self, reader: Reader, mention: Mention, before: Sequence[Cue], following: int) -> bool:
        """Somebody else is spoken of in the sentence, and the nearest person named before the contact is not the customer."""
        if reader.speaker not in (SELF, AGENT):
            return False  # that person reports, and is named as the reporter
        persons = [c for c in before if c.role is not None or _PERSONS & c.tables]
        is_claimed = bool(persons) and bool(ONESELF & persons[-1].tables) and reader.resolve(persons[-1]) == SELF
        return (
            not is_claimed and reader.skip_until <= mention.end and self._speaks_of_others(reader, mention, following)
        )

    def _speaks_of_others(self, reader: Reader, mention: Mention, following: int) -> bool:
        """Whether the sentence, up to the next contact, is of anybody else too. One of ours does not count, nor where one
        can be written to at work.
        """
        if mention.kind == "region":
            return False
        start = self.layout.sentence_start(mention.start)
        end = self.layout.sentence_end(mention.end)
        if not _LISTED.fullmatch(self.read[mention.end : following]):
            end = min(end, following)
        nobody = {SELF, AGENT} | ({"employer"} if mention.kind in ("address", "email") else set())
        around = (c for c in self.layout.cues_in(start, end) if c.role is not None or "counterpart" in c.tables)
        return any(reader.resolve(c) not in nobody for c in around)

    def _is_called(self, before: Sequence[Cue], mention: Mention) -> bool:
        """Somebody of ours called it: 致电138…, and at the beginning of a clause 打138…"""
        if not before or mention.start - before[-1].end > 2:
            return False
        return "tried" in before[-1].tables or (before[-1].word == "打" and self.layout.begins_clause(before[-1]))

    def _answered_by_customer(self, mention: Mention, after: Sequence[Cue]) -> bool:
        """The first person named behind a number that was called is the customer: 拨打 138…接通，客户本人."""
        if mention.kind != "phone":
            return False
        first = next((c for c in after if "self" in c.tables or "counterpart" in c.tables or c.role is not None), None)
        return first is not None and "self" in first.tables


def _confidence(is_said: bool, is_named: bool, reporter: str, doubt: bool, kind: str) -> float:
    score = 0.95 if is_said and is_named else 0.85 if is_said or is_named else 0.7
    score *= _REPORTED if reporter not in (SELF, AGENT) else 1.0
    score *= _UNCERTAIN if doubt else 1.0
    return round(score * (_UNSPOKEN if kind == "region" else 1.0), 3)
