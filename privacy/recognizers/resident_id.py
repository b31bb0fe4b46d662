"""Resident id numbers (GB 11643): 18 positions, and 15 of the first generation where a label says so.

A date that exists is enough: an agent's typing error in the check digit does not make the number anybody's but a person's.
"""

from __future__ import annotations

from datetime import date

from privacy.recognizers.labels import RESIDENT_ID
from privacy.recognizers.recognizer import Recognizer

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def has_valid_check_digit(number: str) -> bool:
    """True when the 18th position is the checksum (ISO 7064 MOD 11-2) of the first 17."""
    return _CHECK[sum(w * int(d) for w, d in zip(_WEIGHTS, number, strict=False)) % 11] == number[17].upper()


def has_birth_date(number: str) -> bool:
    """True when the date positions of an 18 or 15 digit number are a date."""
    number = number.replace(" ", "")
    year, rest = (number[6:10], number[10:14]) if len(number) == 18 else ("19" + number[6:8], number[8:12])
    try:
        date(int(year), int(rest[:2]), int(rest[2:]))
    except ValueError:
        return False
    return True


RECOGNIZERS = (
    Recognizer(
        entity="CN_RESIDENT_ID",
        kind="id_number",
        pattern=r"(?<![\dA-Za-z*])[1-9]\d{5} ?(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]) ?\d{3}[\dXx](?![\dA-Za-z*])",
        score=0.9,
        check=has_birth_date,
    ),
    Recognizer(
        entity="CN_RESIDENT_ID_LABELLED",
        kind="id_number",
        pattern=r"(?<![\dA-Za-z*])(?:\d{17}[\dXx]|[1-9]\d{14})(?![\dA-Za-z*])",
        score=0.88,
        needs=RESIDENT_ID,
    ),
)
