"""The routes of version 1: what is asked, who may, what is answered. What it means is ``pipeline.services.feed``'s."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from core.errors import BadInput
from feed import contract as c
from feed import metrics as metrics_text
from feed.access import requires
from feed.case_contract import CaseEvents
from feed.gathering import Gathering
from feed.problems import Problem
from feed.rights import router as rights_router
from pipeline.feed_clients import Scope
from pipeline.lookup import NotPossible
from pipeline.services.feed import Feed
from pipeline.services.readers import Deltas, NotVisible, NotYours, Reader, Told

NDJSON = "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
MAX_LIMIT = 10_000
MAX_STREAM = 1_000_000
MAX_WAIT_SECONDS = 30
POLL_SECONDS = 0.2
MAX_SEQ = 2**53 - 1

router = APIRouter()
CaseId = Annotated[c.Id, Path(examples=["TEST-0001"])]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{8,100}$",
        description="the same key, the same answer: made once by you for each batch, sent again with each attempt",
        examples=["0b6f3a9e-batch-1"],
    ),
]


class RowFormat(StrEnum):
    """How a snapshot is written."""

    NDJSON = "ndjson"
    PARQUET = "parquet"


def feed_of(request: Request) -> Feed:
    feed: Feed = request.app.state.feed
    return feed


# --- deltas and snapshots -----------------------------------------------------------------------------------------------

_DELTA_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {"example": {"after": 6, "through": 8, "head": 8, "deltas": [c.DELTA, c.DELETED]}},
            NDJSON: {"schema": {"type": "string"}, "example": json.dumps(c.DELTA) + "\n"},
        },
        "headers": {"ETag": {"schema": {"type": "string"}, "description": "of a JSON page"}},
        "description": "A page as JSON, or with `Accept: application/x-ndjson` one delta a line",
    },
    304: {"description": "The page is the one you have (If-None-Match)"},
}


@router.get("/v1/deltas", response_model=c.Deltas, responses=_DELTA_ANSWERS, summary="What changed after a number")
async def deltas(
    request: Request,
    reader: Annotated[Reader, Depends(requires(Scope.DELTAS_READ))],
    after: Annotated[int, Query(ge=0, le=MAX_SEQ, description="the last number you have applied; 0 at first")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_STREAM, description=f"JSON: at most {MAX_LIMIT} are given")] = 1000,
    wait: Annotated[int, Query(ge=0, le=MAX_WAIT_SECONDS, description="seconds to wait for the first delta")] = 0,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    if_none_match: Annotated[str, Header(alias="If-None-Match", include_in_schema=False)] = "",
) -> Response:
    feed = feed_of(request)
    await _news(request, feed, after, wait)
    if NDJSON in accept:
        first = await run_in_threadpool(feed.deltas, reader, after, min(limit, 5000))
        return StreamingResponse(
            _stream(request, feed, reader, first, limit), media_type=NDJSON, headers={"X-Through": str(first.through)}
        )
    page = await run_in_threadpool(feed.deltas, reader, after, min(limit, MAX_LIMIT))
    request.app.state.metrics.delivered(len(page.lines))
    body = f'{{"after":{after},"through":{page.through},"head":{page.head},"deltas":[{",".join(page.lines)}]}}'.encode()
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    if tag in re.split(r",\s*", if_none_match):
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, media_type="application/json", headers={"ETag": tag})


async def _news(request: Request, feed: Feed, after: int, wait: int) -> None:
    """Return when there is a delta after ``after``, or when ``wait`` seconds are over, or the client is gone."""
    end = asyncio.get_running_loop().time() + wait
    while wait and asyncio.get_running_loop().time() < end:
        if await run_in_threadpool(feed.news_after, after) or await request.is_disconnected():
            return
        await asyncio.sleep(POLL_SECONDS)


def _stream(request: Request, feed: Feed, reader: Reader, first: Deltas, limit: int) -> Iterator[str]:
    """Pages one after the other, each judged when it is sent, so that memory does not grow with what is asked for."""
    page, left = first, limit
    while page.lines:
        left -= len(page.lines)
        request.app.state.metrics.delivered(len(page.lines))
        yield "\n".join(page.lines) + "\n"
        if left <= 0 or page.through >= page.head:
            return
        page = feed.deltas(reader, page.through, min(left, 5000))


@router.get(
    "/v1/snapshot",
    summary="Everything as it stands after one delta",
    response_class=Response,
    responses={
        200: {
            "content": {
                NDJSON: {"schema": {"type": "string"}},
                PARQUET: {"schema": {"type": "string", "format": "binary"}},
            },
            "headers": {"X-Seq": {"schema": {"type": "integer"}, "description": "continue with deltas after this"}},
            "description": "One SnapshotRow a line (or a row)",
        }
    },
)
def snapshot(
    request: Request,
    reader: Annotated[Reader, Depends(requires(Scope.DELTAS_READ))],
    form: Annotated[RowFormat, Query(alias="format")] = RowFormat.NDJSON,
) -> Response:
    seq, rows = feed_of(request).snapshot(reader)
    headers = {"X-Seq": str(seq)}
    if form is RowFormat.PARQUET:
        sink = io.BytesIO()
        pq.write_table(rows.replace_schema_metadata({"skiptrace.seq": str(seq)}), sink, compression="zstd")
        return Response(sink.getvalue(), media_type=PARQUET, headers=headers)
    return StreamingResponse(_json_lines(rows), media_type=NDJSON, headers=headers)


def _json_lines(rows: pa.Table) -> Iterator[str]:
    for batch in rows.to_batches(max_chunksize=5000):
        yield "".join(
            json.dumps(r, default=_iso, ensure_ascii=False, separators=(",", ":")) + "\n" for r in batch.to_pylist()
        )


def _iso(value: Any) -> str:
    return str(value.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


# --- one case, one candidate ---------------------------------------------------------------------------------------------

NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "There is nothing here that you may see"}}


@router.get(
    "/v1/cases/{case_id}/candidates", response_model=c.Candidates, responses=NOT_FOUND, summary="A case's candidates"
)
async def candidates(
    request: Request, case_id: CaseId, reader: Annotated[Reader, Depends(requires(Scope.CANDIDATES_READ))]
) -> Response:
    reads: Gathering[tuple[Reader, str], dict[str, Any] | NotYours | NotVisible] = request.app.state.case_reads
    found = await reads.ask((reader, case_id))
    if isinstance(found, NotYours | NotVisible):
        raise _denial(found)
    return JSONResponse(found)


class Reveal(BaseModel):
    """Why the values are needed: kept in the audit chain. No person's value belongs here."""

    model_config = {"extra": "forbid", "json_schema_extra": {"examples": [{"reason": "call agreed with the customer"}]}}
    reason: Annotated[c.Text, c.StringConstraints(min_length=8, strip_whitespace=True)]


