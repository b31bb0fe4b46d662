"""What of a note can be a signal: its contacts, and the places where somebody is said to be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from privacy import latin_places, places
from privacy.plain import BLANK, lower
from privacy.text.cues import lexicon
from privacy.text.layout import clause_around
from privacy.text.spans import Span
from values import name as names

SIGNAL_KINDS = frozenset({"phone", "address", "email", "messaging"})


class Mention(NamedTuple):
    """One contact or place, where it stands and its value."""

    start: int
    end: int
    kind: str
    value: str


def blanked(plain: str, spans: Sequence[Span], subject: str | None) -> str:
    """Lower case, values blank; names become what they mean: 客户 the subject's, 某人 another's who begins a clause."""
    letters = list(lower(plain))
    for span in spans:
        fill = _meaning(plain, span, subject) if span.type == "name" and subject else ""
        letters[span.start : span.end] = fill.ljust(span.end - span.start, BLANK)[: span.end - span.start]
    return "".join(letters)


def _meaning(plain: str, span: Span, subject: str) -> str:
    """A name beside a role (妻子李梅) says nothing more; one that stands alone and is not the subject's is a third person's."""
    if names.compatible(plain[span.start : span.end], subject) is not None:
        return "客户"
    return "某人" if span.start == 0 or not plain[span.start - 1].isalpha() else ""


def contacts(plain: str, spans: Sequence[Span]) -> Iterator[Mention]:
    for span in spans:
        if span.type in SIGNAL_KINDS:
            yield Mention(span.start, span.end, span.type, written(span.type, plain[span.start : span.end]))


_EXTENSION = re.compile(
    r"(?P<base>[(（]?0\d{2,3}[)）]?[ \-—]{0,2}\d{3,4}[ \-]?\d{4})\s?(?:转|-|ext\.?)\s?(?P<ext>\d{1,6})$"
)
_SPOKEN_DIGITS = str.maketrans("一二三四五六七八九零〇幺两壹贰叁肆伍陆柒捌玖", "1234567890012123456789")


def written(kind: str, text: str) -> str:
    """A value without the decoration of a note: phones as digits (``+`` kept for a foreign country), e-mails in lower case."""
    if kind == "phone":
        number = _EXTENSION.match(text)
        base, extension = (number["base"], f"转{number['ext']}") if number else (text, "")
        digits = re.sub(r"[^0-9+]", "", base.translate(_SPOKEN_DIGITS))
        return re.sub(r"^(?:\+|00)?86(?=1[3-9]\d{9}$|0?\d{10,11}$)", "", digits) + extension
    if kind == "email":
        return lower(text.replace(" ", ""))
    return text.strip()


_HAN = re.compile("[㐀-鿿]")
_NO_PLACE_AFTER = re.compile(
    r"^(?:[东西南北中]?路|街|大道|银行|分行|支行|分公司|公司|法院|公安|派出所|卡|人(?!民)|话|菜|籍|口音|号|站|机场|仓|电信|移动|联通|农商|公积金|社保|户口|身份证|归属|区号|东路)"
)


def stays(plain: str, read: str, spans: Sequence[Span]) -> Iterator[Mention]:
    """Places where somebody is said to be: a word of presence before, or of staying behind. Not those within an address."""
    if not _HAN.search(plain):
        for place in latin_places.find(plain):
            if not any(s.start < place.end and place.start < s.end for s in spans):
                yield Mention(place.start, place.end, "region", plain[place.start : place.end])
        return
    for place in places.find(plain):
        if any(s.start < place.end and place.start < s.end for s in spans) or _NO_PLACE_AFTER.match(plain[place.end :]):
            continue
        if _is_stay(read, place):
            yield Mention(place.start, place.end, "region", plain[place.city_start : place.city_end])


def _is_stay(read: str, place: places.Place) -> bool:
    start, end = clause_around(read, place.start, place.end)
    around = lexicon().read(read, start, end)
    if any("not_a_stay" in c.tables for c in around):
        return False
    before = any("present" in c.tables and 0 <= place.start - c.end <= 2 for c in around)
    return before or any("dwell" in c.tables and 0 <= c.start - place.end <= 4 for c in around)
