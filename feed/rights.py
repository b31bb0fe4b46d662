"""The routes of what persons ask for: requests with their due dates, and each right as one call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from feed import contract as c
from feed.access import requires
from feed.problems import Problem
from pipeline.feed_clients import Scope
from pipeline.services import persons
from pipeline.services.feed import Feed
from pipeline.services.readers import NotVisible, NotYours, Reader
from pipeline.withdraw import Withdrawn

router = APIRouter()
Handler = Annotated[Reader, Depends(requires(Scope.RIGHTS_HANDLE))]
CaseId = Annotated[c.Id, Path(examples=["TEST-0001"])]
RequestId = Annotated[str, Path(pattern=r"^R[0-9a-f]{12}$", examples=["R0123456789ab"])]
_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "There is nothing here that you may see"}}
_EXAMPLE: JsonDict = {"case_id": "TEST-0001", "kind": "complaint"}


class Asked(BaseModel):
    """What a person asks for. A complaint suspends contact until it is answered."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})
    case_id: c.Id
    kind: Literal["access", "correction", "deletion", "explanation", "objection", "complaint"]


class PersonsRequest(BaseModel):
    """A request with its dates. ``is_provisional``: the holidays on the way are not published yet; the date never gets earlier."""

    id: str
    kind: str
    case_id: str
    received_at: datetime
    acknowledge_by: datetime | None
    due_at: datetime
    outer_due_at: datetime | None
    rule_id: str
    status: Literal["open", "answered", "refused"]
    is_provisional: bool
    is_overdue: bool


class PersonsRequests(BaseModel):
    """Open requests, the earliest due first."""

    requests: list[PersonsRequest]


class Answer(BaseModel):
    """How a request ends."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"status": "answered"}]})
    status: Literal["answered", "refused"]


class Disowned(BaseModel):
    """The contact the person says is not theirs."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"candidate_id": c.DELTA["candidate_id"]}]}
    )
    candidate_id: c.CandidateId


class Done(BaseModel):
    """What was taken out. ``is_complete`` false: a run under way finishes it when it ends, ``due_at`` at the latest."""

    candidates: int
    restricted: int = Field(description="kept in storage only, by a duty or a hold")
    is_complete: bool
    due_at: datetime


class Export(BaseModel):
    """Everything held of a person, opened: to hand to them and to nobody else."""

    cases: list[dict[str, Any]]
    contacts: list[dict[str, Any]]
    signals: list[dict[str, Any]] = Field(description="observations of them that are kept: source, kind, time, region")
    consents: list[dict[str, Any]]
    contact_log: list[dict[str, Any]]
    requests: list[dict[str, Any]]


class Explained(BaseModel):
    """Every visible candidate, masked, with the factors whose sum is its log-odds."""

    candidates: list[dict[str, Any]]


def _feed(request: Request) -> Feed:
    feed: Feed = request.app.state.feed
    return feed


@router.post("/v1/requests", response_model=PersonsRequest, responses=_NOT_FOUND, summary="A person asks, or complains")
def receive(request: Request, body: Asked, reader: Handler) -> Response:
    return _answered(lambda: persons.receive(_feed(request), reader, body.case_id, body.kind))


@router.get("/v1/requests", response_model=PersonsRequests, summary="What is due")
def queue(request: Request, reader: Handler) -> Response:
    return _answered(lambda: {"requests": persons.queue(_feed(request), reader)})


@router.post(
    "/v1/requests/{request_id}/answer", response_model=Answer, responses=_NOT_FOUND, summary="A request is answered"
)
def answer(request: Request, request_id: RequestId, body: Answer, reader: Handler) -> Response:
    def act() -> dict[str, str]:
        persons.answer(_feed(request), reader, request_id, body.status)
        return {"status": body.status}

    return _answered(act)


@router.post("/v1/cases/{case_id}/rights:export", response_model=Export, responses=_NOT_FOUND, summary="Access")
def export(request: Request, case_id: CaseId, reader: Handler) -> Response:
    return _answered(lambda: persons.export(_feed(request), reader, case_id))


@router.post(
    "/v1/cases/{case_id}/rights:explain", response_model=Explained, responses=_NOT_FOUND, summary="Explanation"
)
def explain(request: Request, case_id: CaseId, reader: Handler) -> Response:
    return _answered(lambda: {"candidates": persons.explain(_feed(request), reader, case_id)})


@router.post("/v1/cases/{case_id}/rights:delete", response_model=Done, responses=_NOT_FOUND, summary="Deletion")
def delete(request: Request, case_id: CaseId, reader: Handler) -> Response:
    return _answered(lambda: _done(persons.delete(_feed(request), reader, case_id)))


@router.post("/v1/cases/{case_id}/rights:object", response_model=Done, responses=_NOT_FOUND, summary="Objection")
def object_to(request: Request, case_id: CaseId, reader: Handler) -> Response:
    return _answered(lambda: _done(persons.object_to(_feed(request), reader, case_id)))


@router.post("/v1/cases/{case_id}/rights:correct", response_model=Done, responses=_NOT_FOUND, summary="Correction")
def correct(request: Request, case_id: CaseId, body: Disowned, reader: Handler) -> Response:
    return _answered(lambda: _done(persons.correct(_feed(request), reader, case_id, body.candidate_id)))


def _done(told: Withdrawn) -> dict[str, Any]:
    names = ("candidates", "restricted", "is_complete", "due_at")
    return {n: getattr(told, n) for n in names}


def _answered(act: Callable[[], Any]) -> Response:
    try:
        return JSONResponse(jsonable_encoder(act()))
    except NotVisible:
        raise Problem(404, "not-found", "There is nothing here that you may see") from None
    except NotYours:
        raise Problem(403, "portfolio", "Not in a portfolio of yours") from None
