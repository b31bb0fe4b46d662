"""The routes of casework: where a case stands, and what case systems tell of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from feed import contract as c
from feed.access import requires
from feed.case_contract import CaseEvents, CaseNow
from feed.routes import NOT_FOUND, CaseId, IdempotencyKey, feed_of, found, write_once
from pipeline.feed_clients import Scope
from pipeline.services.readers import Reader

router = APIRouter()


@router.get(
    "/v1/cases/{case_id}/state",
    response_model=CaseNow,
    responses=NOT_FOUND,
    summary="Where a case stands, and its next step",
)
def state(request: Request, case_id: CaseId, reader: Annotated[Reader, Depends(requires(Scope.CASES_READ))]) -> CaseNow:
    view = found(lambda: feed_of(request).case_state(reader, case_id))
    return CaseNow.model_validate(view)


@router.post("/v1/case-events", response_model=c.Results, summary="What happened to cases")
def events(
    request: Request,
    body: CaseEvents,
    key: IdempotencyKey,
    reader: Annotated[Reader, Depends(requires(Scope.CASES_WRITE))],
) -> Response:
    return write_once(request, reader, key, "case-events", body, feed_of(request).case_events)
