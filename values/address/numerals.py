"""Chinese numerals inside addresses: 二十一 → 21, 一二〇三 → 1203."""

from __future__ import annotations

import re

DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
HAN = "[零〇一二两三四五六七八九十百]"
_RUN = re.compile(f"{HAN}+")


def arabic(text: str) -> str:
    """Every run of Chinese numerals as digits; other characters stay."""
    if text.isascii():
        return text
    return _RUN.sub(lambda run: str(_value(run[0])), text)


def _value(run: str) -> str | int:
    if not re.search("[十百]", run):
        return "".join(str(DIGITS[c]) for c in run)
    total, digit = 0, 0
    for char in run:
        if char in DIGITS:
            digit = DIGITS[char]
        else:
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
    return total + digit
