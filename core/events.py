"""The closed list of events. An event carries ids, rule ids and counts only; a test fails when one is undocumented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class EventName(StrEnum):
    """Everything that is ever written to the audit chain or the event log."""

    RUN_OPENED = "run.opened"
    RUN_CLOSED = "run.closed"
    RUN_FAILED = "run.failed"
    SOURCE_PULLED = "source.pulled"
    SOURCE_FAILED = "source.failed"
    SOURCE_STALE = "source.stale"
    SOURCE_LOW_VOLUME = "source.low_volume"
    SIGNALS_CHECKED = "signals.checked"
    SIGNALS_ADMITTED = "signals.admitted"
    SIGNALS_MATCHED = "signals.matched"
    CANDIDATES_RANKED = "candidates.ranked"
    CANDIDATES_PUBLISHED = "candidates.published"
    CANDIDATES_READ = "candidates.read"
    CANDIDATE_REVEALED = "candidate.revealed"
    QUARANTINE_REPLAYED = "quarantine.replayed"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    STAGE_PURGED = "stage.purged"
    CASES_ADVANCED = "cases.advanced"
    CASE_RECORDED = "case.recorded"
    CASE_REFUSED = "case.refused"
    CASE_READ = "case.read"
    STEP_REFUSED = "step.refused"
    CHANGE_PROPOSED = "change.proposed"
    CHANGE_SETTLED = "change.settled"
    CLIENT_CHANGED = "client.changed"
    MODEL_PROPOSED = "model.proposed"
    MODEL_PROMOTED = "model.promoted"
    MODEL_ROLLED_BACK = "model.rolled_back"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``actor`` is a role or service account, ``facts`` ids and counts, never a person's value."""

    name: EventName
    actor: str
    run_key: str = ""
    facts: Mapping[str, str | int | float | bool] = field(default_factory=dict)
