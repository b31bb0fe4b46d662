"""Names in English notes: after a word that announces one or any word for a person, before a verb of speech, or by the given name.

A given name of the list (many countries) and a capitalised word behind it are a name wherever they stand, in Chinese notes too; other
capitalised words only where the sentence says that a person is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from privacy import latin_names
from privacy.recognizers.recognizer import Recognizer
from privacy.text.cues import lexicon

_WORD = r"(?:[A-Z]['’])?[A-Z][a-z]+(?:[-'’]?[A-Z][a-z]+)?"
_SURNAME = rf"(?:(?:de|del|la|da|dos|van|von|der|bin|al|el|[A-Z]\.)[\s-]){{0,2}}{_WORD}"
_NOT = r"(?!(?:The|New|Old|She|He|They|We|You|It|His|Her|Our|Your|This|That|Will|No|Please|Account|Called|Said|Not|And|But|Now|Moved|Customer|Client|Debtor|Agent|Team)\b)"

_TITLE = r"(?:Mr|Mrs|Ms|Miss|Dr)\.?\s"
_ANNOUNCES = (
    r"[Nn]ame(?:'s| is| as|:)|[Nn]ame on (?:the )?account(?: should read| is)?|[Nn]ame should (?:read|be)|[Nn]amed|called|I am|I'm|[Tt]his is|[Ii]t's|[Ss]poke (?:to|with)|[Ss]peaking (?:to|with)|"
    r"[Cc]ustomer|[Cc]lient|[Dd]ebtor|[Bb]orrower|[Cc]ust|[Cc]aller|[Tt]enant is|[Oo]wner is|[Aa]gent|[Ww]ith|Attn:?|c/o|[Nn]ot|[Hh]eard of|[Kk]nows?|[Aa]sk(?:s|ed|ing)? for|[Ll]ooking for|"
    r"[Aa]ddressed to|[Bb]elongs to|[Pp]er|[Rr]eached|[Ss]igned (?:for )?by|[Ee]mail from|[Ll]etter from|[Cc]all from|[Mm]essage from|[Ii]s"
)
_SAYS = (
    r"\s(?:called|rang|phoned|emailed|wrote|answered|replied|picked up|says|said|states|stated|claims|claimed|confirms|confirmed|advises|advised|"
    r"asks|asked|wants|returning|speaking|here)\b"
)
_FULL = rf"{_NOT}{_WORD}(?:\s[A-Z]\.)?\s{_SURNAME}|[A-Z]\.\s?(?:[A-Z]\.\s?)?{_WORD}"


@dataclass(frozen=True)
class AfterAPerson(Recognizer):
    """Like the others, its pattern made once with the words for persons (her attorney, Robert Feldman)."""

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        people = sorted((w for w in lexicon().roles() if w.isascii()), key=len, reverse=True)
        roles = "|".join(f"[{w[0]}{w[0].upper()}]{re.escape(w[1:])}" for w in people)
        return re.compile(
            rf"\b(?:{_ANNOUNCES}|(?:{roles})(?:\sis|\swas)?),?:?\s[(\"“]?(?:{_TITLE})?(?P<value>{_FULL})\b", self.flags
        )


RECOGNIZERS = (
    AfterAPerson(
        entity="LATIN_NAME",
        kind="name",
        pattern="",
        score=0.42,
        trigger="[A-Z][a-z.]",
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
    Recognizer(
        entity="LATIN_NAME_SPEAKING",
        kind="name",
        pattern=rf"(?:^|[.;!?\n]\s*)(?P<value>{_FULL})(?={_SAYS})",
        score=0.4,
        trigger="[A-Z][a-z.]",
        languages=("en",),
    ),
    Recognizer(
        entity="LATIN_NAME_LISTED",
        kind="name",
        pattern=rf"(?<![A-Za-z@./_-])(?P<value>{_WORD}(?:\s[A-Z]\.)?\s{_SURNAME})(?![A-Za-z@_])",
        score=0.39,
        trigger="[A-Z][a-z]+[ .]",
        check=latin_names.begins_with_a_given_name,
        is_guess=True,
    ),
)
