"""E-mail addresses by their form alone: no list of public suffixes, so .test and .example are found and nothing is fetched."""

from __future__ import annotations

from privacy.recognizers.recognizer import Recognizer

RECOGNIZERS = (
    Recognizer(
        entity="EMAIL_ADDRESS",
        kind="email",
        pattern=r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9_%+\-](?:[A-Za-z0-9._%+\-]*[A-Za-z0-9_%+\-])?\s?@\s?[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+",
        score=0.95,
        trigger="@",
    ),
)