@router.post(
    "/v1/cases/{case_id}/candidates:reveal",
    response_model=c.Candidates,
    responses=NOT_FOUND,
    summary="A case's candidates, unmasked, each audited",
)
def reveal(
    request: Request,
    case_id: CaseId,
    body: Reveal,
    reader: Annotated[Reader, Depends(requires(Scope.CANDIDATES_REVEAL))],
) -> Response:
    return JSONResponse(found(lambda: feed_of(request).candidates(reader, case_id, body.reason)))


@router.get(
    "/v1/explain/{candidate_id}", response_model=c.Explanation, responses=NOT_FOUND, summary="Why this candidate"
)
def explain(
    request: Request,
    candidate_id: Annotated[c.CandidateId, Path(examples=[c.DELTA["candidate_id"]])],
    reader: Annotated[Reader, Depends(requires(Scope.CANDIDATES_READ))],
) -> Response:
    return JSONResponse(found(lambda: feed_of(request).explain(reader, candidate_id)))


def found(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (NotVisible, NotYours) as e:
        raise _denial(e) from None


def _denial(why: NotVisible | NotYours) -> Problem:
    if isinstance(why, NotYours):
        return Problem(403, "portfolio", "Not in a portfolio of yours")
    return Problem(404, "not-found", "There is nothing here that you may see")


# --- telling -------------------------------------------------------------------------------------------------------------


@router.post("/v1/outcomes", response_model=c.Results, summary="What came of attempts")
def outcomes(
    request: Request,
    body: c.Outcomes,
    key: IdempotencyKey,
    reader: Annotated[Reader, Depends(requires(Scope.OUTCOMES_WRITE))],
) -> Response:
    return write_once(request, reader, key, "outcomes", body, feed_of(request).outcomes)


@router.post("/v1/withdrawals", response_model=c.Results, summary="Customers withdraw their consent")
def withdrawals(
    request: Request,
    body: c.Withdrawals,
    key: IdempotencyKey,
    reader: Annotated[Reader, Depends(requires(Scope.WITHDRAWALS_WRITE))],
) -> Response:
    return write_once(request, reader, key, "withdrawals", body, feed_of(request).withdraw)


@router.post("/v1/cases:close", response_model=c.Results, summary="Cases end")
def close(
    request: Request,
    body: c.Closures,
    key: IdempotencyKey,
    reader: Annotated[Reader, Depends(requires(Scope.CASES_CLOSE))],
) -> Response:
    return write_once(request, reader, key, "cases:close", body, feed_of(request).close)


def write_once(
    request: Request,
    reader: Reader,
    key: str,
    route: str,
    body: c.Outcomes | c.Withdrawals | c.Closures | CaseEvents,
    do: Callable[[Reader, Sequence[Any]], list[Told]],
) -> Response:
    """Do it once for each key: the answer is kept, and given again to whoever sends the same again."""
    digest = hashlib.sha256(f"{route}\x1f{body.model_dump_json()}".encode()).hexdigest()
    feed = feed_of(request)
    before = feed.claim(reader, key, digest)
    if before is not None:
        if before.body_hash != digest:
            raise Problem(409, "idempotency-key", "This Idempotency-Key was used for another request")
        if before.status is None or before.answer is None:
            headers = {"Retry-After": "1"}
            raise Problem(409, "in-progress", "A request of this Idempotency-Key is being worked on", headers=headers)
        return Response(before.answer, before.status, {"Idempotency-Replayed": "true"}, "application/json")
    try:
        told = do(reader, [row.model_dump() for row in body.rows])
    except BaseException:
        feed.release(reader, key)
        raise
    accepted = sum(t.status == "accepted" for t in told)
    answer = json.dumps({"accepted": accepted, "rejected": len(told) - accepted, "results": [asdict(t) for t in told]})
    feed.answer(reader, key, 200, answer)
    return Response(answer, media_type="application/json")


@router.post("/v1/contact-check", response_model=c.ContactAnswer, responses=NOT_FOUND, summary="May this be done now?")
def contact_check(
    request: Request, body: c.ContactCheck, reader: Annotated[Reader, Depends(requires(Scope.CONTACT_CHECK))]
) -> Response:
    return JSONResponse(found(lambda: feed_of(request).contact_check(reader, body.model_dump())))


_MATCH_ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is no signal source of this name"},
    501: {"description": "Not possible here; the detail says why"},
}


