"""Contracts at every boundary, tested by Great Expectations (nobody else imports it): counts and row keys, never a value."""

from expectations.check import check
from expectations.contract import Contract, Line, boundaries, contract_for
from expectations.history import Profile, against_history
from expectations.source import freshness, volume
from expectations.verdict import Measure, SourceVerdict, Verdict

__all__ = [
    "Contract",
    "Line",
    "Measure",
    "Profile",
    "SourceVerdict",
    "Verdict",
    "against_history",
    "boundaries",
    "check",
    "contract_for",
    "freshness",
    "volume",
]
