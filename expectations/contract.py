"""A contract: the lines that the rows of one boundary keep, as a table that a domain expert can read.

``contracts/<boundary>.yaml`` says for each line the expectation, the column, how severe a failure is and the reason code under
which a failing row is quarantined.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import ConfigError
from core.kinds import SourceKind
from core.reasons import Reason

_FROZEN = ConfigDict(extra="forbid", frozen=True)

Expect = Literal[
    "present", "first", "one_of", "between", "length", "pattern", "not_before",
    "phone", "mobile", "resident_id", "region", "email", "clear_of",
]  # fmt: skip
NEEDS: dict[str, tuple[str, ...]] = {
    "one_of": ("values",),
    "pattern": ("pattern",),
    "not_before": ("other",),
    "clear_of": ("detector",),
}


class Line(BaseModel):
    """One expectation of a contract. Absent values pass every expectation but ``present``."""

    model_config = _FROZEN
    expect: Expect
    column: str  # "a|b": at least one of them, for present
    severity: Literal["critical", "warning"]
    reason: Reason
    values: tuple[str, ...] | None = None
    min: date | float | None = None
    max: Literal["at"] | date | float | None = None
    pattern: str | None = None
    other: str | None = None
    detector: str | None = None

    @model_validator(mode="after")
    def _has_its_terms(self) -> Line:
        lacking = [n for n in NEEDS.get(self.expect, ()) if getattr(self, n) is None]
        if lacking:
            raise ValueError(f"{self.expect} of {self.column} needs {', '.join(lacking)}")
        if self.expect in ("between", "length") and self.min is None and self.max is None:
            raise ValueError(f"{self.expect} of {self.column} needs min or max")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.column.split("|"))


class Contract(BaseModel):
    """The lines of one boundary, for one kind where kinds differ. Of a row's failures the first critical one is its reason."""

    model_config = _FROZEN
    name: str
    lines: Annotated[tuple[Line, ...], Field(min_length=1)]


class _File(BaseModel):
    model_config = _FROZEN
    boundary: str
    lines: tuple[Line, ...]
    kinds: dict[SourceKind, tuple[Line, ...]] = Field(default_factory=dict)


@cache
def contract_for(boundary: str, kind: SourceKind | None = None) -> Contract:
    """The contract of this boundary (signals, registry, consents, outcomes, candidates, feed). ConfigError: there is none."""
    if boundary not in boundaries():
        raise ConfigError(f"no contract for {boundary}; there are {', '.join(boundaries())}", file="contracts")
    file = resources.files("expectations") / "contracts" / f"{boundary}.yaml"
    own = parse(file.read_text(encoding="utf-8"), file=f"contracts/{boundary}.yaml")
    more = own.kinds.get(kind, ()) if kind else ()
    return Contract(name=f"{boundary}.{kind}" if more else boundary, lines=(*own.lines, *more))


def parse(text: str, *, file: str) -> _File:
    """A contract file. Raises ConfigError naming the line that is wrong."""
    try:
        return _File.model_validate(yaml.safe_load(text))
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(p) for p in first["loc"])
        raise ConfigError(first["msg"].removeprefix("Value error, "), file=file, key=key) from None


@cache
def boundaries() -> tuple[str, ...]:
    """Where rows are held to a contract: whatever lies in ``contracts/``."""
    names = (f.name for f in (resources.files("expectations") / "contracts").iterdir())
    return tuple(sorted(n.removesuffix(".yaml") for n in names if n.endswith(".yaml")))
