"""A jurisdiction's rules as data: one YAML file, refused when incomplete.

Every rule but one denies; the one that permits needs a valid grant. So a pack with more rules never permits more, and the
strictest of several packs is their combination: every denial of each, the vocabulary they share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import ConfigError
from core.kinds import SourceKind
from core.yaml_text import UNREADABLE
from policy.conditions import PRECEDENCE, Condition

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml is there
_FROZEN = ConfigDict(extra="forbid", frozen=True)

Basis = Literal["law", "law_secondary", "standard", "guide", "choice", "unverified"]


# What a citation is marked with when nobody here has read the binding text itself.
MARKS: Mapping[str, tuple[str, str]] = {
    "law_secondary": ("law, read in a secondary copy only", "法律，仅见二手文本"),
    "unverified": ("unverified", "待核实"),
}


def cited(ref: str, basis: str, lang: str = "en") -> str:
    """The source as it is shown: marked when it was read in a secondary copy only, or not at all."""
    mark = MARKS.get(basis)
    return f"{ref} ({mark[lang == 'zh']})" if mark else ref or basis


class Text(BaseModel):
    """The rule in words, for the people it concerns."""

    model_config = _FROZEN
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class Validity(BaseModel):
    """The half-open interval [since, until) in which a rule is in force; ``until`` null means until further notice."""

    model_config = _FROZEN
    since: date
    until: date | None = None

    def covers(self, at: datetime) -> bool:
        day = at.astimezone(UTC).date()
        return self.since <= day and (self.until is None or day < self.until)


class Example(BaseModel):
    """One case of the rule: what differs from a case in order, and what the rule then says. Runs as a test."""

    model_config = _FROZEN
    given: dict[str, Any] = Field(default_factory=dict)
    then: Literal["permit", "deny"]


class Rule(BaseModel):
    """One rule: when it holds, what follows, in whose words and on what authority."""

    model_config = _FROZEN
    id: Annotated[str, Field(pattern=r"^(CN|US|UK)-[A-Z]+-[0-9]{2}$")]
    when: Condition
    effect: Literal["permit", "deny"]
    kinds: tuple[SourceKind, ...] = ()  # empty: every kind
    max_age_days: Annotated[int, Field(ge=0)] | None = None  # of TOO_OLD only
    text: Text
    basis: Basis
    ref: str
    valid: Validity
    examples: Annotated[tuple[Example, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _holds_together(self) -> Rule:
        if (self.effect == "permit") != (self.when is Condition.VALID_GRANT):
            raise ValueError(f"rule {self.id}: only valid_grant permits, everything else denies")
        if (self.max_age_days is not None) != (self.when is Condition.TOO_OLD):
            raise ValueError(f"rule {self.id}: max_age_days belongs to too_old, and too_old needs it")
        if not self.ref and self.basis != "choice":
            raise ValueError(f"rule {self.id}: a rule that is not our own choice cites its source")
        return self

    @property
    def jurisdiction(self) -> str:
        return self.id.partition("-")[0]

    @property
    def citation(self) -> str:
        return cited(self.ref, self.basis)

    def concerns(self, kind: SourceKind | None) -> bool:
        return not self.kinds or kind in self.kinds


class Scope(BaseModel):
    """A scope of consent the pack knows: the kinds of source it is for and the sensitive classes it is separate consent to."""

    model_config = _FROZEN
    kinds: Annotated[tuple[SourceKind, ...], Field(min_length=1)]
    classes: tuple[str, ...] = ()


class Kind(BaseModel):
    """A kind of signal the pack allows, and the sensitive classes its rows touch: each needs separate consent."""

    model_config = _FROZEN
    classes: tuple[str, ...] = ()


class Duty(BaseModel):
    """A fact of the jurisdiction that other parts act on (hours, caps, retention, rights): terms with their authority."""

    model_config = _FROZEN
    id: Annotated[str, Field(pattern=r"^(CN|US|UK)-[A-Z]+-[0-9]{2}$")]
    topic: str
    terms: Annotated[dict[str, Any], Field(min_length=1)]
    text: Text
    basis: Basis
    ref: str
    valid: Validity

    @property
    def citation(self) -> str:
        return cited(self.ref, self.basis)


class Pack(BaseModel):
    """The rules of one jurisdiction, or of several combined."""

    model_config = _FROZEN
    schema_: Literal["skiptrace.policy/1"] = Field(alias="schema")
    jurisdiction: str
    version: Annotated[str, Field(pattern=r"^[a-z+]+-[0-9]{4}\.[0-9]{2}")]
    purposes: Annotated[dict[str, Text], Field(min_length=1)]
    kinds: Annotated[dict[SourceKind, Kind], Field(min_length=1)]
    scopes: Annotated[dict[str, Scope], Field(min_length=1)]
    rules: tuple[Rule, ...]
    duties: tuple[Duty, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Pack:
        ids = [r.id for r in self.rules] + [d.id for d in self.duties]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"rules named twice: {', '.join(twice)}")
        missing = [c for c in PRECEDENCE if not any(r.when is c for r in self.rules)]
        if missing:
            raise ValueError(f"incomplete: no rule for {', '.join(missing)}")
        for kind, facts in self.kinds.items():
            if not any(r.when is Condition.TOO_OLD and r.concerns(kind) for r in self.rules):
                raise ValueError(f"incomplete: no maximum age for {kind}")
            covered = {c for s in self.scopes.values() if kind in s.kinds for c in s.classes}
            if not set(facts.classes) <= covered:
                raise ValueError(f"incomplete: no scope gives consent to every class of {kind}")
        return self

    def rule(self, rule_id: str) -> Rule:
        """The rule of this id; KeyError when there is none."""
        found = next((r for r in self.rules if r.id == rule_id), None)
        if found is None:
            raise KeyError(rule_id)
        return found

    def answering(self, condition: Condition, at: datetime, kind: SourceKind | None = None) -> tuple[Rule, ...]:
        """The rules in force that speak when this condition holds. A jurisdiction with none in force denies by default."""
        answers: list[Rule] = []
        for prefix in dict.fromkeys(r.jurisdiction for r in self.rules):
            own = [r for r in self.rules if r.jurisdiction == prefix]
            spoken = [r for r in own if r.when is condition and r.concerns(kind) and r.valid.covers(at)]
            answers += spoken or [r for r in own if r.when is Condition.DEFAULT]
        return tuple(answers)

    def deciding(self, condition: Condition, at: datetime, kind: SourceKind | None = None) -> Rule:
        """The rule that is cited when this condition decides: a denial before a permission, the strictest terms first."""
        answers = self.answering(condition, at, kind)
        return min(answers, key=lambda r: (r.effect == "permit", -1 if r.max_age_days is None else r.max_age_days))


def parse(text: str, *, file: str = "pack.yaml") -> Pack:
    """The pack of this YAML text. Raises ConfigError naming what is missing or wrong."""
    try:
        return Pack.model_validate(yaml.load(text, Loader=_LOADER))  # noqa: S506 - both are safe loaders
    except yaml.YAMLError:
        raise ConfigError("not YAML", file=file) from None
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(p) for p in first["loc"])
        raise ConfigError(first["msg"].removeprefix("Value error, "), file=file, key=key) from None
    except UNREADABLE:
        raise ConfigError("not YAML: a value cannot be read", file=file) from None


@cache
def load(jurisdiction: str) -> Pack:
    """The pack shipped for this jurisdiction (``cn``, ``us``, ``uk``). Raises ConfigError when there is none."""
    if jurisdiction not in jurisdictions():
        raise ConfigError(
            f"no policy pack for {jurisdiction}; there are {', '.join(jurisdictions())}", key="jurisdiction"
        )
    file = resources.files("policy") / "packs" / f"{jurisdiction}.yaml"
    return parse(file.read_text(encoding="utf-8"), file=f"policy/packs/{jurisdiction}.yaml")


@cache
def jurisdictions() -> tuple[str, ...]:
    """The jurisdictions that have a pack: whatever lies in ``policy/packs``."""
    names = (f.name for f in (resources.files("policy") / "packs").iterdir())
    return tuple(sorted(n.removesuffix(".yaml") for n in names if n.endswith(".yaml")))


def combine(packs: Iterable[Pack]) -> Pack:
    """The strictest of overlapping packs: all their denials, and only the purposes, kinds and scopes they share.

    Raises ConfigError when they share no purpose, kind or scope: then nothing may be done under all of them.
    """
    first, *others = list(packs)
    for other in others:
        first = first if other == first else _strictest(first, other)
    return first


def _strictest(a: Pack, b: Pack) -> Pack:
    scopes = {s: both for s in a.scopes if s in b.scopes and (both := _strictest_scope(s, a, b))}
    classes = {k: tuple(dict.fromkeys((*a.kinds[k].classes, *b.kinds[k].classes))) for k in a.kinds if k in b.kinds}
    given = {k: {c for s in scopes.values() if k in s.kinds for c in s.classes} for k in classes}
    try:
        return Pack(
            schema="skiptrace.policy/1",
            jurisdiction=f"{a.jurisdiction}+{b.jurisdiction}",
            version=f"{a.jurisdiction}+{b.jurisdiction}-{max(a.version[-7:], b.version[-7:])}",
            purposes={p: a.purposes[p] for p in a.purposes if p in b.purposes},
            kinds={k: Kind(classes=needed) for k, needed in classes.items() if set(needed) <= given[k]},
            scopes=scopes,
            rules=(*a.rules, *(r for r in b.rules if r not in a.rules)),
            duties=(*a.duties, *(d for d in b.duties if d not in a.duties)),
        )
    except ValidationError:
        raise ConfigError(f"packs {a.jurisdiction} and {b.jurisdiction} allow nothing in common") from None


def _strictest_scope(name: str, a: Pack, b: Pack) -> Scope | None:
    """What both packs say this scope is for. A class that a pack asks consent to counts only if that pack says so too."""
    kinds = tuple(k for k in a.scopes[name].kinds if k in b.scopes[name].kinds)
    said = {c for pack in (a, b) for c in pack.scopes[name].classes}
    denied = {
        c for pack in (a, b) for k in pack.kinds.values() for c in k.classes if c not in pack.scopes[name].classes
    }
    return Scope(kinds=kinds, classes=tuple(sorted(said - denied))) if kinds else None
