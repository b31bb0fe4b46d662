"""The contract as types: what goes over the wire, with examples. Version 1; a breaking change makes a new version."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from core.kinds import ContactKind, DeltaOp, Disposition, Holder
from pipeline.closure import Reason

VERSION = "1.0.0"
MAX_ROWS = 1000
_In = ConfigDict(extra="forbid")
# Ids are the lender's and ours: printable, no control characters (a database refuses NUL), no white space at the ends.
Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$"),
]
CandidateId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Zone = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]{1,30}(/[A-Za-z_]{1,30}){0,2}$")]
Text = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
Flag = Annotated[bool, Strict()]  # true or false, not "yes" or 1: what is not known must not become known by a guess
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def _rfc3339(value: object) -> object:
    """A number is no time: nobody can tell seconds from milliseconds."""
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise PydanticCustomError("rfc3339", "a time is like 2026-11-03T02:00:00Z")
    return value


When = Annotated[AwareDatetime, BeforeValidator(_rfc3339)]

CANDIDATE: JsonDict = {
    "rank": 1,
    "kind": "phone",
    "value_masked": "199****0101",
    "probability": 0.887,
    "holder": "debtor",
    "first_seen": "2025-05-31T10:22:25Z",
    "last_seen": "2026-08-24T01:23:45Z",
    "sources": ["crm", "shop"],
    "origins": 8,
    "reasons": ["seen_by:deliveries", "origins:8"],
    "consent_ids": ["t1_00000000000000000000000000000000"],
}
DELTA: JsonDict = {
    "seq": 7,
    "op": "ADD",
    "candidate_id": "0123456789abcdef0123456789abcdef",
    "case_id": "TEST-0001",
    "at": "2026-11-02T00:00:00Z",
    "run_key": "20261102T000000Z",
    "content_hash": "00d60062c4e7f3cf729cd2da3279917c",
    "candidate": CANDIDATE,
}
DELETED: JsonDict = {**DELTA, "seq": 8, "op": "DEL", "content_hash": None, "candidate": None}


class Candidate(BaseModel):
    """A way to reach a debtor, masked: what is told of it."""

    rank: int = Field(ge=1, description="1 is the best of its case")
    kind: ContactKind
    value_masked: str
    probability: float = Field(ge=0, le=1, description="that this contact reaches the debtor now")
    holder: Literal[Holder.DEBTOR, Holder.UNCERTAIN]
    first_seen: datetime | None
    last_seen: datetime | None
    sources: list[str]
    origins: int | None = Field(description="how many independent origins agree")
    reasons: list[str] = Field(description="codes, translated at the edge")
    consent_ids: list[str] = Field(description="the consents it rests on, as keyed tokens")


class Delta(BaseModel):
    """One change of the published set. ADD and MOD put ``candidate`` under ``candidate_id``; DEL removes it, if it is there."""

    model_config = ConfigDict(json_schema_extra={"examples": [DELTA, DELETED]})
    seq: int = Field(ge=1)
    op: DeltaOp
    candidate_id: str
    case_id: str
    at: datetime
    run_key: str
    content_hash: str | None = Field(description="null in a DEL")
    candidate: Candidate | None = Field(description="null in a DEL")


class Deltas(BaseModel):
    """A page. Ask next for what follows ``through``: between ``after`` and ``through`` nothing that is yours was left out."""

    after: int
    through: int
    head: int = Field(description="the last number there is; you have everything when through = head")
    deltas: list[Delta]


class CaseCandidate(BaseModel):
    """A candidate as a person looks at it. ``value`` instead of ``value_masked`` when it was revealed."""

    case_id: str
    candidate_id: str
    rank: int
    kind: ContactKind
    value_masked: str | None = None
    value: str | None = None
    probability: float
    holder: Holder
    first_seen: datetime | None
    last_seen: datetime | None
    sources: list[str]
    origins: int | None
    reasons: list[str]
    review: Literal["accepted"] | None = Field(
        default=None, description="a person looked at it and accepted it: it comes first. What was rejected is not told"
    )
    state: str = Field(examples=["unverified"], description="as a contact point: see /v1/cases/{case_id}/state")
    failures: int = Field(description="failed attempts in a row")
    is_next: bool = Field(description="the case's next step is at this contact; its window and approval are the step's")


class StepNow(BaseModel):
    """The next step of the ladder, for people to take; ``hold`` says why there is none."""

    rung: str | None = Field(examples=["routine_call"])
    stage: str | None
    channel: str | None
    action: str | None = Field(description="what a person must approve first; null: nothing")
    action_status: str | None
    point: str | None = Field(description="whose point: declared, candidate, emergency, address")
    point_id: str | None
    script: str | None
    not_before: datetime | None
    not_after: datetime | None
    hold: str | None = Field(examples=[None, "complaint"])
    rows: list[str] = Field(description="rows of the operations guide")
    rule_ids: list[str]


class CaseStep(BaseModel):
    """Where the case stands, and its next step."""

    case_id: str
    life: str = Field(examples=["lost"])
    step: StepNow


class Candidates(BaseModel):
    """The candidates of one case, the best first, and where the case stands."""

    candidates: list[CaseCandidate]
    case: CaseStep


class SnapshotRow(Candidate):
    """One line of a snapshot."""

    candidate_id: str
    case_id: str
    seq: int = Field(description="the delta that put it there")


class Factor(BaseModel):
    """One term of the ranking, in log odds."""

    factor: str
    log_odds: float
    detail: str | None


class Consent(BaseModel):
    """A consent as it stands now."""

    consent_id: str
    purpose: str | None
    scope: str | None
    granted_at: datetime | None
    expires_at: datetime | None
    notice_version: str | None


class Explanation(Candidate):
    """Why a candidate stands where it does, and by which rule you may read it."""

    candidate_id: str
    case_id: str
    run_key: str
    factors: list[Factor]
    consents: list[Consent]
    rules: list[str]


class Channel(StrEnum):
    """How somebody is, or was, contacted."""

    VOICE = "voice"
    SMS = "sms"
    EMAIL = "email"
    MESSAGING = "messaging"
    LETTER = "letter"
    LAWYER_LETTER = "lawyer_letter"
    VISIT = "visit"


class Outcome(BaseModel):
    """What came of one attempt to reach somebody at a candidate."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"candidate_id": DELTA["candidate_id"], "disposition": "no_answer", "at": "2026-11-03T02:00:00Z"}
            ]
        },
    )
    candidate_id: CandidateId
    disposition: Disposition
    at: When
    channel: Channel = Channel.VOICE


