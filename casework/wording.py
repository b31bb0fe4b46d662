"""What texts may not say, and the texts that people use. Findings carry rule ids and places, never the words around them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import BaseModel, Field, TypeAdapter

from casework.rules import FROZEN, Basis, Text, load
from values.text import plain

_MARKS = re.compile(r"(?<=[一-鿿])[^0-9a-z一-鿿]+(?=[一-鿿])")
_FIELD = re.compile(r"\{[a-z0-9_]+\}")


class Audience(StrEnum):
    """To whom a text goes: the strictest comes last, and what is barred for one is barred for those after it."""

    DEBTOR = "debtor"
    UNVERIFIED = "unverified"
    THIRD_PARTY = "third_party"


class Ban(BaseModel):
    """One kind of words that is not used, for whom, why."""

    model_config = FROZEN
    id: Annotated[str, Field(pattern=r"^WORD-[A-Z]+-[0-9]{2}$")]
    rows: tuple[str, ...]
    audience: Annotated[str, Field(pattern="^(any|unverified|third_party)$")]
    text: Text
    zh: tuple[str, ...]
    en: tuple[str, ...]
    basis: Basis
    ref: str

    def concerns(self, audience: Audience) -> bool:
        order = list(Audience)
        return self.audience == "any" or order.index(audience) >= order.index(Audience(self.audience))

    def said_in(self, spelt: str) -> re.Match[str] | None:
        return _pattern(self.id).search(spelt)


class Script(BaseModel):
    """A text with {fields} that the case system fills in."""

    model_config = FROZEN
    id: str
    rows: tuple[str, ...]
    audience: Audience
    text: Text


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a text breaks; ``start`` and ``end`` are places in its one spelling (``spelt``)."""

    rule_id: str
    start: int
    end: int


@cache
def bans() -> dict[str, Ban]:
    rows = TypeAdapter(tuple[Ban, ...]).validate_python(load("wording.yaml"))
    return {b.id: b for b in rows}


@cache
def scripts() -> dict[str, Script]:
    rows = TypeAdapter(tuple[Script, ...]).validate_python(load("scripts.yaml"))
    return {s.id: s for s in rows}


def spelt(text: str) -> str:
    """One spelling: widths, case, invisible characters; nothing between two Chinese characters."""
    return _MARKS.sub("", plain(unicodedata.normalize("NFKC", text)).casefold())


def lint(text: str, audience: Audience) -> list[Finding]:
    """Every rule this text breaks, in the order of the table. A third party's text must be the relay script, field values aside."""
    said = spelt(text)
    hits = ((ban.id, ban.said_in(said)) for ban in bans().values() if ban.concerns(audience))
    found = [Finding(rule_id, hit.start(), hit.end()) for rule_id, hit in hits if hit]
    if audience is Audience.THIRD_PARTY and not any(_is(script, said) for script in scripts().values()):
        found.append(Finding("WORD-THIRD-01", 0, len(said)))
    return found


def _is(script: Script, said: str) -> bool:
    """Is this text the script, with something short in place of each field?"""
    return script.audience is Audience.THIRD_PARTY and any(
        _form(form).fullmatch(said) is not None for form in (script.text.zh, script.text.en)
    )


@cache
def _form(text: str) -> re.Pattern[str]:
    """The script as a pattern; spaces and punctuation of the script are taken as they come out in one spelling."""
    parts = [
        re.escape(re.sub(r"[^0-9a-z一-鿿]+", "", p.casefold()))
        for p in _FIELD.split(unicodedata.normalize("NFKC", text))
    ]
    gap = r"[^0-9a-z一-鿿]*"
    loose = [gap.join(re.findall(r"\\?.", p)) for p in parts]
    return re.compile(gap + f"{gap}(?:.{{1,40}}?){gap}".join(loose) + gap)


@cache
def _pattern(ban_id: str) -> re.Pattern[str]:
    ban = bans()[ban_id]
    parts = [*(f"(?:{p})" for p in ban.zh), *(rf"\b(?:{p})(?!\w)" for p in ban.en)]
    return re.compile("|".join(parts)) if parts else re.compile(r"(?!)")
