"""The contract of casework: where a case stands, and what a case system tells of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints

from feed.contract import MAX_ROWS, Channel, Id, StepNow, When
from pipeline.services.cases import EventKind

Code = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
PointId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Ref = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,79}$")]
_IN = ConfigDict(extra="forbid")


class Texts(BaseModel):
    """The same in both languages."""

    zh: str
    en: str


class PointNow(BaseModel):
    """A contact point of the debtor; ``point_id`` is the id of a candidate where it is one."""

    point_id: str
    state: str = Field(examples=["unanswered"])
    failures: int = Field(description="failed attempts in a row")
    tried_at: datetime | None
    is_declared: bool
    is_volunteered: bool = Field(description="given by somebody else: not to be used before the customer confirms it")


class SegmentNow(BaseModel):
    """Willingness × ability, with the counts it was made of. A proposal; a person confirms a high risk."""

    risk: str
    willingness: str
    ability: str
    reasons: list[str]
    treatments: list[str]
    offers: list[str]


class ActionNow(BaseModel):
    """Something only a person may allow: how far it has come, and the rule that stands against asking for it now."""

    action: str
    status: str
    may_be_requested: bool
    rule_id: str | None


class ClockNow(BaseModel):
    clock: str = Field(examples=["complaint"])
    due_at: datetime
    rule_id: str | None
    is_overdue: bool


class CaseNow(BaseModel):
    """Where a case stands: replayed from its events when it is read."""

    case_id: str
    life: str = Field(examples=["lost"])
    lost_at: datetime | None
    closed_at: datetime | None
    points: list[PointNow]
    step: StepNow
    segment: SegmentNow
    actions: list[ActionNow]
    clocks: list[ClockNow]
    missing: list[str] = Field(description="what the file of a closed case still lacks")


class CaseEvent(BaseModel):
    """Something that happened to a case. Refused, with the rule's id as its code, when a rule stands against it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"case_id": "TEST-0001", "kind": "promise", "until": "2026-12-01T15:59:59Z"}]},
    )
    case_id: Id
    kind: EventKind
    code: Code | None = None
    point_id: PointId | None = None
    channel: Channel | None = None
    at: When | None = None
    until: When | None = None
    amount: Annotated[float, Strict(), Field(gt=0, lt=1e15)] | None = None
    agents: Annotated[list[Ref], Field(max_length=5)] = []
    ref: Ref | None = None


class CaseEvents(BaseModel):
    model_config = _IN
    rows: Annotated[list[CaseEvent], Field(min_length=1, max_length=MAX_ROWS)]
