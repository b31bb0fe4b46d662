"""A real HTTP server with OAuth and every kind of paging, which misbehaves when it is told to."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.servers import ports

TOKEN, CLIENT, SECRET = "canary-token", "courier", "canary-secret"


def record(number: int, **more: Any) -> dict[str, Any]:
    at = f"2026-03-01T{number // 60:02}:{number % 60:02}:00+08:00"
    return {"id": f"T{number}", "cust": {"name": f"测试{number}"}, "phone": f"199{number:08}", "at": at} | more


@dataclass
class RestServer:
    """``faults`` are played one a request, before anything else; ``asked`` is what was asked for."""

    port: int
    records: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    size: int = 10
    tokens: int = 0
    needs_token: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    break_after: int | None = None
    is_circular: bool = False
    delay: float = 0.0  # seconds before each answer

    def reset(self) -> None:
        self.records = [record(i) for i in range(1, 36)]
        self.faults, self.asked, self.files = [], [], {}
        self.size, self.tokens, self.needs_token, self.break_after, self.is_circular = 10, 0, None, None, False
        self.delay = 0.0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    # --- what it serves -------------------------------------------------------------------------------------------------

    def app(self) -> Starlette:
        routes = [
            Route(f"/{kind}", self._list) for kind in ("cursor", "page", "clamped", "offset", "link", "address", "all")
        ]
        token = Route("/token", self._token, methods=["POST"])
        return Starlette(routes=[*routes, token, Route("/files/{name}", self._file)])

    async def _list(self, request: Request) -> Response:
        params = dict(request.query_params)
        self.asked.append((request.url.path.strip("/"), params))
        await asyncio.sleep(self.delay)
        if self.faults and (fault := self.faults.pop(0)) != "none":
            return self._misbehave(fault)
        if self.needs_token and request.headers.get("Authorization") != f"Bearer {self.needs_token}":
            return JSONResponse({"error": "unauthorised"}, 401)
        since = params.get("since", "")
        found = [r for r in self.records if str(r["at"]) >= since]
        return getattr(self, f"_{request.url.path.strip('/')}")(found, params)

    def _misbehave(self, fault: str) -> Response:
        name, _, detail = fault.partition(":")
        if name.isdigit():
            return PlainTextResponse("canary 19900000000", int(name), headers={"Retry-After": detail} if detail else {})
        if name == "html":
            return HTMLResponse("<html>canary please log in</html>")
        if name == "redirect":
            return RedirectResponse("https://login.example.com/")
        if name == "cut":  # valid as HTTP, not as JSON
            return Response(b'{"items": [{"id": "T1", "phone": "1990', media_type="application/json")
        return Response(b'{"items": [', media_type="application/json", headers={"Content-Length": "5000"})  # drop

    def _cursor(self, found: list[Any], params: dict[str, str]) -> Response:
        at = int(params.get("cursor", "c0")[1:])
        if at > len(found):
            return JSONResponse({"error": "no such cursor"}, 410)
        following = 10 if self.is_circular else at + self.size
        token = f"c{following}" if following < len(found) else None
        return JSONResponse({"data": {"items": found[at : at + self.size]}, "meta": {"next": token}})

    def _page(self, found: list[Any], params: dict[str, str]) -> Response:
        at = (int(params.get("page", "1")) - 1) * self.size
        return JSONResponse(found[at : at + self.size])

    def _clamped(self, found: list[Any], _: dict[str, str]) -> Response:
        return JSONResponse(found[: self.size])  # whatever page is asked for

    def _offset(self, found: list[Any], params: dict[str, str]) -> Response:
        at = int(params.get("offset", "0"))
        return JSONResponse({"items": found[at : at + int(params.get("limit", self.size))]})

    def _link(self, found: list[Any], params: dict[str, str]) -> Response:
        at = int(params.get("at", "0"))
        link = {"Link": f'</link?at={at + self.size}>; rel="next"'} if at + self.size < len(found) else {}
        return JSONResponse(found[at : at + self.size], headers=link)

    def _address(self, found: list[Any], params: dict[str, str]) -> Response:
        at = int(params.get("at", "0"))
        host = "https://elsewhere.example.com" if params.get("where") == "elsewhere" else ""
        following = f"{host}/address?at={at + self.size}" if at + self.size < len(found) else None
        return JSONResponse({"items": found[at : at + self.size], "next": following})

    def _all(self, found: list[Any], _: dict[str, str]) -> Response:
        return JSONResponse(found)

    async def _token(self, request: Request) -> Response:
        import base64

        form = (await request.body()).decode()
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("Authorization") != expected or "grant_type=client_credentials" not in form:
            return JSONResponse({"error": "invalid_client"}, 401)
        self.tokens += 1
        self.needs_token = f"{TOKEN}-{self.tokens}"
        return JSONResponse({"access_token": self.needs_token, "token_type": "bearer", "expires_in": 3600})

    async def _file(self, request: Request) -> Response:
        """A file with ranges; after ``break_after`` bytes of one answer the connection ends, once (not the first, a look)."""
        self.asked.append((request.url.path, {"Range": request.headers.get("Range", "")}))
        data = self.files.get(request.path_params["name"])
        if data is None:
            return PlainTextResponse("no", 404)
        start = int(request.headers.get("Range", "bytes=0-")[6:-1])
        headers = {"ETag": f'"{len(data)}"', "Content-Length": str(len(data) - start)}
        body = data[start:]
        if self.break_after is not None and len(body) > self.break_after and len(self.asked) > 1:
            body, self.break_after = body[: self.break_after], None
        return Response(body, 206 if start else 200, headers=headers, media_type="application/octet-stream")


@contextmanager
def rest() -> Iterator[RestServer]:
    """A running server."""
    server = RestServer(ports.free())
    server.reset()
    config = uvicorn.Config(server.app(), host="127.0.0.1", port=server.port, log_level="critical", lifespan="off")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    try:
        yield server
    finally:
        running.should_exit = True
        thread.join(5)
