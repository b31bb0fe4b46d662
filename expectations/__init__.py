"""Contracts at every boundary, tested by Great Expectations (nobody else imports it): counts and row keys, never a value."""

from expectations.check import check
from expectations.contract import Contract, Line, boundaries, contract_for
from expectations.source import freshness, volume
from expectations.verdict import Measure, SourceVerdict, Verdict

__all__ = [
    "Contract",
    "Line",
    "Measure",
    "SourceVerdict",
    "Verdict",
    "boundaries",
    "check",
    "contract_for",
    "freshness",
    "volume",
]
