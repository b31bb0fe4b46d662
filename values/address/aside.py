"""What stands in an address but is no part of the place: labels, brackets, phones, names, notes, pickup points."""

from __future__ import annotations

import re

from values import divisions

_LABEL = re.compile(
    r"^(?:我的|新|现)?(?:收货|收件|家庭|详细|居住|通讯|通信|单位|公司|联系|现住|户籍|邮寄|寄送|配送)?(?:地址|住址)(?:是|为)?[:：\s]*"
)
# A bracket that holds a door (3栋402) is unwrapped, any other is a remark.
_BRACKETS = re.compile(
    r"[(\[【{<《〔「](?![^)\]】}>》〕」]*\d(?:栋|幢|座|号楼|单元|室|弄))[^)\]】}>》〕」]*[)\]】}>》〕」]"
)
_PHONE = re.compile(
    r"(?<![\d-])(?:\+?86[- ]?)?1[3-9]\d(?:[\d*]{8}|[ -][\d*]{4}[ -][\d*]{4})(?![\d*])|(?<![\d-])(?:0\d{2,3}[- ]?)\d{7,8}(?!\d)"
)
_LABELLED = re.compile(
    r"(?:收货人|收件人|联系人|姓名|联系电话|电话|手机号码|手机号|手机|邮编|tel|phone)(?:\s*[:：]\s*[^\s,，;；。()]{1,16}|\s*\d{5,}\d*|(?<=人)\s+[\u4e00-\u9fff]{2,4}(?!\S))",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"^\d{6}(?=\D)|(?<=[\s,])\d{6}$")
_NOTE = re.compile(
    r"[\s,]*(?:请?(?:务必|尽量|不要|勿|麻烦|提前)|请(?=放|送|打|先|电|联|致)|(?<![解开释])放(?=在|到|门|前|驿|快|丰|物|楼)|送到(?=门|前|驿|家)|到了?(?=打|联|后)).*$"
)
_PICKUP = re.compile(
    r"(?:菜鸟|妈妈|快递|裹裹|社区|校园|溪鸟|兔喜|韵达|中通|圆通|申通|顺丰|京东|极兔|邮政|百世)*"
    r"(?:驿站(?!路|街|巷|新)|快递(?:柜|点|站|超市|代收|代办|自提|收发)[点处柜]?|(?:智能|丰巢|蜂巢|速递|储物|寄存|自提)柜|自提[点处]|代收[点处]?|代办点|取件[点处])"
    r"|丰巢|近邻宝|速递易|兔喜(?:生活)?|传达室|收发室|(?:保安|门卫|值班)(?:室|亭|处|岗)?(?!路)|(?:公司|大堂|物业|一楼|酒店|单位)?前台"
)
_PICKUP_HAS = frozenset("驿递柜提代取巢邻兔传收保卫班台")
_IN_FIGURES = re.compile(r"[\d*]{6}|\d{3}[ -][\d*]{4}")  # stands in every phone and postcode
# Each with characters of which one stands in whatever it takes out (None: see above): most texts have none, and asking is cheap.
_TAKEN: tuple[tuple[re.Pattern[str], frozenset[str] | None], ...] = (
    (_BRACKETS, frozenset("([{<【《〔「")),
    (_PHONE, None),
    (_LABELLED, frozenset("收系姓话机编TtPp")),
    (_POSTCODE, None),
    (_NOTE, frozenset("请务尽要勿麻提放送到")),
    (_PICKUP, _PICKUP_HAS),
)
_PLACE_ENDS = tuple("省市区县旗镇乡村路街道巷弄里号栋幢座楼层室院园苑城府庭厦场心店厂校")
_HAN_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}(?:先生|女士|小姐)?收?")


def put_aside(text: str) -> tuple[str, list[str], bool]:
    """(the text of the place, what was taken out of it, is it a pickup point?)."""
    taken: list[str] = []
    text = _LABEL.sub("", text)
    pickup = not _PICKUP_HAS.isdisjoint(text) and _PICKUP.search(text) is not None
    has_figures = _IN_FIGURES.search(text) is not None
    had_phone = has_figures and _PHONE.search(text) is not None
    for pattern, needed in _TAKEN:
        if has_figures if needed is None else not needed.isdisjoint(text):
            text = _take(pattern, text, taken)
    return _without_names(text, taken, likely=had_phone), taken, pickup


def _take(pattern: re.Pattern[str], text: str, taken: list[str]) -> str:
    found = [m[0].strip(" ,") for m in pattern.finditer(text)]
    if not found:
        return text
    taken.extend(found)
    return pattern.sub(" ", text)


def _without_names(text: str, taken: list[str], *, likely: bool) -> str:
    """A first or last word of 2–4 Hanzi beside a phone, or one that ends in 收 or a title, is somebody's name."""
    if text.isalnum():
        return text  # one word
    words = [w for w in re.split(r"[\s,;]+", text) if w]
    if len(words) < 2:
        return text
    for at in (-1, 0):
        word = words[at]
        if len(words) > 1 and _HAN_NAME.fullmatch(word) and (_is_addressed(word) or (likely and not _is_place(word))):
            taken.append(words.pop(at))
            return " ".join(words)
    return text


def _is_addressed(word: str) -> bool:
    return word.endswith(("收", "先生", "女士", "小姐"))


def _is_place(word: str) -> bool:
    return word.endswith(_PLACE_ENDS) or divisions.scan(word).end == len(word)
