"""Is there unmasked personal data in this column? Fails closed: what looks like a person's value counts as one.

Looser than ``privacy.text``: no label excuses a number, no checksum and no public suffix is asked for, so that the numbers
reserved for fiction and addresses at ``.test`` are found. What is surely none is cut out first: dates, hashes, tokens,
ids that begin with a letter and a year, and masked values.
"""

from __future__ import annotations

import re
from typing import Literal

import pyarrow as pa

from privacy.columns import distinct_map
from privacy.names import SURNAMES
from privacy.plain import plain
from privacy.text import spans
from values.divisions import scan

Hint = Literal["name", "address", "region", "id", "date", "number", "text"]

# Cut out: none of these can be a person's value, and they would look like one.
_HARMLESS = re.compile(
    r"(?<![A-Za-z0-9])[a-z]\d{1,2}_[0-9a-f]{32}(?![A-Za-z0-9])"  # our own tokens
    r"|(?<![A-Za-z0-9])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![A-Za-z0-9])"  # UUID
    r"|(?<![A-Za-z0-9])(?=[0-9]*[a-fA-F])(?:[0-9a-f]{16,}|[0-9A-F]{16,})(?![A-Za-z0-9])"  # digests
    r"|(?<!\d)(?:19|20)\d{2}([-/.])\d{1,2}\1\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?)?(?!\d)"
    r"|(?<![A-Za-z0-9])[A-Z]{1,4}[-_]?20\d{2}[-_]?\d{2,8}(?!\d)"  # C2026000001, PIA-2026-07
    r"|[\dA-Za-z+]*\*+[\dA-Za-z*]*"  # masked values
)
_PERSONAL = re.compile(
    r"[^\s@*]+\s?[@＠]\s?[^\s@*.]+\.[^\s@*]"  # e-mail
    r"|(?<!\d)1[ \-.]?[3-9](?:[ \-.()]{0,3}\d){9}(?!\d)"  # mobile, in any grouping, letters before it or not
    r"|(?<![\d.])\d{6} ?(?:\d ?){8}\d{3}[\dXx](?!\d)"  # 18 positions, right check digit or not
    r"|(?<![\d.])(?:\d[ \-]?){12,18}\d(?!\d)"  # card-like
    r"|(?<![\d.])[(（]?0\d{2,4}[)）]?[ \-]?\d{3,4}[ \-]?\d{3,4}(?!\d)"  # landline, UK national
    r"|\+\d[\d \-().]{6,}\d"  # international
    r"|(?<![\dA-Za-z])[(]?[2-9]\d{2}[)]?[ \-.]?[2-9]\d{2}[ \-.]?\d{4}(?!\d)"  # US
    r"|(?<![\d\-])\d{3}[- ]\d{2}[- ]\d{4}(?![\d\-])"  # SSN
)
_HAN_NAME = re.compile(r"^[㐀-鿿·]{2,8}$")
_TITLE = re.compile(r"(?:先生|女士|小姐)$")
_LATIN_WORDS = re.compile(r"[A-Za-z]{2,}")
_BELOW_DISTRICT = re.compile(r"\d|(?<!\*)(?:[路街巷弄村]|小区|花园|大厦)")


def has_personal_data(column: pa.Array | pa.ChunkedArray, hint: Hint | None = None) -> pa.BooleanArray:
    """True where a value shows personal data unmasked; null values are False. Once per distinct value.

    ``hint`` says what the column holds by declaration: ``id``, ``date`` and ``number`` are not searched for digits (only for
    e-mails and Hanzi names in them); ``name``, ``address`` and ``region`` are also searched for what only their kind makes
    personal, an unstarred name or a house number. Dates, times and booleans by type hold none.
    """
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_temporal(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return pa.array([False] * len(column), pa.bool_())
    found = distinct_map(column, lambda value: shows_a_person(_as_text(value), hint), pa.bool_())
    return found.fill_null(False)


def shows_a_person(value: str, hint: Hint | None = None) -> bool:
    """Whether one value shows personal data unmasked."""
    text = plain(value).strip()
    if hint == "name":
        return _is_bare_name(text) or shows_a_person(text)
    if hint in ("address", "region"):
        return bool(_BELOW_DISTRICT.search(text)) or shows_a_person(text)
    if hint in ("id", "date", "number"):
        return "@" in text and _PERSONAL.search(text) is not None
    rest = _HARMLESS.sub(" ", text)
    return _PERSONAL.search(rest) is not None or any(
        not _is_district_at_most(rest, s) for s in spans.find(rest, guesses=False)
    )


def _is_district_at_most(text: str, span: spans.Span) -> bool:
    """河北省石家庄市 is where many people live, not where one does: an address only becomes personal below the district."""
    return span.type == "address" and scan(text[span.start : span.end]).end >= span.end - span.start


def _as_text(value: object) -> str:
    """A float that is whole may be a phone number that went through a spreadsheet."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else ""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _is_bare_name(text: str) -> bool:
    if "*" in text:
        return False
    if _HAN_NAME.match(text):
        return not (_TITLE.search(text) and len(text) == 3 and text[0] in SURNAMES)
    return bool(_LATIN_WORDS.search(text))
