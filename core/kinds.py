"""The closed vocabularies: kinds of source, of contact, of holder, of outcome. Values are what is written to disk."""

from __future__ import annotations

from enum import StrEnum


class SourceKind(StrEnum):
    """What a source's rows are about. A deployment's source names exactly one."""

    DECLARED_CONTACTS = "declared_contacts"
    DELIVERIES = "deliveries"
    PHONE_UPDATES = "phone_updates"
    TRANSACTION_REGIONS = "transaction_regions"
    SERVICE_NOTES = "service_notes"
    APP_REGIONS = "app_regions"
    CONSENTS = "consents"
    OUTCOMES = "outcomes"

    @property
    def is_signal(self) -> bool:
        """True for kinds whose rows are observations of a customer (they pass the consent gate and are matched)."""
        return self not in _NOT_SIGNALS


_NOT_SIGNALS = frozenset({SourceKind.DECLARED_CONTACTS, SourceKind.CONSENTS, SourceKind.OUTCOMES})


class ContactKind(StrEnum):
    """What a candidate is a way to reach: a point to contact, or (region) where to look."""

    PHONE = "phone"
    ADDRESS = "address"
    REGION = "region"
    EMAIL = "email"
    MESSAGING = "messaging"


class Holder(StrEnum):
    """Whose contact it is held to be. Only DEBTOR and UNCERTAIN are ever published."""

    DEBTOR = "debtor"
    UNCERTAIN = "uncertain"
    THIRD_PARTY = "third_party"


class CaseStatus(StrEnum):
    """Only OPEN cases are traced."""

    OPEN = "open"
    CLOSED = "closed"


class Disposition(StrEnum):
    """What came of an attempt to reach somebody at a contact point."""

    RIGHT_PARTY = "right_party"
    WRONG_PARTY = "wrong_party"
    NO_ANSWER = "no_answer"
    DISCONNECTED = "disconnected"
    REFUSED = "refused"


class DeltaOp(StrEnum):
    """A change of the published candidate set."""

    ADD = "ADD"
    MOD = "MOD"
    DEL = "DEL"


class Admission(StrEnum):
    """How the first consent gate answered: GRANTED by the row's own subject, or PENDING until it is matched."""

    GRANTED = "granted"
    PENDING = "pending"