class Withdrawal(BaseModel):
    """A customer withdraws. Named by exactly one of case and customer number; ``scopes`` absent: everything."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"case_id": "TEST-0001"}],
            "oneOf": [{"required": ["case_id"]}, {"required": ["customer_no"]}],
        },
    )
    case_id: Id = Field(default="", validate_default=False)
    customer_no: Id = Field(default="", validate_default=False)
    scopes: Annotated[list[Id], Field(min_length=1, max_length=50)] = Field(default=[], validate_default=False)
    at: When = Field(default=None, validate_default=False)  # type: ignore[assignment]  # absent, never null

    @model_validator(mode="after")
    def _one_key(self) -> Withdrawal:
        if bool(self.case_id) == bool(self.customer_no):
            raise PydanticCustomError("one_key", "give exactly one of case_id, customer_no")
        return self


class Closure(BaseModel):
    """A case that ends."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"case_id": "TEST-0001", "reason": "paid"}]}
    )
    case_id: Id
    reason: Reason


class Outcomes(BaseModel):
    model_config = _In
    rows: Annotated[list[Outcome], Field(min_length=1, max_length=MAX_ROWS)]


class Withdrawals(BaseModel):
    model_config = _In
    rows: Annotated[list[Withdrawal], Field(min_length=1, max_length=MAX_ROWS)]


class Closures(BaseModel):
    model_config = _In
    rows: Annotated[list[Closure], Field(min_length=1, max_length=MAX_ROWS)]


class RowResult(BaseModel):
    """What came of one row."""

    index: int
    status: Literal["accepted", "rejected"]
    code: str = Field(description="empty when accepted", examples=["unknown_case"])


class Results(BaseModel):
    """One result a row, in the order they were sent."""

    accepted: int
    rejected: int
    results: list[RowResult]


class ContactFacts(BaseModel):
    """What only you know. What is absent is not known, and a rule that asks for it then denies."""

    model_config = _In
    contacts_reported: Flag = Field(
        default=False, description="every contact made with this person was told to /v1/outcomes: they may be counted"
    )
    zones: Annotated[list[Zone], Field(max_length=5)] = Field(default=[], description="where the person may be now")
    has_complaint: Flag | None = None
    is_opted_out: Flag | None = None
    has_attorney: Flag | None = None
    has_ceased: Flag | None = None
    has_express_consent: Flag | None = None
    is_disputed: Flag | None = None
    is_vulnerable: Flag | None = None
    is_approved: Flag | None = Field(
        default=None, description="of letters, visits and relays the approval on record counts, whatever is said here"
    )
    is_number_invalid: Flag | None = None
    has_agreed_time: Flag = False


class ContactCheck(BaseModel):
    """May this be done now?"""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"case_id": "TEST-0001", "candidate_id": DELTA["candidate_id"], "channel": "voice"}]
        },
    )
    case_id: Id
    candidate_id: CandidateId
    channel: Channel
    facts: ContactFacts = ContactFacts()


class ContactAnswer(BaseModel):
    """The answer, with every rule that spoke, the deciding one first."""

    allowed: bool
    rule_ids: list[str]
    reason: str
    citation: str
    next_permitted_at: datetime | None = Field(description="when time alone will permit it; null when more is missing")


class Signal(BaseModel):
    """One observation of one of the deployment's own sources, in our field names."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"source": "crm", "fields": {"customer_no": "TEST-1", "observed_at": "2026-10-01T02:00:00Z"}}]
        },
    )
    source: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    fields: SignalFields


class SignalFields(BaseModel):
    """What the observation says; ``observed_at`` is mandatory."""

    model_config = _In
    observed_at: When
    customer_no: Text = ""
    account_id: Text = ""
    name: Text = ""
    id_number: Text = ""
    id_tail: Text = ""
    phone: Text = ""
    email: Text = ""
    address: Text = ""
    contact_name: Text = ""
    contact_phone: Text = ""
    contact_address: Text = ""
    contact_email: Text = ""
    region: Text = ""


class Evidence(BaseModel):
    """One term of a match weight."""

    field: str
    level: str
    weight_bits: float
    tf_bits: float


class Link(BaseModel):
    """A case this signal belongs to; ``weight_bits`` is the sum of its evidence."""

    case_id: str
    probability: float
    weight_bits: float
    evidence: list[Evidence]
    rule_id: str


class Quarantined(BaseModel):
    """Why a signal was not looked up: a run would put it into quarantine for this."""

    field: str
    code: str


class Links(BaseModel):
    """Links to open cases, best first. None: nobody, or nobody whose consent allows it; the answer does not tell which."""

    links: list[Link]
    quarantined: Quarantined | None = Field(description="null when the signal was looked up")


class Health(BaseModel):
    status: Literal["ok"]


Signal.model_rebuild()
