"""Errors as ``application/problem+json`` (RFC 9457), made in one place. A problem never repeats what was sent."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from core.errors import BadInput, Fatal, SkiptraceError, Transient

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("skiptrace.feed")


class FieldProblem(BaseModel):
    """One field of a request that cannot be used: where it is, and a code. Never its value."""

    field: str = Field(examples=["body.rows.0.disposition"])
    code: str = Field(examples=["missing"])


class ProblemDocument(BaseModel):
    """RFC 9457."""

    type: str = Field(default="about:blank", examples=["urn:skiptrace:problem:not-found"])
    title: str = Field(examples=["There is nothing here that you may see"])
    status: int = Field(examples=[404])
    detail: str = Field(default="", examples=[""])
    errors: list[FieldProblem] = Field(default_factory=list)


class Problem(Exception):
    """An answer that is an error. ``code`` becomes the type's last part."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        *,
        headers: dict[str, str] | None = None,
        errors: list[FieldProblem] | None = None,
    ) -> None:
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.headers = headers or {}
        self.errors = errors or []
        super().__init__(f"{status} {code}")

    def response(self) -> Response:
        document = ProblemDocument(
            type=f"urn:skiptrace:problem:{self.code}",
            title=self.title,
            status=self.status,
            detail=self.detail,
            errors=self.errors,
        )
        return JSONResponse(document.model_dump(), self.status, {**self.headers}, MEDIA_TYPE)


def of(error: Exception) -> Problem:
    """The problem that this error is to a client."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        found = [FieldProblem(field=_where(e["loc"]), code=str(e["type"])) for e in error.errors()]
        return Problem(422, "invalid", "The request cannot be used", errors=found[:100])
    if isinstance(error, BadInput):
        found = [FieldProblem(field=error.field, code=error.reason)]
        return Problem(422, "invalid", "The request cannot be used", errors=found)
    if isinstance(error, HTTPException):
        title = {404: "There is no such route", 405: "Not this method"}.get(error.status_code, "The request failed")
        return Problem(error.status_code, "http", title, headers=dict(error.headers or {}))
    if isinstance(error, Transient):
        return Problem(503, "busy", "Try again", headers={"Retry-After": "2"})
    code = "configuration" if isinstance(error, Fatal) else "internal"
    return Problem(500, code, "This is our fault; the operator has been told")


def install(app: FastAPI) -> None:
    """One handler for all of them."""

    async def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == 405:
            error.headers = {"Allow": ", ".join(sorted(_methods(app, request.scope)))}
        return told(request.scope, error)

    for kind in (Problem, RequestValidationError, HTTPException, SkiptraceError):
        app.add_exception_handler(kind, handle)


def _methods(app: FastAPI, scope: MutableMapping[str, Any]) -> set[str]:
    """The methods of every route of this path: the router itself names those of the first only."""
    here = [r for r in app.routes if isinstance(r, Route) and r.matches(scope)[0] is not Match.NONE]
    return {m for route in here for m in route.methods or ()}


def told(scope: MutableMapping[str, Any], error: Exception) -> Response:
    """The answer to a request that ended with this error; a fault of ours is logged, by type and route."""
    problem = of(error)
    if problem.status >= 500:
        # Of our own errors the text is free of values; of others only the type is told.
        text = str(error) if isinstance(error, SkiptraceError) else ""
        path = getattr(scope.get("route"), "path", "-")
        log.error("%s %s: %s %s", scope["method"], path, type(error).__name__, text)
    return problem.response()


def _where(place: tuple[int | str, ...]) -> str:
    """Names of our own fields and positions; what a client made up is not repeated."""
    return ".".join(str(p) if isinstance(p, int) or (p.isidentifier() and len(p) <= 40) else "*" for p in place)
