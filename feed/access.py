"""Who may do this: a key, its scope, the purpose that is named, and how often. In this order, each with its own answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from feed.problems import Problem
from pipeline.feed_clients import Client, Door, Scope
from pipeline.services.readers import Reader

bearer = HTTPBearer(auto_error=False, scheme_name="apiKey", description="`Authorization: Bearer skt.<client>.<secret>`")
Key = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]
Purpose = Annotated[
    str | None,
    Header(alias="X-Purpose", description="Why this is read or told: the purpose of the deployment", max_length=100),
]


def requires(scope: Scope) -> Callable[..., Awaitable[Reader]]:
    """A dependency that lets a client with this scope in. 401, 403, 429; 400 without a purpose."""

    async def reader(request: Request, key: Key, purpose: Purpose = None) -> Reader:
        state = request.app.state
        client = None if key is None else await _client(state.door, key.credentials)
        if client is None:
            challenge = {"WWW-Authenticate": 'Bearer realm="skiptrace"'}
            raise Problem(401, "unauthenticated", "A valid API key is needed", headers=challenge)
        state.limits.take(client)
        if scope not in client.scopes:
            raise Problem(403, "scope", "Your key has not the scope this needs", f"needed: {scope.value}")
        if purpose is None:
            raise Problem(400, "purpose", "Say why: the header X-Purpose is mandatory")
        if purpose != state.purpose:
            raise Problem(403, "purpose", "Not for this purpose")
        return Reader(client.client_id, client.portfolios)

    reader.scope = scope  # type: ignore[attr-defined]  # read by the test that goes over every route
    return reader


async def _client(door: Door, key: str) -> Client | None:
    """Whose key this is; only one that was not seen for a while is checked, away from the loop: that is slow on purpose."""
    return door.remembered(key) or await run_in_threadpool(door.client, key)


def reader_with(scope: Scope) -> object:
    """``Depends`` on a client with this scope."""
    return Depends(requires(scope))


class Limits:
    """A token bucket a client: ``rate_per_minute`` on average, a quarter of it at once. One process counts for itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, client: Client) -> None:
        """One request of this client. Raises Problem 429 with the seconds to wait."""
        burst, per_second = max(1.0, client.rate_per_minute / 4), client.rate_per_minute / 60
        now = self._clock()
        with self._lock:
            tokens, since = self._buckets.get(client.client_id, (burst, now))
            tokens = min(burst, tokens + (now - since) * per_second)
            if tokens >= 1:
                self._buckets[client.client_id] = (tokens - 1, now)
                return
        wait = str(int((1 - tokens) / per_second) + 1)
        raise Problem(429, "rate", "Too many requests", headers={"Retry-After": wait})
