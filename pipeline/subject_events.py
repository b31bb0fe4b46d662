"""The audit events of what persons ask for and of keeping. Names that core.events does not list yet, in one place."""

from __future__ import annotations

from enum import StrEnum
from typing import cast

from core.events import EventName


class SubjectEvent(StrEnum):
    """Like ``core.events.EventName``; these belong there."""

    CASE_CLOSED = "case.closed"
    OBJECTION_UPHELD = "objection.upheld"
    HOLD_CHANGED = "hold.changed"
    RETENTION_PURGED = "retention.purged"
    KEYS_ROTATED = "keys.rotated"
    REQUEST_RECEIVED = "request.received"
    REQUEST_ANSWERED = "request.answered"
    DATA_EXPORTED = "data.exported"
    EVIDENCE_BUNDLED = "evidence.bundled"

    @property
    def name_of_event(self) -> EventName:
        """As the store's audit takes it: only its value is written."""
        return cast(EventName, self)
