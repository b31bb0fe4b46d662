"""Sources that are refused by name, whatever consent is declared: each with its rule and the lawful substitute.

Recognised from what the deployment declares (name, location, options, columns), in Chinese and English, by the table
``refusals.yaml``. A word counts only where it stands for itself: ``court`` does not refuse ``food_court_orders``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
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
    kinds: tuple[SourceKind, ...] = ()  # empty: whatever the declared kind
    text: Text
    substitute: Text
    ref: str

    def speaks(self, spec: SourceSpec, said: str) -> bool:
        return (not self.kinds or spec.kind in self.kinds) and any(_pattern(w).search(said) for w in self.words)


@cache
def refusals() -> tuple[Refusal, ...]:
    """The table, in its order."""
    text = (resources.files("policy") / "refusals.yaml").read_text(encoding="utf-8")
    return tuple(Refusal.model_validate(row) for row in yaml.safe_load(text))


def refuse_source(spec: SourceSpec) -> Decision:
    """Not allowed when the declaration names something that is refused; ``reason`` then ends with the substitute."""
    said = "\n".join(_folded(s) for s in _declared(spec))
    found = [r for r in refusals() if r.speaks(spec, said)]
    if not found:
        return Decision(allowed=True, rule_ids=())
    first = found[0]
    reason = f"{first.text.en} Instead: {first.substitute.en}"
    return Decision(allowed=False, rule_ids=tuple(r.id for r in found), reason=reason, citation=first.ref)


def refuse_step(text: str) -> Decision:
    """Not allowed when a step that somebody describes in words is refused by name; ``reason`` then ends with the substitute."""
    said = _folded(text)
    found = [r for r in refusals() if any(_pattern(w).search(said) for w in (*r.words, *r.steps))]
    if not found:
        return Decision(allowed=True, rule_ids=())
    first = found[0]
    reason = f"{first.text.en} Instead: {first.substitute.en}"
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


@cache
def _pattern(word: str) -> re.Pattern[str]:
    folded = _folded(word).strip()
    return re.compile(re.escape(folded) if re.search(r"[一-鿿]", folded) else rf"\b{re.escape(folded)}\b")
