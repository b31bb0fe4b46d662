"""Chinese landlines: area code and number, with extension; without an area code only when a label says so. No hotlines."""

from __future__ import annotations

from privacy.recognizers.labels import NOT_A_PERSONS_NUMBER
from privacy.recognizers.recognizer import Recognizer

_AREA = r"0(?:10|2[0-57-9]|[3-9]\d{2})"
_NUMBER = r"[2-9]\d{2,3}[ \-]?\d{4}"
_EXTENSION = r"(?:\s?(?:转|-|ext\.?\s?)\s?\d{1,6})?"

RECOGNIZERS = (
    Recognizer(
        entity="CN_LANDLINE",
        kind="phone",
        pattern=rf"(?<![\d*A-Za-z])(?<!\d[-.])(?P<value>(?:\+?86[ \-]?)?(?:[(（]{_AREA}[)）]|{_AREA})[ \-—]{{0,2}}{_NUMBER}{_EXTENSION})(?![\d*])",
        score=0.7,
        rules_out=NOT_A_PERSONS_NUMBER,
    ),
    Recognizer(
        entity="CN_LANDLINE_LOCAL",
        kind="phone",
        pattern=r"(?:座机|固话|固定电话|宅电|家庭电话|单位电话|公司电话|办公电话)(?:号码|号)?\s?(?:是|为|改为|改成|换成)?\s?[:：]?\s?(?P<value>[2-9]\d{6,7})(?!\d)",
        score=0.65,
    ),
)
