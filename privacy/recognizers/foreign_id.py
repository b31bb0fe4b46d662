"""US social security numbers, UK national insurance numbers, UK postcodes."""

from __future__ import annotations

from privacy.recognizers.recognizer import Recognizer

RECOGNIZERS = (
    # 9xx and 000 are never issued: synthetic people have them, so they count
    Recognizer(entity="US_SSN", kind="ssn", pattern=r"(?<![\d\-*])\d{3}[- ]\d{2}[- ]\d{4}(?![\d\-*])", score=0.6),
    Recognizer(
        entity="US_SSN_PLAIN",
        kind="ssn",
        pattern=r"(?<![\d\-*])\d{9}(?![\d\-*])",
        score=0.5,
        needs=r"ssn|social security",
    ),
    Recognizer(
        entity="UK_NINO",
        kind="nino",
        pattern=r"(?<![A-Za-z0-9])[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Za-z0-9])",
        score=0.6,
    ),
    Recognizer(
        entity="UK_POSTCODE",
        kind="postcode",
        pattern=r"(?<![A-Za-z0-9])[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}(?![A-Za-z0-9])",
        score=0.5,
    ),
)
