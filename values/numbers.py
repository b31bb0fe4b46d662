"""Amounts and counts as people and spreadsheets write them: ``1.23E+4``, ``1,234.50``, ``￥3,000``, ``1.5万元``, ``(200)``."""

from __future__ import annotations

import math
import re

import pyarrow as pa
import pyarrow.compute as pc

from core.errors import BadInput
from core.reasons import Reason
from values import columns
from values.text import plain

FIELD = "number"

_PLAIN = r"^[+-]?[0-9]{1,300}(\.[0-9]{1,300})?$"
_CURRENCY = re.compile(
    r"^(?:CNY|RMB|USD|GBP|HKD|EUR|人民币|HK\$|US\$|[¥￥$£€])\s*|\s*(?:CNY|RMB|USD|GBP|HKD|EUR|圆|元)(?:整|正)?$",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"(?P<figure>(?:\d{1,3}(?:[, ]\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:E(?P<exponent>[+-]?\d{1,3}))?\s*(?P<unit>[百千万亿%]|百万|千万)?",
    re.IGNORECASE,
)
_UNITS = {"百": 1e2, "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "%": 1e-2}


def parse(text: str) -> float:
    """The number ``text`` writes; finite. Raises BadInput: NOT_A_NUMBER, MISSING when empty."""
    written = plain(text).replace("−", "-").replace("，", ",")
    if not written:
        raise BadInput(FIELD, Reason.MISSING)
    sign, bare = _sign(written)
    bare = _CURRENCY.sub("", bare).strip()
    inner_sign, bare = _sign(bare) if bare != written else (1, bare)
    m = _FIGURE.fullmatch(_CURRENCY.sub("", bare).strip())
    if not m or sign + inner_sign == -2:  # twice negative is no way to write a number
        raise BadInput(FIELD, Reason.NOT_A_NUMBER)
    figure = float(re.sub("[, ]", "", m["figure"]) + "E" + (m["exponent"] or "0"))
    number = sign * inner_sign * figure * _UNITS.get(m["unit"] or "", 1.0)
    if not math.isfinite(number):
        raise BadInput(FIELD, Reason.NOT_A_NUMBER)
    return number


def normalise(column: pa.Array | pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """(float64 values, reasons), null where absent; values null and reasons set where bad."""
    d = columns.distinct(column)
    is_plain = pc.match_substring_regex(d.values, _PLAIN)
    fast = pc.if_else(is_plain, d.values, None).cast(pa.float64())
    slow, reasons = columns.try_distinct(pc.if_else(is_plain, None, d.values), parse, pa.float64())
    return d.spread(pc.coalesce(fast, slow)), d.spread(reasons)


def _sign(text: str) -> tuple[int, str]:
    """Leading or trailing minus, or an accountant's brackets."""
    if text.startswith("(") and text.endswith(")"):
        return -1, text[1:-1].strip()
    if text.startswith("-"):
        return -1, text[1:].strip()
    if text.endswith("-"):
        return -1, text[:-1].strip()
    return 1, text.removeprefix("+").strip()
