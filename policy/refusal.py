"""Sources that are refused by name, whatever consent is declared: each with its rule and the lawful substitute.

Recognised from what the deployment declares (name, location, options, columns), in Chinese and English, by the table
``refusals.yaml``. A word counts only where it stands for itself: ``court`` does not refuse ``food_court_orders``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from core.deployment import SourceSpec
from core.kinds import SourceKind
from core.types import Decision
from policy.pack import Text

_QUERIES = frozenset({"query", "sql", "statement"})
_FROZEN = ConfigDict(extra="forbid", frozen=True)


class Refusal(BaseModel):
    """One row of the scope that is OUT: what it is called, why it is refused, what to do instead."""

    model_config = _FROZEN
    id: Annotated[str, Field(pattern=r"^OUT-[A-Z]+-[0-9]{2}$")]
    rows: tuple[str, ...]  # rows of the requirements inventory
    words: Annotated[tuple[str, ...], Field(min_length=1)]
    steps: tuple[str, ...] = ()  # further words of people who describe a step, not of a source
    names: tuple[str, ...] = ()
    pairs: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    kinds: tuple[SourceKind, ...] = ()  # empty: whatever the declared kind
    text: Text
    substitute: Text
    ref: str

    def speaks(self, spec: SourceSpec, said: str, called: str) -> int:
        """How plainly: 3 by a word, 2 by a name, 1 by a pair, 0 not at all.

        ``said``: everything the declaration says; ``called``: what the source itself is called.
        """
        if self.kinds and spec.kind not in self.kinds:
            return 0
        if _has_any(self.words, said):
            return 3
        if _has_any(self.names, called):
            return 2
        return int(any(_has_any(a, called) and _has_any(b, called) for a, b in self.pairs))


@cache
def refusals() -> tuple[Refusal, ...]:
    """The table, in its order."""
    text = (resources.files("policy") / "refusals.yaml").read_text(encoding="utf-8")
    return tuple(Refusal.model_validate(row) for row in yaml.safe_load(text))


def refuse_source(spec: SourceSpec) -> Decision:
    """Not allowed when the declaration names something that is refused; the plainest comes first."""
    said = "\n".join(_folded(s) for s in _declared(spec))
    called = "\n".join(_folded(s) for s in _called(spec))
    spoken = [(r.speaks(spec, said, called), r) for r in refusals()]
    found = [r for how, r in sorted(spoken, key=lambda s: -s[0]) if how]
    return _decision(found)


def refuse_step(text: str) -> Decision:
    """Not allowed when a step that somebody describes in words is refused by name."""
    said = _folded(text)
    found = [r for r in refusals() if any(_pattern(w).search(said) for w in (*r.words, *r.steps))]
    return _decision(found)


def _decision(found: Sequence[Refusal]) -> Decision:
    """Allowed when nothing was found; else the reason ends with the substitute, in both languages."""
    if not found:
        return Decision(allowed=True, rule_ids=())
    first = found[0]
    reason = f"{first.text.en} Instead: {first.substitute.en} / {first.text.zh}替代办法：{first.substitute.zh}"
    return Decision(allowed=False, rule_ids=tuple(r.id for r in found), reason=reason, citation=first.ref)


def _declared(spec: SourceSpec) -> Iterator[str]:
    """What the declaration says of where the rows come from. A list of consents is about consent, whatever it is consent to;
    a registry's columns are what the customer declared.
    """
    if spec.kind is SourceKind.CONSENTS:
        return
    yield from (spec.name, spec.location, *spec.consent_scopes)
    for name, value in spec.options.items():
        yield from _tables(value) if name in _QUERIES and isinstance(value, str) else _texts(value)
    if spec.kind.is_signal:
        for mapped in spec.fields.values():
            yield from (t for t in (mapped.column, mapped.path, *(mapped.columns or ())) if t)


def _called(spec: SourceSpec) -> Iterator[str]:
    """What the source itself is called: its name, where it lies, the tables it reads."""
    if spec.kind is SourceKind.CONSENTS:
        return
    yield spec.name
    yield spec.location
    for name in (*_QUERIES, "table"):
        value = spec.options.get(name)
        if isinstance(value, str):
            yield from _tables(value) if name in _QUERIES else (value,)


def _tables(query: str) -> Iterator[str]:
    """The tables a query reads: its other words are the source's columns, most of which nobody takes."""
    yield from re.findall(r"\b(?:from|join)\s+([^\s,;()]+)", query, flags=re.IGNORECASE)


def _texts(value: Any) -> Iterator[str]:
    """Every text within an option's value. The names of options are ours."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)


def _folded(text: str) -> str:
    """Words apart and in small letters: ``WeChatMoments`` and ``wechat-moments`` read alike."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return re.sub(r"[^0-9a-z一-鿿]+", " ", text.casefold())


def _has_any(words: tuple[str, ...], text: str) -> bool:
    return any(_pattern(w).search(text) for w in words)


@cache
def _pattern(word: str) -> re.Pattern[str]:
    """A Chinese word anywhere; an English one where it stands for itself, as a plural or with its parts run together too."""
    folded = _folded(word).strip()
    if re.search(r"[一-鿿]", folded):
        return re.compile(re.escape(folded).replace(r"\ ", " ?"))
    return re.compile(rf"(?<![0-9a-z]){re.escape(folded).replace(chr(92) + ' ', ' ?')}(?:s|es)?(?![0-9a-z])")
