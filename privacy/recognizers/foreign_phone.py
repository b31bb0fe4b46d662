"""US and UK phone numbers by their form, so that the ranges reserved for fiction are found too. No toll-free numbers."""

from __future__ import annotations

from privacy.recognizers.labels import NOT_A_PERSONS_NUMBER, PHONE
from privacy.recognizers.recognizer import Recognizer

_TOLL_FREE = r"(?!8(?:00|33|44|55|66|77|88)|[49]00)"

RECOGNIZERS = (
    Recognizer(
        entity="UK_PHONE",
        kind="phone",
        pattern=r"(?<![\dA-Za-z*])(?:(?:\+|00)44[ \-]?(?:\(0\)[ \-]?)?|\((?=0\d{2,5}\))0|0)(?:7\d{3}\)?[ \-]?\d{3}[ \-]?\d{3}|(?:1\d{2,3}|2\d)\)?[ \-]?\d{3,4}[ \-]?\d{3,4})(?![\d*])",
        score=0.68,
        rules_out=NOT_A_PERSONS_NUMBER,
    ),
    Recognizer(
        entity="US_PHONE",
        kind="phone",
        pattern=rf"(?<![\dA-Za-z*])(?<!\d[-.])(?:\+?1[ .\-]?)?(?:\({_TOLL_FREE}[2-9]\d{{2}}\) ?|{_TOLL_FREE}[2-9]\d{{2}}[ .\-])\d{{3}}[ .\-]\d{{4}}(?![\d*])",
        score=0.67,
        rules_out=NOT_A_PERSONS_NUMBER,
    ),
    Recognizer(
        entity="US_PHONE_PLAIN",
        kind="phone",
        pattern=rf"(?<![\dA-Za-z*.])(?:\+1|1)?{_TOLL_FREE}[2-9]\d{{2}}[2-9]\d{{6}}(?![\d*])",
        score=0.6,
        needs=PHONE,
        rules_out=NOT_A_PERSONS_NUMBER,
        languages=("en",),
    ),
    Recognizer(
        entity="FOREIGN_PHONE",
        kind="phone",
        pattern=r"(?<![\dA-Za-z*])\+(?!86|1(?!\d)|44)[1-9]\d{0,2}[ \-]?\d(?:[ \-]?\d){6,12}(?![\d*])",
        score=0.6,
        rules_out=NOT_A_PERSONS_NUMBER,
    ),
)
