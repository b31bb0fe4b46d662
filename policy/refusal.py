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

_FROZEN = ConfigDict(extra="forbid", frozen=True)


class Refusal(BaseModel):
    """One row of the scope that is OUT: what it is called, why it is refused, what to do instead."""

    model_config = _FROZEN
    id: Annotated[str, Field(pattern=r"^OUT-[A-Z]+-[0-9]{2}$")]
    rows: tuple[str, ...]  # rows of the requirements inventory
    words: Annotated[tuple[str, ...], Field(min_length=1)]
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


def _declared(spec: SourceSpec) -> Iterator[str]:
    yield from (spec.name, spec.location, *spec.consent_scopes)
    yield from _texts(spec.options)
    for mapped in spec.fields.values():
        yield from (t for t in (mapped.column, mapped.path, *(mapped.columns or ())) if t)


def _texts(value: Any) -> Iterator[str]:
    """Every text within the options. Options that carry secrets are looked at, never shown."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
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
