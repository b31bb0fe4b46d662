"""Is it theirs now? What the words before a contact, and those after it, say about its validity."""

from __future__ import annotations

import re
from collections.abc import Sequence

from privacy.text.cues import Cue

NEW = "new"  # theirs now: newly given, or confirmed
OLD = "old"
PLANNED = "planned"
DENIED = "denied"
OTHER = "other"  # somebody else's

_BEFORE = (DENIED, OLD, PLANNED, NEW, "new_unless")
# What may stand between a contact and a verdict on it in a later clause: nothing that brings up another contact.
_STILL_ABOUT_IT = re.compile(
    r"^[\s\x00]*[（(]?(?:[，,]\s?[^，。；,;\x00]{1,6}(?:称|说|表示|反馈|告知)|这个|这|该|此|那个|那|号码|手机号|手机|电话|号|微信号|微信|邮箱|地址|但是|但|可是|不过|现在|现|目前|已经|已|早就|早|都|也|就|其实|实际上|实际|经核实|核实|"
    r"一直|(?:大概|大约|差不多)?(?:\d+|[一两二三四五六七八九十几半])个?(?:年|月|天|周|星期|礼拜)(?:多|半)?(?:以?前)?|去年|前年|今年|上个?月|上周|春节|年初|年底|人|是|为|他|她|我|客户|本人|其|说|称|表示|请|以后|今后|很久|好久|了|的|，|。|、|上|后|会|要|确认|仍|还|；|!|！|"
    r"it|this|that|the|house|flat|property|place|home|account|mailbox|number|line|address|one|is|was|has been|has|been|now|but|which|and|actually|they|he|she|said|says|it's|customer|so|please|,|\.|;|\s)*$"
)
_DEFINITE = frozenset(
    ("还在用", "仍在用", "正在用", "在用", "本人在用", "本人使用", "没错", "是对的", "无误", "is correct", "is current")
)
# 下个月换号, not 下个月还款
_PLANS_A_CHANGE = re.compile(
    r"[^，。；,;]{0,12}?(?:换|搬|办|迁|租|入职|改|去|到(?!账)|新号|住|mov|chang|new|switch|relocat)"
)
_DENIES_WHAT_FOLLOWS = re.compile(
    r"(?:我|他|她)?(?:的)?(?:老家|老地址|原来|原先|旧|以前|之前|那边|单位|公司|家里|妈|爸|老婆|老公|妻|父|母|朋友|同事|哥|弟|姐|妹|儿子|女儿)"
)
_LABELLED = re.compile(  # 138…（新） 139…（旧）
    r"\s?[（(\[【]\s?(?:(?P<new>新|现用|在用|常用|new|current)|旧|老|原|停用|作废|old|previous|former)(?:号码?|手机|的|地址|number|one)?\s?[)）\]】]"
)
_SETTLED = frozenset(("已", "已经", "已搬", "刚", "刚刚", "现在", "现", "目前", "just", "now", "currently"))


def judge(
    text: str, before: Sequence[Cue], earlier: Sequence[Cue], between: Sequence[Cue], later: Sequence[Cue], end: int
) -> tuple[str, bool]:
    """The polarity of one contact and whether a word said so.

    ``before``: cues of its own clause before it; ``earlier``: of the sentence before that clause, back to the contact before;
    ``between``: after it in its own clause, up to the next contact there; ``later``: in the clauses after, while no
    other contact comes. ``end``: where the contact ends.
    """
    if label := _LABELLED.match(text, end):
        return (NEW if label["new"] else OLD), True
    after = _after(text, between, later, end)
    if after is not None:
        return after, True
    ahead = _ahead(before)
    if (
        ahead != PLANNED
        and any(PLANNED in c.tables and _PLANS_A_CHANGE.match(text, c.start) for c in earlier)
        and not any(c.word in _SETTLED for c in (*earlier, *before))
    ):
        return PLANNED, True
    return (ahead, True) if ahead is not None else (NEW, False)


def _is_past(cue: Cue, cues: Sequence[Cue]) -> bool:
    """停用, 丢了; or given away: 给女儿用了."""
    if "old_after" in cue.tables:
        return True
    return cue.word == "给" and any(c.role is not None and c.start == cue.end for c in cues)


def _ahead(before: Sequence[Cue]) -> str | None:
    """The nearest word decides; a denial or a plan reaches over the word for new beside it (不是新号, 准备换成)."""
    verdict: str | None = None
    weak = False
    for cue in reversed(before):
        here = next((t for t in _BEFORE if t in cue.tables), None)
        if here is None:
            continue
        if here == "new_unless":
            weak = True
        elif verdict is None:
            verdict = here
        elif verdict == NEW and here == PLANNED and not any(c.word in _SETTLED for c in before):
            return PLANNED
        elif verdict == NEW and here == DENIED and cue.end >= _first_new(before) - 1:
            return DENIED
    return NEW if verdict is None and weak else verdict


def _first_new(before: Sequence[Cue]) -> int:
    return next(c.start for c in before if NEW in c.tables)


def _after(text: str, between: Sequence[Cue], later: Sequence[Cue], end: int) -> str | None:
    """A verdict behind the contact. Between two contacts of one clause only a change or a first word counts."""
    for cue in between:
        if "denied_after" in cue.tables and _STILL_ABOUT_IT.match(text[end : cue.start]):
            return DENIED
        if _is_past(cue, between) and _STILL_ABOUT_IT.match(text[end : cue.start]):
            return OLD
        if "changes_to" in cue.tables and cue is between[-1] and cue.start - end <= 6 and not later:
            return OLD
        if cue.word in _DEFINITE:
            return NEW
    for cue in later:
        if "stranger" in cue.tables:
            return DENIED
        if not _STILL_ABOUT_IT.match(text[end : cue.start]):
            continue
        if "denied_after" in cue.tables and not _DENIES_WHAT_FOLLOWS.match(text, cue.end):
            return DENIED
        if _is_past(cue, later):
            return OLD
        if "new_after" in cue.tables and cue.word in _DEFINITE:
            return NEW
    return None
