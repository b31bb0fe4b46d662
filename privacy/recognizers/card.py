"""Bank cards: 13 to 19 digits that pass Luhn (ISO/IEC 7812-1), or that a label calls a card."""

from __future__ import annotations

from privacy.recognizers.labels import CARD, NOT_A_PERSONS_NUMBER
from privacy.recognizers.recognizer import Recognizer

_DIGITS = r"(?<![\dA-Za-z*])(?:\d{4}[ \-]){3,4}\d{1,4}(?![\dA-Za-z*])|(?<![\dA-Za-z*.])\d{13,19}(?![\dA-Za-z*])"


def passes_luhn(text: str) -> bool:
    """True when the digits, from the right, doubled every second one, sum to a multiple of ten."""
    digits = [int(c) for c in reversed(text) if c.isdigit()]
    doubled = (sum(divmod(2 * d, 10)) for d in digits[1::2])
    return 13 <= len(digits) <= 19 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


RECOGNIZERS = (
    Recognizer(
        entity="BANK_CARD",
        kind="card",
        pattern=_DIGITS,
        score=0.85,
        check=passes_luhn,
        rules_out=NOT_A_PERSONS_NUMBER,
    ),
    Recognizer(
        entity="BANK_CARD_LABELLED",
        kind="card",
        pattern=_DIGITS,
        score=0.72,
        needs=CARD,
        needs_within=28,
        rules_out=NOT_A_PERSONS_NUMBER,
    ),
)
