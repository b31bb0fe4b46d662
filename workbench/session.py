"""Who is asking: sessions on the server, a cookie that says nothing, a form token, one permission a route."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from pipeline.services.workbench import Workbench
from workbench.roles import PERMISSIONS, May, Role

COOKIE = "wb_session"
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=10)
_TOUCH_EVERY = timedelta(minutes=1)


class NotSignedIn(Exception):
    """There is no session, or it ended."""


class NotAllowed(Exception):
    """Not with this role; or the request does not come from our own form."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person."""

    name: str
    role: Role
    csrf: str

    @property
    def actor(self) -> str:
        return f"user:{self.name}"

    def may(self, permission: str) -> bool:
        return permission in PERMISSIONS[self.role]


def digest(token: str) -> str:
    """What the store keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def workbench_of(request: Request) -> Workbench:
    found: Workbench = request.app.state.workbench
    return found


def visitor(request: Request) -> Visitor:
    """The visitor of this request's cookie. Raises NotSignedIn."""
    token = request.cookies.get(COOKIE, "")
    workbench = workbench_of(request)
    row = workbench.store.session(digest(token)) if token else None
    now = workbench.clock()
    if row is None or row["expires_at"] < now or row["seen_at"] + IDLE < now:
        raise NotSignedIn
    if row["seen_at"] + _TOUCH_EVERY < now:
        workbench.store.touch_session(row["token_hash"], now)
    return Visitor(row["account"], Role(row["role"]), row["csrf"])


def needs(permission: May) -> Callable[..., Visitor]:
    """A dependency: the visitor, who has this permission. Raises NotSignedIn, NotAllowed."""

    def allowed(who: Annotated[Visitor, Depends(visitor)]) -> Visitor:
        if not who.may(permission):
            raise NotAllowed
        return who

    return allowed


def from_our_pages(request: Request) -> None:
    """A form of another site is refused, with or without a session."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        raise NotAllowed
    origin = request.headers.get("origin")
    if origin not in {None, "null"} and urlsplit(origin).netloc != request.headers.get("host"):
        raise NotAllowed


async def own_form(request: Request, who: Annotated[Visitor, Depends(visitor)]) -> None:
    """The form carries this session's token."""
    from_our_pages(request)
    given = (await request.form()).get("csrf")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), who.csrf.encode()):
        raise NotAllowed


def begin(request: Request, response: Response, name: str) -> None:
    """A new session under a new token: the one presented, if any, ends."""
    workbench = workbench_of(request)
    end(request, response)
    token, now = secrets.token_urlsafe(32), workbench.clock()
    row = {"token_hash": digest(token), "account": name, "csrf": secrets.token_urlsafe(24)}
    workbench.store.open_session(row | {"created_at": now, "seen_at": now, "expires_at": now + LONGEST})
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LONGEST.total_seconds()),
        path=request.scope.get("root_path") or "/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def end(request: Request, response: Response) -> None:
    token = request.cookies.get(COOKIE)
    if token:
        workbench_of(request).store.end_session(digest(token))
    response.delete_cookie(COOKIE, path=request.scope.get("root_path") or "/")


@dataclass
class Brake:
    """How often one address may try to sign in, whatever names it tries."""

    tries: int = 20
    seconds: float = 300.0
    _seen: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, address: str, now: float) -> bool:
        with self._lock:
            seen = self._seen[address]
            while seen and seen[0] < now - self.seconds:
                seen.popleft()
            if len(self._seen) > 10_000:
                self._seen = defaultdict(deque, {a: d for a, d in self._seen.items() if d})
            seen.append(now)
            return len(seen) <= self.tries
