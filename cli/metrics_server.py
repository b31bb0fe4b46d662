"""`skiptrace serve metrics`: the gauges of ``pipeline.metrics`` at /metrics, for one scraper, and nothing else.

Bound to this machine unless told otherwise; to others only with a token (SKIPTRACE_METRICS_TOKEN). It needs no key, and of the store
what the role `skiptrace_monitor` may read.
"""

from __future__ import annotations

import hmac
import ipaddress
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from core.errors import ConfigError, SkiptraceError
from core.serving import uvicorn_options
from pipeline import metrics
from pipeline.site import Site

TOKEN = "SKIPTRACE_METRICS_TOKEN"  # noqa: S105 - the name of a variable
LEAST_TOKEN = 16
FRESH_SECONDS = 5.0
_HEADERS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def token_for(host: str, environ: Mapping[str, str]) -> str | None:
    """The token that is asked for; None where this machine alone is answered. Raises ConfigError where others would be without one."""
    token = environ.get(TOKEN, "")
    if token and len(token) < LEAST_TOKEN:
        raise ConfigError(f"{TOKEN} has fewer than {LEAST_TOKEN} characters", file="environment", key=TOKEN)
    if not token and not _is_loopback(host):
        raise ConfigError(f"--host {host} answers other machines: set {TOKEN}", file="environment", key=TOKEN)
    return token or None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Scraped:
    """The text, read from the store at most every few seconds, however many ask."""

    def __init__(self, site: Site, clock: Callable[[], float] = time.monotonic) -> None:
        self._site = site
        self._clock = clock
        self._lock = threading.Lock()
        self._known: tuple[float, str] | None = None

    def text(self) -> str:
        with self._lock:
            now = self._clock()
            if self._known is None or now - self._known[0] >= FRESH_SECONDS:
                self._known = now, metrics.text(self._site)
            return self._known[1]


class MetricsApp:
    """An ASGI application of one path."""

    def __init__(self, site: Site, token: str | None) -> None:
        self._scraped = Scraped(site)
        self._token = None if token is None else f"Bearer {token}".encode()

    async def __call__(self, scope: Message, _receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await _answer(send, *await self._found(scope))

    async def _found(self, scope: Message) -> tuple[int, bytes]:
        from starlette.concurrency import run_in_threadpool

        if not self._may(dict(scope["headers"]).get(b"authorization", b"")):
            return 401, b"a token is needed\n"
        if scope["path"] != "/metrics":
            return 404, b"only /metrics is here\n"
        if scope["method"] != "GET":
            return 405, b"only GET\n"
        try:
            return 200, (await run_in_threadpool(self._scraped.text)).encode()
        except SkiptraceError as e:
            return 503, f"the store does not answer: {type(e).__name__}\n".encode()

    def _may(self, given: bytes) -> bool:
        return self._token is None or hmac.compare_digest(given, self._token)


async def _answer(send: Send, status: int, body: bytes) -> None:
    kind = metrics.MEDIA_TYPE if status == 200 else "text/plain"
    headers = [*_HEADERS, (b"content-type", f"{kind}; charset=utf-8".encode()), (b"content-length", b"%d" % len(body))]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="skiptrace metrics"'))
    if status == 405:
        headers.append((b"allow", b"GET"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve(site: Site, *, host: str, port: int, token: str | None, cert: str | None, key: str | None) -> None:
    """Serve until told to stop."""
    import uvicorn

    uvicorn.run(MetricsApp(site, token), lifespan="off", **uvicorn_options(host=host, port=port, cert=cert, key=key))
