"""Chinese addresses in running text: where one begins and ends. What its parts mean is ``values.address``'s business.

An address is a run of characters with at least two landmarks (road, estate, village, number, building, room), one of them
a number, or with a place name and two named landmarks. It begins at its first place name, or after the word that announces
it (寄到, 住在, 地址), and ends with its last landmark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy import places
from privacy.recognizers.recognizer import Recognizer

_RUN = re.compile(r"[㐀-鿿0-9A-Za-z#·（）()\- 、]+")
_NUMBERED = (
    r"\d+(?:[\-—]\d+){2,}(?!\d)"  # 27-2-1203
    r"|[A-Za-z]?\d+(?:\s?[\-—]\s?\d+)?\s?(?:号楼|号院|号|栋|幢|座|塔|楼|单元|室|层|弄|组|队|户|门(?![锁口窗卫牌禁铃前])|巷|期|房|区(?!间))(?![码段线])"
    r"|[A-Za-z一二三四五六七八九十甲乙丙丁东西南北]{1,3}(?:号楼|栋|幢|座|塔|单元|组|期|区|号院)"
    r"|(?<=[号室元栋幢座楼苑园寓厦里庭村城湾府区轩阁邸塔门场居坊墅都郡域岸峰汇港心])\s?[A-Za-z]?\d{1,3}(?:\s?-\s?\d{1,5})(?!\d)"  # 香江花园8-1203
    r"|(?<=[号室元栋幢座楼塔门层厦场心寓期])\s?[A-Za-z]?\d{3,4}(?![\d元年月日万块])"  # 2单元801
)
_NAMED = (
    r"(?:(?<=[村屯庄])[㐀-鿿]{1,4}?组|大道|大街|街道|胡同|小区|花园|家园|公寓|大厦|新村|广场|公馆|别墅|新城|社区|工业园(?!区)|产业园(?!区)|科技园(?!区)|软件园|宿舍|商城|批发市场|农贸市场|"
    r"豪庭|名都|华府|驿站|车站|工厂|学校|中学|小学|大学|医院|酒店|宾馆|银行|广场|中心|大队|农场|路|街|巷|弄|镇|乡|村|屯|庄|寨|苑|里(?=\d)|坊|湾(?=\d)|庭(?=\d)|府(?=\d)|城(?=\d)|园(?=\d))"
)
_LANDMARK = re.compile(rf"(?P<numbered>{_NUMBERED})|(?P<named>{_NAMED})")
_MAX_GAP = 14
# Words that no address holds: what stands before the last of them is not part of it.
_ANNOUNCES = re.compile(
    r"地址(?:变更)?(?:现在|现)?(?:改成|改为|变更为|更新为|换成|换到|是|为|在|到)?|住址(?:是|为|在|改为)?|寄[到往去给至]|送[到往去至]|发[到往]|邮[到寄](?:到|至)?|"
    r"搬[到去至回进来]了?|住[在到]?(?!宅|建)|居住[在于]?|租住?[在了于]|租房在|现居|位于|改[为成到]|换[成为到]|变更[为成至到]|更新[为成至到]|修改[为成]|更正[为成]|更换[为成]|"
    r"(?<!存)在(?!建)|[是为](?!民)|不是|并非|应该|到(?!家)|从(?!化|江)|说|称|表示|反馈|告知|给|让|去(?!年)|现在|目前|以后|之前|以前|收件|收货|快递|件|的(?=.*?[省市区县路街])|老家|家里|"
    r"户籍|户口|籍贯|单位|公司(?=[^\d]{2,12}[路街区])|家住|新家|客户|本人|[他她我]家?|、|寄|和(?!平|县|田|静|龙|顺|硕|政|林)|叫|待在|上班|离开|收(?!费)|号码|手机|电话"
)
_STOPS = re.compile(
    r"[说称](?!谓)|表示|反馈|不用|作废|或者?|以及|[新旧原现老][址家居]|[改换变搬移迁转调](?:[更换为成到至去入往])|变更|更[换改新正]|不是|寄到|现在|以前|之前|客户|收货|请|联系|电话|手机|不住|签收|订单|快递|以后"
)
_IN_FULL = re.compile(r"[省市区县州盟旗]$")
_BRACKETED = re.compile(r"[（(][^（）()]*[）)]")
_HAN = re.compile(r"[㐀-鿿]")


def find(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every address of a text in which numbers found before are blank."""
    for run in _RUN.finditer(text):
        if _LANDMARK.search(run[0]):
            yield from _in_run(text, run.start(), run.end())


