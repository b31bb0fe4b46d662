"""The rules of casework as data: what a refusal cites, why, and the lawful substitute."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

FROZEN = ConfigDict(extra="forbid", frozen=True)
Basis = Literal["law", "law_secondary", "standard", "guide", "choice"]


class Text(BaseModel):
    """The same in both languages."""

    model_config = FROZEN
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def of(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


class Rule(BaseModel):
    """One rule: which rows of the guide it serves, what it says, what to do instead, on what authority."""

    model_config = FROZEN
    id: Annotated[str, Field(pattern=r"^CW-[A-Z]+-[0-9]{2}$")]
    rows: Annotated[tuple[str, ...], Field(min_length=1)]
    text: Text
    substitute: Text | None = None
    basis: Basis
    ref: str


def load(name: str) -> Any:
    """One of this room's tables, as YAML says it."""
    return yaml.safe_load((resources.files("casework") / "data" / name).read_text(encoding="utf-8"))


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its id, in the order of the table."""
    rows = TypeAdapter(tuple[Rule, ...]).validate_python(load("rules.yaml"))
    found = {r.id: r for r in rows}
    if len(found) != len(rows):
        raise ValueError("a rule is named twice in casework/data/rules.yaml")
    return found
