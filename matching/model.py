"""The model: m, u and the relations' tables of every comparison, with counts and provenance. A JSON file, readable."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ConfigError
from matching import compare
from matching.spec import RELATIONS, Spec

FORMAT = 2
MOVED_RATE = 0.1  # before the data speaks


@dataclass(frozen=True, slots=True)
class Parameters:
    """Of one comparison, from the level of least agreement upwards. Each list sums to one."""

    levels: tuple[str, ...]
    m: tuple[float, ...]  # among true pairs
    u: tuple[float, ...]  # among strangers
    relations: Mapping[str, tuple[float, ...]]  # among people of one household, place or name
    m_counts: tuple[float, ...] = ()  # what m was learned from (expected pairs)
    u_counts: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """``match_rate``: share of signals with a match; ``moved_rate``: share of matches that live elsewhere by now;
    ``relation_rates``: of random pairs, how many are related.
    """

    spec: str
    spec_digest: str
    comparisons: Mapping[str, Parameters]
    match_rate: float
    moved_rate: float
    relation_rates: Mapping[str, float]
    counts: Mapping[str, float] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    format: int = FORMAT

    def to_json(self) -> str:
        """The same bytes for the same model."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    def save(self, path: Path | str) -> None:
        Path(path).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: Path | str) -> Model:
        """Read a model file. Raises ConfigError where it is incomplete or impossible."""
        path = Path(path)
        try:
            return cls.from_json(path.read_text(encoding="utf-8"), file=path.name)
        except (OSError, UnicodeDecodeError):
            raise ConfigError("cannot be read", file=path.name) from None

    @classmethod
    def from_json(cls, text: str, *, file: str = "model.json") -> Model:
        """Read and check: every part there, distributions that sum to one, nothing zero or not finite."""
        try:
            raw = json.loads(text)
        except ValueError:
            raise ConfigError("not JSON", file=file) from None
        return _Reader(file).model(raw)

    def require(self, spec: Spec) -> None:
        """Raise ConfigError unless this model is of that spec."""
        if self.spec_digest != spec.digest:
            message = f"the model is of spec {self.spec} {self.spec_digest}, not of {spec.name} {spec.digest}"
            raise ConfigError(message, file="model.json", key="spec_digest")


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file

    def need(self, raw: Any, key: str, kind: type | tuple[type, ...]) -> Any:
        value = raw.get(key.rsplit(".", 1)[-1]) if isinstance(raw, dict) else None
        if value is None or isinstance(value, bool) or not isinstance(value, kind):
            raise ConfigError("missing or of the wrong type: the model is incomplete", file=self.file, key=key)
        return value

    def share(self, raw: Any, key: str) -> float:
        value = float(self.need(raw, key, (int, float)))
        if not math.isfinite(value) or not 0 <= value <= 1:
            raise ConfigError("must be between 0 and 1", file=self.file, key=key)
        return value

    def distribution(self, raw: Any, key: str, levels: int) -> tuple[float, ...]:
        values = self.need(raw, key, list)
        good = len(values) == levels and all(isinstance(v, int | float) and math.isfinite(v) and v > 0 for v in values)
        if not good or abs(sum(values) - 1) > 1e-6:
            raise ConfigError("must be a positive share for each level, summing to one", file=self.file, key=key)
        return tuple(float(v) for v in values)

    def model(self, raw: Any) -> Model:
        version = self.need(raw, "format", int)
        if version not in {1, FORMAT}:
            raise ConfigError(f"this version reads formats 1 to {FORMAT}", file=self.file, key="format")
        comparisons = self.need(raw, "comparisons", dict)
        if not comparisons:
            raise ConfigError("the model is incomplete", file=self.file, key="comparisons")
        rates = self.need(raw, "relation_rates", dict)
        return Model(
            spec=self.need(raw, "spec", str),
            spec_digest=self.need(raw, "spec_digest", str),
            comparisons={name: self.parameters(name, p) for name, p in comparisons.items()},
            match_rate=self.share(raw, "match_rate"),
            moved_rate=self.share(raw, "moved_rate") if version > 1 else 0.0,  # format 1 knew of no moves
            relation_rates={r: self.share(rates, f"relation_rates.{r}") for r in RELATIONS if r in rates},
            counts=self.need(raw, "counts", dict),
            provenance=self.need(raw, "provenance", dict),
            warnings=tuple(self.need(raw, "warnings", list)),
        )

    def parameters(self, name: str, raw: Any) -> Parameters:
        key = f"comparisons.{name}"
        levels = tuple(self.need(raw, f"{key}.levels", list))
        relations = self.need(raw, f"{key}.relations", dict)
        size = len(levels)
        return Parameters(
            levels=levels,
            m=self.distribution(raw, f"{key}.m", size),
            u=self.distribution(raw, f"{key}.u", size),
            relations={r: self.distribution(relations, f"{key}.relations.{r}", size) for r in relations},
            m_counts=tuple(raw.get("m_counts") or ()),
            u_counts=tuple(raw.get("u_counts") or ()),
        )


def expected(spec: Spec) -> Model:
    """The model before any data: every kind's own expectations."""
    comparisons = {}
    for c in spec.comparisons:
        kind = compare.kinds()[c.kind]
        m, u = normal(c.m or kind.m), normal(c.u or kind.u)
        comparisons[c.name] = Parameters(kind.levels, m, u, {r: m if r in c.shared_by else u for r in RELATIONS})
    rates = dict.fromkeys(RELATIONS, 0.0)
    return Model(spec.name, spec.digest, comparisons, spec.match_rate, MOVED_RATE if spec.places else 0.0, rates)


def normal(shares: tuple[float, ...]) -> tuple[float, ...]:
    """Scaled to sum to one."""
    total = sum(shares)
    return tuple(s / total for s in shares)
