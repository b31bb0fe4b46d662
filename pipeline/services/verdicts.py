"""What a person may say of a candidate, and what may be done with it: closed lists, and the errors of saying it."""

from __future__ import annotations

from enum import StrEnum

from core.kinds import ContactKind
from store.reviews import UNDONE


class Verdict(StrEnum):
    """What a person says of a candidate. UNDONE takes the last one back."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNSURE = "unsure"
    UNDONE = UNDONE


# The closed list of reasons: codes, so that nothing about a person is kept which could not be erased.
REASONS: dict[Verdict, tuple[str, ...]] = {
    Verdict.ACCEPT: ("sources_agree", "recent", "confirmed_by_contact", "fits_history"),
    Verdict.REJECT: ("other_person", "outdated", "public_place", "contradicted", "must_not_use"),
    Verdict.UNSURE: ("too_little", "sources_disagree", "ask_colleague"),
    Verdict.UNDONE: ("mistake",),
}
ACTIONS: dict[str, tuple[str, ...]] = {
    ContactKind.PHONE: ("call",),
    ContactKind.ADDRESS: ("letter", "visit"),
    ContactKind.EMAIL: ("write",),
    ContactKind.MESSAGING: ("write",),
    ContactKind.REGION: (),
}
PROPOSABLE = ("letter", "visit")
PROPOSAL_REASONS = ("no_other_way", "other_ways_failed", "customer_asked")


class NotFound(LookupError):
    """There is no such thing, or nothing of it may be seen now."""


class Refused(ValueError):
    """What was asked is not done; ``code`` says why (a key of the catalogue)."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)
