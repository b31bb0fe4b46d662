"""The workbench as an application: routes, strict headers, errors in words."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from core.errors import SkiptraceError, Transient
from pipeline.issuers import Issuer, NotVouchedFor
from pipeline.services.deciding import Stale
from pipeline.services.verdicts import NotFound, Refused
from pipeline.services.workbench import Workbench
from pipeline.site import Site
from workbench import actions, case_pages, pages, session, single_sign_on, views
from workbench.session import Brake, NotAllowed, NotSignedIn

LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "testserver")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=(), clipboard-read=()",
}
MAX_BODY_BYTES = 1 << 18
log = logging.getLogger("skiptrace.workbench")
_STATIC = {"workbench.css": "text/css", "workbench.js": "text/javascript", "icon.svg": "image/svg+xml"}


def create_app(site: Site, *, hosts: Sequence[str] = LOOPBACK, dependencies: Sequence[Any] = ()) -> FastAPI:
    """The workbench of this site. ``hosts``: names it answers to; ``dependencies``: run before every route (a mount's login)."""
    app = FastAPI(
        title="skiptrace workbench", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[*dependencies]
    )
    app.state.workbench = Workbench(site)
    app.state.brake = Brake()
    issuer = site.deployment.workbench_issuer
    app.state.issuer = None if issuer is None else Issuer(issuer)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.middleware("http")(_with_headers)
    app.include_router(case_pages.router)
    app.include_router(pages.router)
    app.include_router(actions.router)
    app.include_router(single_sign_on.router)
    app.add_api_route("/static/{name}", _static, methods=["GET"])
    for error, handler in _HANDLERS.items():
        app.add_exception_handler(error, handler)
    return app


async def _with_headers(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    started = time.perf_counter()
    response = _too_large(request) or await _answered(request, go_on)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server-Timing"] = f"app;dur={(time.perf_counter() - started) * 1000:.1f}"
    return response


def _too_large(request: Request) -> Response | None:
    """A form says how long it is, and is short; whatever else is sent is not read."""
    if request.method in {"GET", "HEAD"}:
        return None
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) <= MAX_BODY_BYTES:
        return None
    return views.page(request, "message.html", None, status=413, message="bad_request")


async def _answered(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """The answer; a defect of ours is told by its type and route, for its text may hold a value, and so may a traceback."""
    try:
        return await go_on(request)
    except Exception as e:  # noqa: BLE001 - the server would print it
        text = str(e) if isinstance(e, SkiptraceError) else ""
        log.error("%s %s: %s %s", request.method, _route(request), type(e).__name__, text)  # noqa: TRY400
        return views.page(request, "message.html", None, status=500, message="our_fault")


def _route(request: Request) -> str:
    return str(getattr(request.scope.get("route"), "path", "-"))


def _static(name: str) -> Response:
    if name not in _STATIC:
        raise HTTPException(404)
    return FileResponse(
        views.FOLDER / "static" / name, media_type=_STATIC[name], headers={"Cache-Control": "public, max-age=300"}
    )


def _said(status: int, key: str) -> Callable[[Request, Exception], Response]:
    def handler(request: Request, error: Exception) -> Response:
        code = error.code if isinstance(error, Refused) else key
        try:
            who = session.visitor(request)
        except NotSignedIn:
            who = None
        return views.page(request, "message.html", who, status=status, message=code)

    return handler


def _to_sign_in(request: Request, _error: Exception) -> Response:
    if request.method != "GET":
        return views.page(request, "sign_in.html", None, status=401, failed=False)
    return RedirectResponse(views.link(request, "/sign-in"), status_code=303)


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _said(status, "not_found" if status == 404 else "bad_request")(request, error)


_HANDLERS: dict[type[Exception], Callable[[Request, Exception], Response]] = {
    NotSignedIn: _to_sign_in,
    NotAllowed: _said(403, "not_allowed"),
    NotVouchedFor: _said(403, "not_vouched_for"),
    NotFound: _said(404, "not_found"),
    Stale: _said(409, "stale"),
    Refused: _said(422, "bad_request"),
    RequestValidationError: _said(422, "bad_request"),
    Transient: _said(503, "try_again"),
    HTTPException: _http,
}
