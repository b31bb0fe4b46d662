"""What a contract found: counts and row keys, never a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Outcome = Literal["pass", "warn", "stop"]


@dataclass(frozen=True, slots=True)
class Measure:
    """How one line of a contract came out. ``tested`` counts the rows that have a value to test."""

    contract: str
    expectation: str
    column: str
    severity: str
    tested: int
    failed: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """``failing``: the keys of every row that breaks a critical line, in order, with field and reason of the first it breaks.

    ``passing_mask`` is as long as the table. Outcome: pass, warn (some line failed), stop (no row keeps the contract).
    """

    outcome: Outcome
    measures: tuple[Measure, ...]
    failing: pa.Table
    passing_mask: pa.Array


@dataclass(frozen=True, slots=True)
class SourceVerdict:
    """How a whole source came out; ``message`` holds names of columns, counts and dates only."""

    outcome: Outcome
    measure: Literal["volume", "freshness", "fill", "duplicates", "categories"]
    message: str
