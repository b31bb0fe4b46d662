"""The closed vocabularies of casework: what can happen to a case, where a case stands, what needs a person. Written to disk."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """What happened. The position in this list is the code in a column; add at the end only."""

    DECLARED = "declared"  # the customer's own contact point, from the lender's registry
    UNDECLARED = "undeclared"  # the registry no longer has it
    ATTEMPT = "attempt"  # somebody tried to reach the debtor; `code` is the disposition
    REQUESTED = "requested"  # somebody asks for an action; `code` is the action
    APPROVED = "approved"
    DECLINED = "declined"
    DONE = "done"  # people carried the action out
    TRACE_ENDED = "trace_ended"
    HARDSHIP = "hardship"  # `code` only: no detail of health or family is kept
    FORBEARANCE = "forbearance"  # until a day, without interest or with: the ledger's matter
    PROMISE = "promise"  # to pay by `until`
    PAYMENT = "payment"
    MISSED = "missed"  # an instalment fell due and was not paid
    AGREEMENT = "agreement"
    LEGAL = "legal"  # before a court
    COMPLAINT = "complaint"
    ANSWERED = "answered"
    CLOSED = "closed"
    ARTEFACT = "artefact"
    ARTEFACT_DELETED = "artefact_deleted"
    ARCHIVED = "archived"
    HELD = "held"
    RELEASED = "released"
    VULNERABLE = "vulnerable"
    NOT_VULNERABLE = "not_vulnerable"
    OPTED_OUT = "opted_out"
    ASSETS = "assets"  # as declared by the customer: a band, no object
    VOLUNTEERED = "volunteered"  # a contact that somebody else gave
    CONFIRMED = "confirmed"  # the customer says it is theirs
    INCIDENT = "incident"  # misconduct, by code
    THIRD_PARTY_REFUSED = "third_party_refused"


class PointState(StrEnum):
    """What is known of one contact point of the debtor."""

    UNVERIFIED = "unverified"
    REACHABLE = "reachable"
    REFUSED = "refused"  # the debtor was reached and would not talk
    UNANSWERED = "unanswered"  # so many times in a row
    INVALID = "invalid"
    WRONG_PARTY = "wrong_party"


class Life(StrEnum):
    """Where a case stands."""

    CONTACTING = "contacting"
    LOST = "lost"
    TRACING = "tracing"
    CLOSED = "closed"
    ARCHIVED = "archived"


# Every change of life there is. What is not here does not happen: a test replays random histories against it.
MOVES: frozenset[tuple[Life, Life]] = frozenset(
    {
        (Life.CONTACTING, Life.LOST),
        (Life.LOST, Life.CONTACTING),
        (Life.LOST, Life.TRACING),
        (Life.TRACING, Life.CONTACTING),
        (Life.TRACING, Life.LOST),
        (Life.CONTACTING, Life.CLOSED),
        (Life.LOST, Life.CLOSED),
        (Life.TRACING, Life.CLOSED),
        (Life.CLOSED, Life.ARCHIVED),
    }
)


class Action(StrEnum):
    """What only a person may allow. A gate of the deployment stands before each that is not UNGATED."""

    TRACE = "trace"
    RELAY = "relay"  # ask an emergency contact to pass on a request to call back
    VISIT = "visit"
    LAWYER_LETTER = "lawyer_letter"
    ENTRUST = "entrust"  # to a contracted agency
    EVIDENCE = "evidence"  # a manifest for counsel, who alone decides on the police
    VOICE_BOT = "voice_bot"
    MESSAGING = "messaging"
    VOLUNTEERED = "volunteered"  # take in a contact that a third party gave
    HIGH_RISK = "high_risk"  # hold the case to be of high risk
    LETTER = "letter"  # to an address that was found: somebody else may live there


UNGATED = frozenset({Action.TRACE, Action.HIGH_RISK, Action.LETTER})
GATES: tuple[Action, ...] = tuple(a for a in Action if a not in UNGATED)


class Status(StrEnum):
    """How far an action has come."""

    NONE = "none"
    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
    DONE = "done"
    VOID = "void"  # the case was closed, or the trace found its debtor


class Hardship(StrEnum):
    """Why somebody cannot pay. The code is all that is kept."""

    UNEMPLOYED = "unemployed"
    ILLNESS = "illness"
    DISASTER = "disaster"
    INCOME_LOSS = "income_loss"
    FORGOT = "forgot"
    OTHER = "other"


class ClosedReason(StrEnum):
    """The guide's three ends of a case."""

    PAID = "paid"
    AGREEMENT = "agreement"
    LEGAL = "legal"


class PaymentKind(StrEnum):
    PART = "part"
    INSTALMENT = "instalment"
    FULL = "full"


class AssetBand(StrEnum):
    """Assets as the customer declared them, against what is owed."""

    NONE = "none"
    SOME = "some"
    AMPLE = "ample"


class ComplaintCode(StrEnum):
    """What complaints are about."""

    TOO_OFTEN = "too_often"
    WRONG_HOURS = "wrong_hours"
    WORDING = "wording"
    THIRD_PARTY = "third_party"
    AMOUNT = "amount"
    PRIVACY = "privacy"
    OTHER = "other"


class Incident(StrEnum):
    """Conduct that is never allowed, as reported."""

    FORCED_ENTRY = "forced_entry"
    HARASSED_NEIGHBOURS = "harassed_neighbours"
    THREAT = "threat"
    FALSE_STATEMENT = "false_statement"
    DISCLOSURE = "disclosure"
    PUBLIC_POSTING = "public_posting"


class Artefact(StrEnum):
    """What is kept of a case, by class; the pack says how long."""

    RECORDING = "recording"
    CONTACT_LOG = "contact_log"
    PAYMENT_PROOF = "payment_proof"
    AGREEMENT_TEXT = "agreement_text"
    LETTER = "letter"
    EMS_SLIP = "ems_slip"
    LAWYER_LETTER = "lawyer_letter"
    VISIT_NOTICE = "visit_notice"
    VISIT_PHOTO = "visit_photo"
    COURT_PAPER = "court_paper"
    TRACE_LOG = "trace_log"
    EVIDENCE = "evidence"


class TraceReason(StrEnum):
    """Why a trace is opened: a code, so that nothing of a person is written down."""

    POINTS_EXHAUSTED = "points_exhausted"
    LETTER_RETURNED = "letter_returned"
    CUSTOMER_MOVED = "customer_moved"


CODES: dict[EventKind, tuple[str, ...]] = {
    EventKind.DECLARED: ("phone", "email", "messaging"),
    EventKind.ATTEMPT: ("right_party", "wrong_party", "no_answer", "disconnected", "refused"),
    EventKind.REQUESTED: tuple(Action),
    EventKind.APPROVED: tuple(Action),
    EventKind.DECLINED: tuple(Action),
    EventKind.DONE: tuple(Action),
    EventKind.HARDSHIP: tuple(Hardship),
    EventKind.PAYMENT: tuple(PaymentKind),
    EventKind.COMPLAINT: tuple(ComplaintCode),
    EventKind.CLOSED: tuple(ClosedReason),
    EventKind.ARTEFACT: tuple(Artefact),
    EventKind.ARTEFACT_DELETED: tuple(Artefact),
    EventKind.OPTED_OUT: ("voice", "sms", "email", "messaging", "letter", "visit"),
    EventKind.ASSETS: tuple(AssetBand),
    EventKind.INCIDENT: tuple(Incident),
}
"""The codes each kind of event may carry; a kind that is not here carries none."""

CHANNELS = ("voice", "sms", "email", "messaging", "letter", "lawyer_letter", "visit")
