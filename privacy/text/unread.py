"""Words that were not understood where somebody is named: they may be anybody, so a contact beside them is nobody's.

The cues know many words for persons, but no list knows them all (a diver, a bail bondsman, 祠堂理事长). So the question is turned
round: dictionaries tell which words cannot be somebody (verbs, adverbs, times), and whatever else stands where one names
whose a contact is may be somebody else. A contact is the customer's where the note claims it for them, with nothing unread in between,
or where it was understood wholly.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from privacy.text.cues import Cue


class Word(NamedTuple):
    """One word that no cue covers. ``is_noun``: it may be somebody."""

    start: int
    end: int
    is_noun: bool


# Of Chinese single characters, those that are words by themselves and nobody.
HAN_FUNCTION = frozenset(
    "的地得了着过在把被将就也都还又再要来去到从向往于与和或而且但因为所以若如则只才可能会请让叫使给对由及等每各该此这那哪几个位名次件条些点下上前后里外内中间时"
    "年月日号天周分秒今明昨早晚午夜第一二三四五六七八九十百千万两半多少左右不没未无非别勿有是为系乃即吗呢吧啊呀嘛哦嗯呗啦么很太最更较全均仍已曾正刚先马急快慢"
    "打发换改用拨接办记加留报说讲问回找看见听写填交联系请您你并先按据称需应须想愿同另其尾末共约近补停开买卖丢坏掉"
)
# Nouns of the trade that are nobody's telephone: what a note is about, not who.
HAN_THINGS = frozenset(
    "短信 微信 彩信 信息 消息 来信 账单 帐单 账户 帐户 账号 帐号 通知 提醒 业务 系统 后台 平台 网银 手机银行 银行卡 信用卡 卡 号 号码 号段 卡号 尾号 联系 方式 资料 "
    "档案 记录 备注 工单 案件 合同 订单 情况 问题 原因 事情 事 事宜 急事 要事 款项 还款 欠款 贷款 分期 时间 时候 期间 白天 晚间 晚上 早上 上午 中午 下午 傍晚 周末 "
    "月份 季度 假期 节日 春节 国庆 语音 信箱 流量 套餐 运营商 移动 联通 电信 广电 虚拟 国内 国际 本地 当地 外地 内地 境外 大陆 老家 家里 家 家中 家庭 住宅 宅电 "
    "工作 工地 上班 单位 柜台 柜面 网点 营业厅 渠道 线上 线下 官网 公众号 小程序 程序 软件 应用 客户端 页面 链接 验证码 密码 身份 证件 身份证 姓名 信号 网络 线路 "
    "机器 手机卡 电话卡 副卡 主卡 双卡 卡槽 屏幕 充电 电量 话费 余额 本机 本号 座机 分机 传真 邮件 邮箱 地址 备用 常用 正确 有效 意愿 需求 诉求 态度 情绪 身体 "
    "原号 老号 旧号 新号 此号 该号 小号 大号 号卡 靓号 两个号 工号 手机 电话 内容 结果 过程 表格 单子 凭证 回执 函件 信件 快递 快件 包裹 话术 电话费 欠费 "
    "核身 实名 来电 去电 电联 通话 录音 渠 端 版 项 类 码 费 款 钱 证 单 表 信 函 网 线 机 话 事项 更新 变更 登记 修改 自助 书面 口头 电子 纸质 主动 亲自 自行 换卡 补卡 换机 销号 销户 开户 开卡 挂失 生效 失效".split()
)
_ENGLISH_FUNCTION = frozenset(
    "a an the this that these those it its there here and or but if so as than then of to at in on for from by with via through into onto over under "
    "about after before since until till during between per re is are was were be been being am do does did has have had can could may might must "
    "shall should will would not no yes who whom whose which what when where why how all any both each every some other another such only own same "
    "very too also just now again ever never always please thanks thank ok okay hi hello dear regards one two three first second last next up down out "
    "off back we you your us our i me my mine he him his she her hers they them their theirs himself herself myself "
    "got gone went came took taken made left lost found kept bought brought sent spent told gave given knew known saw seen done ran rang rung wrote written "
    "spoke spoken met paid put sold stood thought understood wore won broke broken chose drove fell felt forgot forgotten grew heard held hurt laid led "
    "lent let meant quit sat set shut slept stole stolen swore taught threw woke began became built caught cut dealt ate drank "
    "etc am pm mr mrs ms miss".split()
)
# Words of telephony and of this trade that the dictionary does not hold.
_ENGLISH_THINGS = frozenset(
    "sim sms mms wifi email emails emailed app apps voicemail voicemails whatsapp wechat telegram signal skype zoom iphone android landline mob tel "
    "acct ref id dob ssn ivr vm texted online website inbox hotmail gmail outlook yahoo txt msg msgs contactless prepaid payg esim voip dnc gdpr dpa idv "
    "uk usa cb details detail contact contacts info information preferred primary secondary alternate alternative daytime evening home best good better "
    "main additional extra updated update amended changed confirmed verified valid verify correct note notes added provided supplied requested doc docs".split()
)
_HAN_SUFFIXES = frozenset(
    "某人者员师方户友长主手工匠商贩妇婆嫂叔伯爷奶哥姐弟妹娘队组班社会部局所厂店行院站处馆坊厅亭庙寺校团帮"
)
_SOME = re.compile("[一某](?:位|名|个)?$")  # 一保洁接起: whatever follows is used as a noun
_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?|[㐀-鿿]+")
_LONGEST = 4
_SUFFIXES = (
    ("ies", "y"),
    ("es", ""),
    ("s", ""),
    ("ied", "y"),
    ("ed", ""),
    ("ed", "e"),
    ("ing", ""),
    ("ing", "e"),
    ("ly", ""),
    ("er", ""),
    ("est", ""),
)


class _Parts(NamedTuple):
    han_functions: frozenset[str]
    han: frozenset[str]
    han_nouns: frozenset[str]
    english: frozenset[str]
    english_persons: frozenset[str]


@cache
def _parts() -> _Parts:
    tables: dict[str, set[str]] = {t: set() for t in ("zh function", "zh", "zh noun", "en", "en person")}
    with gzip.open(files("privacy").joinpath("data/parts.tsv.gz").open("rb"), "rt", encoding="utf-8") as lines:
        for line in lines:
            table, word = line.rstrip("\n").split("\t")
            tables[table].add(word)
    return _Parts(*(frozenset(words) for words in tables.values()))


def words(text: str, start: int, end: int) -> Iterator[Word]:
    """The words of a stretch that no cue covers, function words left out."""
    for run in _WORD.finditer(text, start, end):
        if run[0][0].isascii():
            if (kind := _english(run[0])) is not None:
                yield Word(run.start(), run.end(), kind)
        else:
            yield from _han(text, run.start(), run.end())


def _english(word: str) -> bool | None:
    """None for a function word; whether it may be somebody."""
    base = re.sub(r"['’].*", "", word)
    if base in _ENGLISH_FUNCTION or base in _ENGLISH_THINGS or len(base) < 2:
        return None
    parts = _parts()
    forms = {base, *(base[: -len(s)] + put for s, put in _SUFFIXES if base.endswith(s) and len(base) > len(s) + 2)}
    if base in parts.english_persons or (base not in parts.english and forms & parts.english_persons):
        return True
    return not forms & parts.english


def _han(text: str, start: int, end: int) -> Iterator[Word]:
    parts, at, unread = _parts(), start, -1
    while at < end:
        length = next((n for n in range(min(_LONGEST, end - at), 1, -1) if _is_han_word(text[at : at + n], parts)), 1)
        piece = text[at : at + length]
        is_noun = piece in parts.han_nouns or (length == 1 and piece not in HAN_FUNCTION and piece not in HAN_THINGS)
        if is_noun or (
            unread >= 0 and length > 1 and piece in parts.han
        ):  # 球队经纪: a word behind a noun goes with it
            unread = at if unread < 0 else unread
        else:
            if unread >= 0:
                yield Word(unread, at, _may_be_somebody(text[unread:at]))
                unread = -1
            if length > 1 and piece not in HAN_THINGS and piece not in parts.han_functions:
                yield Word(at, at + length, bool(_SOME.search(text, max(0, at - 2), at)))
        at += length
    if unread >= 0:
        yield Word(unread, end, _may_be_somebody(text[unread:end]))


def _may_be_somebody(unread: str) -> bool:
    """A single character is mostly a verb that the list of them lacks, unless it makes a person or a body of what stands before it (付款人)."""
    return len(unread) > 1 or unread in _HAN_SUFFIXES


def _is_han_word(piece: str, parts: _Parts) -> bool:
    return piece in HAN_THINGS or piece in parts.han or piece in parts.han_nouns or piece in parts.han_functions


def between(text: str, start: int, end: int, cues: Sequence[Cue]) -> Iterator[Word | Cue]:
    """Cues and unread words of a stretch, from left to right. ``cues``: those of it."""
    at = start
    for cue in cues:
        yield from words(text, at, cue.start)
        yield cue
        at = cue.end
    yield from words(text, at, end)


# From whoever owns to what is owned: 客户的, his, 其那个
_POSSESSES = re.compile(
    r"\s?(?:那个|这个|那位|一个|一位|一名)?\s?(?:前|原|现|旧|老|新|大|小)?|\s?(?:的|'s|’s)[^，。；,;\x00]{0,8}"
)
_POSSESSIVES = frozenset("his her their my our 其".split())
_ENDS_POSSESSION = frozenset(("say", "noun", "copula", "call", "tried", "instruct"))
_BREAKS = frozenset("，,。；;！!？?\n\x00")
_ADJECTIVE = re.compile(r"\s?[^\s，。；,;\x00]{0,12}\s?")
# From a word to the contact: nothing of weight.
_TO_CONTACT = re.compile(
    r"[\s\x00]*(?:的|那边|那里|处|家)?[\s，,、:：;；（(\[【\"“「-]*(?:是|为|is|on|at|-)?\s?[:：(（]?\s?"
)
_TO_NOUN = re.compile(r"\s?(?:的|'s|’s|那个|这个)?\s?(?:新|new)?\s?")
_AIMS_AT = frozenset(("call", "with", "tried"))
_ACTED_ON = frozenset(("被", "由"))  # 手机被偷了


class Lead(NamedTuple):
    """What stands before a contact. ``is_claimed``: for the customer; ``is_anothers``: perhaps; ``is_read``: all was understood;
    ``by_stranger``: somebody unknown says it."""

    is_claimed: bool
    is_anothers: bool
    is_read: bool
    by_stranger: bool


def lead(
    text: str,
    start: int,
    end: int,
    cues: Sequence[Cue],
    is_claimed: bool,
    *,
    claims: Callable[[Cue], bool],
    he: Callable[[Cue], bool],
) -> Lead:
    """Read what stands before a contact. ``claims``: whether a cue is the customer; ``he``: whether it is whoever was spoken of."""
    is_anothers = by_stranger = False
    is_read = True
    last: Word | Cue | None = None
    noun: Word | None = None
    possessor: Cue | None = None
    for token in between(text, start, end, cues):
        if isinstance(token, Word):
            is_read = False
            if token.is_noun:
                noun = token
                is_predicate = token.end >= len(text) or text[token.end] in _BREAKS  # 客户失业，
                if (
                    possessor is not None
                    and not is_predicate
                    and _possesses(possessor, text[possessor.end : token.start])
                ):
                    is_claimed, is_anothers = False, True
                elif not is_claimed or _is_aimed_at(last, token):
                    is_claimed, is_anothers = False, True
                possessor = None
        else:
            if claims(token) and not by_stranger:
                is_claimed, is_anothers, possessor = True, False, token
            elif he(token):
                is_claimed, possessor = is_claimed or not is_anothers, token
            elif "say" in token.tables and is_anothers:
                by_stranger = True
            elif "noun" in token.tables and noun is not None and _TO_NOUN.fullmatch(text[noun.end : token.start]):
                is_claimed, is_anothers = False, True
            if token is not possessor and (token.role is not None or _ENDS_POSSESSION & token.tables):
                possessor = None
        last = token
    if noun is not None and _TO_CONTACT.fullmatch(text[noun.end : end]):
        is_claimed, is_anothers = False, True
    return Lead(is_claimed, is_anothers, is_read, by_stranger)


def _possesses(who: Cue, gap: str) -> bool:
    return bool(_POSSESSES.fullmatch(gap) or (who.word in _POSSESSIVES and _ADJECTIVE.fullmatch(gap)))


def _is_aimed_at(last: Word | Cue | None, noun: Word) -> bool:
    """联系车队, call his sponsor."""
    is_aim = isinstance(last, Cue) and bool(_AIMS_AT & last.tables) and last.word not in _ACTED_ON
    return is_aim and last is not None and noun.start - last.end <= 2


_PREDICATE = re.compile(
    r"[\s\x00]*(?:号|号码|这个|那个|其实|实际|实际上|现在|现|目前|已经|已|都|也|,|，)*\s?(?:是|为|实为|系|乃|属于|归|由|被|给|借给|is|was|belongs to|goes to|rings)"
)
_ACTS = re.compile(
    r"\s?(?:[\s，,:：]|号码)?(?:来电|打来|打进|拨来|回电|回拨|进线|接听|接通|接起|接的|称|说|讲|表示|反映|告知|确认|证实|核实|转接|转告|帮|代|愿|自称|called|rang|texted|answered|phoned|said|says|confirm|report)"
)


def is_said_to_be_anothers(text: str, end: int, until: int, cues: Sequence[Cue]) -> bool:
    """Whether what follows a contact says whose it is, in words that were not understood: 是做保险的, 实为一家理发店."""
    found = _PREDICATE.match(text, end, until)
    if not found:
        return False
    rest = [c for c in cues if c.start >= found.end()]
    unread = [t for t in between(text, found.end(), until, rest) if isinstance(t, Word)]
    if any(w.is_noun for w in unread) or any(c.role is not None for c in rest):
        return True  # 借给老乡用
    return bool(unread) and not any(_CLAIMS & c.tables for c in rest)


_CLAIMS = frozenset(("self", "me", "reflexive", "he", "she", "new", "new_after"))


def acts(text: str, end: int) -> bool:
    """Whether somebody is spoken of by their number: 139… 来电, 139…称."""
    return _ACTS.match(text, end) is not None
