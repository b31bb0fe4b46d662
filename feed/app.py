"""The feed as an application: middleware, state, and the routes of version 1."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from feed import case_routes, contract, openapi, problems, routes
from feed.access import Limits
from feed.gathering import Gathering
from feed.metrics import Metrics
from pipeline import telemetry
from pipeline.feed_clients import Door
from pipeline.services.feed import Feed
from pipeline.site import Site

MAX_BODY_BYTES = 1 << 20
THREADS = 8
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def create_app(site: Site) -> FastAPI:
    """The feed of this site. No page of documentation is served: the contract is in docs/reference/feed."""
    app = FastAPI(
        lifespan=_few_threads,
        title="skiptrace feed",
        version=contract.VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    app.state.feed = feed = Feed(site)
    app.state.case_reads = Gathering(feed.candidates_of)
    app.state.door = Door(site)
    app.state.limits = Limits()
    app.state.metrics = Metrics()
    app.state.telemetry = telemetry.serving(site, "skiptrace-feed")
    app.state.purpose = site.deployment.purpose
    app.state.clock = time.monotonic
    app.include_router(routes.router)
    app.include_router(case_routes.router)
    problems.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    app.add_middleware(Guard)
    openapi.install(app)
    return app


@asynccontextmanager
async def _few_threads(app: FastAPI) -> AsyncIterator[None]:
    """More threads than the store has connections only wait for each other."""
    current_default_thread_limiter().total_tokens = THREADS
    yield
    if app.state.telemetry is not None:
        app.state.telemetry.close()


class BrokenOff(RuntimeError):
    """A stream that failed on its way: the connection is cut, so that nobody takes it for whole."""


class Guard:
    """Around everything: a bounded body, headers that forbid what we do not need, and a count of what was answered."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, began_at, status, has_begun = time.perf_counter(), time.time_ns(), 500, False

        async def guarded(message: MutableMapping[str, Any]) -> None:
            nonlocal status, has_begun
            if message["type"] == "http.response.start":
                status, has_begun = message["status"], True
                present = {name.lower() for name, _ in message["headers"]}
                extra = [
                    (n.lower().encode(), v.encode()) for n, v in HEADERS.items() if n.lower().encode() not in present
                ]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        try:
            await self._bounded(scope, receive, guarded)
        except Exception as e:  # noqa: BLE001 - the server would print it, with whatever value its text holds
            answer = problems.told(scope, e)
            if has_begun:
                raise BrokenOff from None
            await answer(scope, receive, guarded)
        finally:
            route = getattr(scope.get("route"), "path", "-")
            # whatever token a client sends as a method would be a series of its own
            method = scope["method"] if scope["method"] in METHODS else "_OTHER"
            seconds, state = time.perf_counter() - began, scope["app"].state
            state.metrics.observe(method, route, status, seconds)
            if state.telemetry is not None:
                state.telemetry.request(method, route, status, began_at, began_at + int(seconds * 1e9))

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if scope["method"] in ("POST", "PUT", "PATCH"):
            body = await _read(receive) if declared.isdigit() and int(declared) <= MAX_BODY_BYTES else None
            if body is None:
                too_large = problems.Problem(413, "too-large", "The body is larger than one mebibyte")
                await too_large.response()(scope, receive, send)
                return
            receive = _replay(body, receive)
        await self._app(scope, receive, send)


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None as soon as it is too large, whatever was declared."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> MutableMapping[str, Any]:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
