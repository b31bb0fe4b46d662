"""The parameters of the ranking: a readable table of stated priors, or what was learned over them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Share(BaseModel):
    """A Beta prior by its mean ``valid`` and its ``weight`` (a + b), in seen cases."""

    model_config = _STRICT
    valid: float = Field(gt=0, lt=1)
    weight: float = Field(gt=0)


class Rate(BaseModel):
    """A Gamma prior on events a year, worth ``years`` of exposure."""

    model_config = _STRICT
    a_year: float = Field(gt=0)
    years: float = Field(gt=0)


class Likelihoods(BaseModel):
    """P(this comes of an attempt | the point is the debtor's that day), and if it is not."""

    model_config = _STRICT
    mine: float = Field(gt=0, lt=1)
    other: float = Field(gt=0, lt=1)


class HolderPriors(BaseModel):
    """P(the contact is the debtor's) by what the record says of its receiver."""

    model_config = _STRICT
    same_name: float
    compatible_name: float
    unnamed: float
    other_name: float
    emergency_contact: float


class PlacePriors(BaseModel):
    """The share of such places that are somebody's home."""

    model_config = _STRICT
    home: float
    pickup_point: float
    office: float


class RegionPriors(BaseModel):
    """How card use and the app speak of home: P(at home) by merchant group, abstention, expiry."""

    model_config = _STRICT
    min_posterior: float
    ttl_days: int
    recurs: float
    surprise: float
    at_home: dict[str, float]
    leaves_city: float


class Recalibration(BaseModel):
    """Learned: log-odds = ``intercept`` + Σ ``slopes[factor]`` × the factor's; a factor without a slope keeps 1."""

    model_config = _STRICT
    intercept: float = 0.0
    slopes: dict[str, float] = Field(default_factory=dict)


class Params(BaseModel):
    """Everything the ranking is computed from besides the links. ``sources`` is keyed by source, or by kind of source."""

    model_config = _STRICT
    version: str
    sources: dict[str, dict[str, Share]]
    changes: dict[str, Rate]
    stale_share: Share
    repeats_old: Share
    announced: dict[str, Share]
    false_alarms: float
    declared_before_lost_days: float
    unreachable: float
    holder: HolderPriors
    shared_log_odds: float
    taken_over_log_odds: float
    mixed_names_log_odds: float
    place: PlacePriors
    outcomes: dict[str, Likelihoods]
    max_no_answers: int
    outcome_noise: float
    region_agrees_log_odds: float
    region_disagrees_log_odds: float
    region: RegionPriors
    track_record: dict[str, dict[str, float]] = Field(default_factory=dict)
    recalibration: dict[str, Recalibration] = Field(default_factory=dict)
    provenance: dict[str, Any] = Field(default_factory=dict)

    def share(self, source: str, source_kind: str, contact_kind: str) -> Share:
        """The source's own figures, else its kind's; what nobody stated is held to be a coin toss."""
        for key in (source, source_kind):
            if (found := self.sources.get(key, {}).get(contact_kind)) is not None:
                return found
        return Share(valid=0.5, weight=20)

    def change(self, contact_kind: str) -> Rate:
        return self.changes.get(contact_kind, Rate(a_year=0.3, years=20))

    def announcement(self, contact_kind: str) -> Share:
        return self.announced.get(contact_kind, Share(valid=0.05, weight=20))


@cache
def default_params() -> Params:
    """The stated priors shipped with the product."""
    text = (files("ranking") / "priors" / "params.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return Params.model_validate(data)
