"""Chinese mobile numbers as agents type them: plain, +86, spaced or hyphenated in the usual groupings, spoken digits."""

from __future__ import annotations

from privacy.recognizers.labels import NOT_A_PERSONS_NUMBER
from privacy.recognizers.recognizer import Recognizer

_SEP = r"[ \-‐–—－.·・]{1,3}"
_GROUPS = "|".join(
    (
        rf"1[3-9]\d(?:{_SEP})?\d{{4}}(?:{_SEP})?\d{{4}}",  # 138 0013 8000
        rf"1[3-9]\d{{2}}{_SEP}\d{{3}}{_SEP}\d{{4}}",  # 1380 013 8000
        rf"1[3-9]\d{{2}}{_SEP}\d{{4}}{_SEP}\d{{3}}",  # 1380 0138 000
        rf"1[3-9]\d{_SEP}\d{{3}}{_SEP}\d{{5}}",  # 138 001 38000
        rf"1[3-9]\d{_SEP}\d{{5}}{_SEP}\d{{3}}",  # 138 00138 000
        rf"1[3-9]\d{_SEP}\d{{2}}{_SEP}\d{{2}}{_SEP}\d{{4}}",  # 138 00 13 8000
        rf"1[3-9]\d{_SEP}\d{{8}}",  # 138 00138000
        rf"1[3-9]\d{{3}}{_SEP}\d{{6}}",  # 13800 138000
        rf"1[3-9]\d{{5}}{_SEP}\d{{4}}",  # 1380013 8000
        r"1 [3-9](?: \d){9}",  # 1 3 8 0 0 1 3 8 0 0 0
    )
)
# `\b` is no boundary between Hanzi and digits, and letters may touch (tel138…, wx138…); a longer number or code may not.
_NOT_AFTER = r"(?<![\d*])(?<!\d[-.])(?<![A-Z]{2}-)(?<!NO\.)"
_PAUSE = "[ ，,、-]?"
_SPOKEN = "一二三四五六七八九零〇幺两壹贰叁肆伍陆柒捌玖"

RECOGNIZERS = (
    Recognizer(
        entity="CN_MOBILE",
        kind="phone",
        pattern=rf"{_NOT_AFTER}(?P<value>(?:(?:\+|00)?86[ \-]?)?(?:{_GROUPS}))(?![\d*])",
        score=0.8,
        rules_out=NOT_A_PERSONS_NUMBER,
    ),
    Recognizer(
        entity="CN_MOBILE_SPOKEN",
        kind="phone",
        pattern=rf"(?<![{_SPOKEN}])[一幺壹]{_PAUSE}[三四五六七八九叁肆伍陆柒捌玖](?:{_PAUSE}[{_SPOKEN}]){{9}}(?![{_SPOKEN}])",
        score=0.75,
        trigger=f"[{_SPOKEN}]{{2}}",
    ),
)