def _in_run(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    floor = start
    for whole in _groups(text, start, end):
        group = _from_place(text, whole)
        begin = _begin(text, floor, group[0].start(), group[-1].end())
        finish = _close(text, begin, group[-1].end(), end)
        if _is_address(text, begin, group):
            yield begin, finish
        floor = finish


def _groups(text: str, start: int, end: int) -> Iterator[list[re.Match[str]]]:
    """Landmarks that follow each other closely, with nothing between that ends an address."""
    group: list[re.Match[str]] = []
    for mark in _LANDMARK.finditer(text, start, end):
        if group:
            gap = text[group[-1].end() : mark.start()]
            if len(gap := _BRACKETED.sub("", gap)) > _MAX_GAP or _STOPS.search(gap):
                yield group
                group = []
        group.append(mark)
    if group:
        yield group


def _from_place(text: str, group: list[re.Match[str]]) -> list[re.Match[str]]:
    """Without the named landmarks before the first province or city written in full: 单位宿舍佛山市… begins at 佛山市."""
    first = next((i for i, mark in enumerate(group) if mark["numbered"]), len(group) - 1)
    start, end = group[0].start(), group[first].start()
    full = [start + p.start for p in places.find(text[start:end]) if _IN_FULL.search(text[start : start + p.end])]
    return [mark for mark in group if not full or mark.start() >= full[0]]


def _begin(text: str, floor: int, first: int, last: int) -> int:
    """After the last announcing word, or at the first place name behind it."""
    begin = floor
    for word in _ANNOUNCES.finditer(text, floor, first):
        if not _is_of_a_name(text, floor, word):
            begin = word.end()
    named = [p.start for p in places.find(text[begin:last])]
    if named and named[0] <= first - begin:
        begin += named[0]
    while begin < first and text[begin] in " 、()（）了于在":
        begin += 1
    return begin


def _is_of_a_name(text: str, floor: int, word: re.Match[str]) -> bool:
    """去 in 徐汇区去…路: one character behind a district, with no place behind it, is a street's."""
    if len(word[0]) > 1 or not _IN_FULL.search(text[floor : word.start()]):
        return False
    after = places.find(text[word.end() : word.end() + 8])
    return not (after and after[0].start == 0)


def _close(text: str, begin: int, last: int, end: int) -> int:
    """A closing bracket that the address opened belongs to it."""
    is_open = len(re.findall("[(（]", text[begin:last])) > len(re.findall("[)）]", text[begin:last]))
    return last + 1 if is_open and last < end and text[last] in ")）" else last


def _is_address(text: str, begin: int, group: list[re.Match[str]]) -> bool:
    """Enough landmarks, and a name before the first number."""
    end = group[-1].end()
    numbered = sum(m["numbered"] is not None for m in group)
    named = len(group) - numbered
    has_place = bool(places.find(text[begin:end]))
    if not _HAN.search(text, begin, group[0].end()) or end - begin < 5:
        return False
    if group[0]["numbered"] and group[0].start() - begin < 2:
        return numbered >= 3
    return (numbered >= 1 and numbered + named + has_place >= 2) or (has_place and named >= 1 and end - begin >= 6)


@dataclass(frozen=True)
class HanAddress(Recognizer):
    """Found by landmarks, not by one pattern."""

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        yield from find(text)


RECOGNIZERS = (
    HanAddress(entity="CN_ADDRESS", kind="address", pattern="", score=0.45, trigger="[㐀-鿿]{2}", languages=("zh",)),
)
