"""What the deployment and its policy pack say, as plain numbers: the pipeline fills this in, so that casework needs neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from casework.vocabulary import Action


@dataclass(frozen=True, slots=True)
class Hours:
    """Contact is permitted from ``start`` to ``end`` (minutes of the day, half-open) in this zone; None: the customer's own."""

    start: int
    end: int
    zone: str | None
    rule_id: str


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``most`` of what is counted: in a calendar day (``days`` None) of ``zone``, or in a moving window of so many days."""

    counts: str
    most: int
    days: int | None
    zone: str | None
    rule_id: str


@dataclass(frozen=True, slots=True)
class Agency:
    """A contracted agency: to be used through the day before each of these."""

    id: str
    contract_until: date
    evaluated_until: date
    may_sub_entrust: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers by which cases are judged."""

    gates: frozenset[Action] = frozenset()
    hours: tuple[Hours, ...] = ()
    caps: tuple[Cap, ...] = ()
    cooldown_days: int = 0  # after a conversation, no call: the day of it is day one
    cooldown_zone: str | None = None
    failures_in_a_row: int = 3
    relay: bool = False
    visit_min_days_past_due: int = 30
    visit_min_origins: int = 2
    letter_lost_months: int = 6
    letter_min_balance: float = 50_000.0
    agencies: tuple[Agency, ...] = ()
    keep_days: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)  # by artefact: at least, at most