@router.post("/v1/match", response_model=c.Links, responses=_MATCH_ANSWERS, summary="Whose signal is this?")
def match(
    request: Request, body: c.Signal, reader: Annotated[Reader, Depends(requires(Scope.SIGNALS_MATCH))]
) -> Response:
    fields = {k: v for k, v in body.fields.model_dump(mode="json").items() if v}
    try:
        return JSONResponse({"links": feed_of(request).match(reader, body.source, fields), "quarantined": None})
    except BadInput as e:
        return JSONResponse({"links": [], "quarantined": {"field": e.field, "code": e.reason}})
    except KeyError:
        raise Problem(404, "source", "There is no signal source of this name") from None
    except NotPossible as e:
        raise Problem(501, "not-possible", "Not possible here", str(e)) from None


router.include_router(rights_router)


# --- the service itself ---------------------------------------------------------------------------------------------------


@router.get("/healthz", response_model=c.Health, summary="The process is up")
def healthz() -> dict[Literal["status"], str]:
    return {"status": "ok"}


@router.get("/readyz", response_model=c.Health, summary="The store answers")
def readyz(request: Request) -> dict[Literal["status"], str]:
    feed_of(request).head()
    return {"status": "ok"}


@router.get(
    "/metrics",
    summary="Counters for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(request: Request, _: Annotated[Reader, Depends(requires(Scope.METRICS_READ))]) -> Response:
    return Response(request.app.state.metrics.text(feed_of(request).head()), media_type=metrics_text.MEDIA_TYPE)
