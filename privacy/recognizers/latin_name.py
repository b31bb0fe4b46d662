"""Names in English notes: capitalised words after a word that announces a name."""

from __future__ import annotations

from privacy.recognizers.recognizer import Recognizer

_WORD = r"[A-Z][a-z]+(?:[-'][A-Z][a-z]+)?"
_NOT = r"(?!(?:The|New|Old|She|He|They|His|Her|Will|No|Please|Account|Called|Said|Not|And|But|Now|Moved)\b)"

_TITLE = r"(?:Mr|Mrs|Ms|Miss|Dr)\.?\s"
_ANNOUNCES = (
    r"[Mm]y name is|[Nn]ame:|[Nn]amed|called|I am|[Tt]his is|[Ii]t's|[Ss]poke (?:to|with)|[Ss]peaking (?:to|with)|[Cc]ustomer|[Cc]lient|[Dd]ebtor|[Bb]orrower|[Cc]ust|"
    r"[Hh]usband|[Ww]ife|[Mm]other|[Ff]ather|[Mm]um|[Mm]om|[Dd]ad|[Bb]rother|[Ss]ister|[Ss]on|[Dd]aughter|[Ff]riend|[Ll]andlord|[Cc]olleague|[Ff]latmate|[Rr]oommate|[Nn]eighbou?r|[Bb]oss|[Aa]gent|with|Attn:?|c/o|[Nn]ot|[Hh]eard of|[Kk]nows?|[Aa]sk(?:ed|ing)? for|[Ll]ooking for|[Aa]ddressed to|[Bb]elongs to"
)

RECOGNIZERS = (
    Recognizer(
        entity="LATIN_NAME",
        kind="name",
        pattern=rf"\b(?:{_ANNOUNCES}),?\s[(\"]?(?:{_TITLE})?(?P<value>{_NOT}{_WORD}(?:\s[A-Z]\.)?\s{_WORD})\b",
        score=0.42,
        trigger="[A-Z][a-z]",
        languages=("en",),
    ),
    Recognizer(
        entity="LATIN_NAME_TITLED",
        kind="name",
        pattern=rf"\b{_TITLE}(?P<value>{_NOT}{_WORD}(?:\s{_WORD})?)\b",
        score=0.41,
        trigger="M[rsi]|Dr",
        languages=("en",),
    ),
)
