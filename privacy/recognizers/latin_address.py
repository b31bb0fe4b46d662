"""US and UK addresses: number, street, and what follows of town and postcode."""

from __future__ import annotations

from privacy.recognizers.recognizer import Recognizer

_STREET = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Way|Court|Ct|Place|Pl|Terrace|Close|Crescent|"
    r"Gardens|Square|Sq|Parkway|Pkwy|Circle|Cir|Trail|Grove|Row|Hill|Mews|Walk|Park|View|Green|Highway|Hwy)"
)
_UNIT = r"(?:[Ff]lat|[Aa]pt|[Aa]partment|[Uu]nit|[Ss]uite|[Rr]oom|#)\.?\s?#?\s?\w{1,5}"
_TOWN = r"(?:,\s?|\s)[A-Z][a-z]+(?:[ \-][A-Z][a-z]+){0,2}"
_CODE = r"(?:,?\s(?:[A-Z]{2}\s)?\d{5}(?:-\d{4})?(?!\d)|,?\s[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}(?![A-Za-z0-9])|,?\s[A-Z]{2}(?![A-Za-z0-9]))"


RECOGNIZERS = (
    Recognizer(
        entity="LATIN_ADDRESS",
        kind="address",
        pattern=rf"(?<![\w\-])(?:{_UNIT},?\s)?\d{{1,5}}[A-Za-z]?\s(?:[NSEW]\.?\s)?(?:[A-Z0-9][\w'.]*\s){{1,4}}?{_STREET}(?![a-z])\.?(?:,?\s{_UNIT})?(?:{_TOWN}){{0,2}}{_CODE}?",
        score=0.55,
    ),
)
