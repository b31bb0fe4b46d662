"""The parameters of the ranking: a readable table of stated priors, or what was learned over them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict


class Validity(BaseModel):
    """``valid``: share of contacts of this source that reach the debtor on the day they were observed; then halving."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    valid: float
    half_life_days: float


class HolderPriors(BaseModel):
    """P(the contact is the debtor's) by what the record says of its receiver."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    same_name: float
    compatible_name: float
    unnamed: float
    other_name: float
    emergency_contact: float
    shared_by_debtors: float


class RegionPriors(BaseModel):
    """How card use speaks of home: weights by merchant group, abstention, expiry."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    min_posterior: float
    ttl_days: int
    merchant_weight: dict[str, float]


class Params(BaseModel):
    """Everything the ranking is computed from besides the links."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: str
    sources: dict[str, dict[str, Validity]]
    holder: HolderPriors
    corroboration_log_odds: float
    corroboration_max_origins: int
    retired_log_odds: float
    newer_log_odds: float
    pickup_point_log_odds: float
    outcomes: dict[str, float]
    outcome_half_life_days: float
    region: RegionPriors

    def validity(self, source_kind: str, contact_kind: str) -> Validity:
        """The prior of this pair; a kind nobody stated is held to be a coin toss with a year's half-life."""
        return self.sources.get(source_kind, {}).get(contact_kind, Validity(valid=0.5, half_life_days=365))


@cache
def default_params() -> Params:
    """The stated priors shipped with the product."""
    text = (files("ranking") / "priors" / "params.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return Params.model_validate(data)
