"""Names in English notes: capitalised words after a word that announces a name."""

from __future__ import annotations

from privacy.recognizers.recognizer import Recognizer

_WORD = r"[A-Z][a-z]+(?:[-'][A-Z][a-z]+)?"
_NOT = r"(?!(?:The|New|Old|She|He|They|His|Her|Will|No|Please|Account|Called|Said|Not|And|But|Now|Moved)\b)"

RECOGNIZERS = (
    Recognizer(
        entity="LATIN_NAME",
        kind="name",
        pattern=(
            r"\b(?:[Mm]y name is|[Nn]ame:|[Nn]amed|called|I am|[Tt]his is|[Ss]poke (?:to|with)|[Ss]peaking (?:to|with)|[Cc]ustomer|[Cc]lient|[Dd]ebtor|[Bb]orrower|"
            r"[Cc]ust|[Hh]usband|[Ww]ife|[Mm]other|[Ff]ather|[Bb]rother|[Ss]ister|[Ss]on|[Dd]aughter|[Ff]riend|[Ll]andlord|[Cc]olleague|[Ff]latmate|[Rr]oommate|Attn:?|c/o)"
            rf",?\s(?P<value>(?:(?:Mr|Mrs|Ms|Miss|Dr)\.?\s)?{_NOT}{_WORD}(?:\s[A-Z]\.)?\s{_WORD})\b"
            rf"|\b(?:Mr|Mrs|Ms|Miss|Dr)\.?\s(?P<titled>{_NOT}{_WORD}(?:\s{_WORD})?)\b"
        ).replace("(?P<titled>", "(?:"),
        score=0.42,
        trigger="[A-Z][a-z]",
        languages=("en",),
    ),
)
