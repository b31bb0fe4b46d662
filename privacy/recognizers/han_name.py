"""Han names: after a word that announces one (我叫, 姓名, 客户, 他老婆), or before a verb of speech. and with a dot in them. No NER model.

A surname of the table, one or two given characters, and then something that is not a name. Where that is in doubt after a
weak word (客户方便…), it is no name; after a strong one (姓名：) it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from privacy import han_names
from privacy.names import COMPOUND_SURNAMES, NOT_NAMES, SURNAMES, TITLES
from privacy.recognizers.recognizer import Recognizer
from privacy.text.cues import lexicon

_STRONG = (
    r"(?:客户|借款人|本人|来电人)[（(]|(?<![快邮寄])(?:收件|收货|签收)[:：]?\s?(?![人地])|我叫|名叫|叫做|姓名(?:更正|变更|更改|登记|改)?[是为成]?[:：]?\s?|原登记(?:为|姓名)?|户名[是为]?[:：]?\s?|本名|真名|收件人[是为改成写]{0,3}[:：]?\s?|收货人[是为改成写]{0,3}[:：]?\s?|联系人[\d一二三]?[是为叫]?[:：]\s?|"
    r"机主[是为叫][:：]?\s?|自称是?|名字(?:登记)?[是叫为写填改]{1,2}|(?:名字|姓名|名)[^，。；]{0,6}[，,]\s?(?:应为|应该是|正确的?是|正确为|更正为)|签收人[:：]?|登记人[:：]?|经办人?[:：]|坐席[:：]?|开户人[:：]?|持卡人[:：]|借款人[:：]|客户[:：]\s?|"
    r"(?:老婆|妻子|丈夫|老公|配偶|妈妈|母亲|父亲|爸爸|儿子|女儿|弟弟|哥哥|姐姐|妹妹|朋友|同事|室友|房东|同学|表哥|堂弟|担保人)(?:叫|[:：])"
)
_WEAK = (
    r"客户|借款人|持卡人|债务人|用户|本人|来电人|来电称|来电者|联系人|机主[是为]?|担保人|申请人|转告|对方叫|叫|提到|提及|谁是|哪个是|哪位是|是不是|问的是|找的是|要找|认识|我(?=[㐀-鿿]{2,3}[啊呀哈哦])|收件人|收货人|我是|您是|请问是|我不是|这里是|户主|"
    r"[款货件保约办收托表责卡户]人[是为]?[:：]?\s?|不是|"
    r"由|找|与|和|给|姓名|[说称]"
)
_SPEECH = r"来电|表示|反馈|称(?!呼)|说|致电|告知|自述|要求|本人|申请|咨询|回电|接听|投诉|承诺|主动|进线|已还|提供|确认|自称|于\d|今日|电话|手机|号码|微信|身份证"
_AFTER = re.compile(
    rf"$|[^㐀-鿿]|{_SPEECH}|{'|'.join(TITLES)}|的|在|已|现|是|我|他|她|因|未|不|有|无|与|和|将|也|还款|名下|本月|目前|最近|换|搬|接|收|代|住|跟|逾期|欠|让|请|又|把|把|从|去|到|了|家|联系|打|处|承|希望|想|给|称|签|转|那|就|对|要|来|尽快|回电|及时|务必|速|可|啊|呀|哈|哦|吗|呢|会|能|愿|同意|拒|正|曾|前来|亲"
)
_BEGINNING = re.compile(
    rf"(?:^|[，。；,;:：、\s）)】])(?P<rest>[㐀-鿿]{{2,4}}?)(?={_SPEECH}|先生|女士|收(?:[，,。；;]|$))"
)

# The dot stands in names only (迪丽努尔·买买提); before it, what announces the name is cut off.
_DOTTED = re.compile(
    r"(?P<before>[㐀-鿿]{0,6}(?:叫|是|为|名|称|人|户|亲|找|与|由|给|说))?(?P<value>[㐀-鿿]{2,6}[·•][㐀-鿿]{2,6}?)(?=$|[^㐀-鿿]|[，的在说称是，来接]|电话|本人)"
)

# Characters that given names practically never hold, and sentences do; and those of which a name is made now and then.
_FUNCTION = frozenset("某的了是不说称把被就也都很还没这那其及或但已未请您你我他她们吗呢吧啊又在给要")
_SELDOM = frozenset("有来去能会到与和再于向")
_NOT_EVEN_AFTER_A_WORD = -2.0  # bits
_CLEARLY_AFTER = re.compile(rf"$|[^㐀-鿿]|{_SPEECH}|{'|'.join(TITLES)}")


@cache
def _announced() -> re.Pattern[str]:
    """A name behind a word that announces it, or behind any word for a person (妹夫江海涛)."""
    roles = "|".join(sorted((w for w in lexicon().roles() if _is_han(w)), key=len, reverse=True))
    return re.compile(
        rf"(?P<word>(?P<strong>{_STRONG})|{_WEAK}|(?P<role>{roles})(?:信息|姓名|名字|名)?[:：]?)\s?(?P<rest>[㐀-鿿]{{2,6}})"
    )


def _is_rather_a_word(text: str, start: int) -> bool:
    """客户关系, 称钱借给, 于周一: no look of a name, and a weak word before it."""
    if text[start] == "于" and han_names.is_word(text[start + 1 : start + 3]):
        return True
    return max(han_names.bits(text, start, 1, given) for given in (2, 1)) < _NOT_EVEN_AFTER_A_WORD


def _name_at(text: str, start: int, *, must_follow: bool, is_person: bool = False) -> int:
    """Length of the name that begins here, 0 where none does. ``is_person``: after a word for one (公公潘有福)."""
    surname = 2 if text[start : start + 2] in COMPOUND_SURNAMES else 1
    if (surname == 1 and text[start] not in SURNAMES) or text[start : start + 2] in NOT_NAMES:
        return 0
    if any(lexicon().knows(text[start : start + length]) for length in (2, 3)):
        return 0  # 客户陈述, 客户岳父
    if surname == 1 and must_follow and not is_person and _is_rather_a_word(text, start):
        return 0
    for given in han_names.likelier_first(text, start, surname) if is_person else (2, 1):
        is_plain = is_person and given == 2
        if is_given(text[start + surname : start + surname + given], given) and _ends(
            text, start + surname, given, is_plain=is_plain
        ):
            return surname + given
    letters = text[start + surname : start + surname + 2]
    return 0 if must_follow or not is_given(letters, len(letters)) else surname + len(letters)


def is_given(letters: str, length: int) -> bool:
    if length == 1 and letters in lexicon().roles():
        return False  # 王婶, 李叔: what they are called, by no name
    return len(letters) == length > 0 and not _FUNCTION.intersection(letters) and _is_han(letters)


def _ends(text: str, start: int, length: int, *, is_plain: bool = False) -> bool:
    """Whether what follows is no part of a name; with a letter rare in names only where that is clear."""
    end = start + length
    pattern = _CLEARLY_AFTER if not is_plain and _SELDOM.intersection(text[start:end]) else _AFTER
    return pattern.match(text, end) is not None


def _is_han(text: str) -> bool:
    return all("㐀" <= c <= "鿿" for c in text)


@dataclass(frozen=True)
class HanName(Recognizer):
    """Patterns, and a reading of what follows, in place of one pattern."""

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        seen = -1
        for start, length in sorted(self._found(text)):
            if length and start >= seen:
                yield start, start + length
                seen = start + length

    @staticmethod
    def _found(text: str) -> Iterator[tuple[int, int]]:
        position = 0
        while match := _announced().search(text, position):
            start = match.start("rest")
            length = _name_at(text, start, must_follow=match["strong"] is None, is_person=match["role"] is not None)
            yield start, length
            position = start + length if length else match.end("word")
        for match in _BEGINNING.finditer(text):
            start, rest = match.start("rest"), match["rest"]
            end = match.end("rest") if text.startswith("收", match.end("rest")) else len(text)  # 张某收 holds no 收
            yield start, len(rest) if _name_at(text[:end], start, must_follow=True) == len(rest) else 0
        for match in _DOTTED.finditer(text):
            yield match.start("value"), match.end() - match.start("value")


RECOGNIZERS = (HanName(entity="CN_NAME", kind="name", pattern="", score=0.4, trigger="[㐀-鿿]{2}", languages=("zh",)),)
