"""A talk with a REST server: login, pace, and patience with its troubles, each within bounds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from json import JSONDecodeError
from typing import Any

import httpx
import tenacity

from connectors import web
from connectors.encoding import utf_8
from connectors.gathered import DECODER
from connectors.request import Request
from connectors.secrets import Credentials
from core.errors import Transient

OPTIONS: Mapping[str, str] = {
    "auth": "bearer (the default with a token), basic, {header: X-Api-Key}, or {oauth2: {token_url, scope}} (client credentials)",
    "headers": "more headers of each request; none that logs in",
    "requests_per_second": "the pace the server allows; as fast as it answers where it is not given",
    "max_attempts": "how often a request is made that fails in passing; 5 where it is not given",
    "max_wait_seconds": "the longest wait between attempts, also where the server asks for one; 60 where it is not given",
    "max_page_bytes": "refuse an answer that is larger; 64 MB where it is not given",
    "timeout_seconds": "how long to wait for a server that says nothing; 30 where it is not given",
    "allow_plain_http": "true to read over http:// from another machine, unencrypted",
}

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\x20-\x7e\t]*")
_FIRST_WAIT = 0.5
_MAX_PAGE = 64 << 20
_EARLY = 30  # a token is renewed so many seconds before it ends


class _Again(Exception):
    """Worth another attempt, after ``wait`` seconds where the server said so."""

    def __init__(self, reason: str, wait: float | None = None, *, is_lasting: bool = False) -> None:
        self.reason = reason
        self.wait = wait
        self.is_lasting = is_lasting


class Gone(Exception):
    """The server does not know this page (any more)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A page: its JSON, where numbers are still as they were written, and the address its Link header names as next."""

    body: Any
    next_url: str | None


@dataclass
class Session:
    """One reading's requests, one after the other."""

    request: Request
    client: httpx.Client
    login: Credentials
    token: str | None = field(default=None, repr=False)
    token_ends: float = 0
    next_at: float = 0

    def get(self, url: str, params: Mapping[str, str]) -> Answer:
        """The JSON at this address. Raises Gone, Transient when the server has had its attempts, SourceUnusable."""
        option = self.request.option
        longest = float(option("max_wait_seconds", (int, float), 60))
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(option("max_attempts", int, 5)),
            wait=_Wait(longest),
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, _Again) and (e.wait or 0) <= longest),
            sleep=time.sleep,
            reraise=True,
        )
        try:
            return attempts(self._once, url, params)
        except _Again as e:
            if e.is_lasting:
                raise self.request.unusable(e.reason) from None
            asks = f"; it asks to wait {e.wait:.0f} s" if e.wait else ""
            raise Transient(f"source {self.request.source}: {e.reason}{asks}") from None

    def _once(self, url: str, params: Mapping[str, str]) -> Answer:
        self._pace()
        with _dropped(), self.client.stream("GET", url, params=params or None, headers=self._headers()) as response:
            self._require_ok(response)
            data = self._body(response)
            link = response.links.get("next", {}).get("url")
            next_url = None if link is None else str(response.url.join(link))
        return Answer(self._json(response, data), next_url)

    def _pace(self) -> None:
        rate = self.request.option("requests_per_second", (int, float))
        if rate:
            now = time.monotonic()
            time.sleep(max(0.0, self.next_at - now))
            self.next_at = max(now, self.next_at) + 1 / rate

    def _require_ok(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == httpx.codes.OK:
            return
        if status in web.AGAIN:
            raise _Again(f"the server answers {status}", _retry_after(response))
        if status == httpx.codes.UNAUTHORIZED and self.token is not None:
            self.token = None  # it ended before its time: a new one is asked for
            raise _Again("the server refuses its own token", 0, is_lasting=True)
        if status in {401, 403}:
            raise self.request.unusable(f"the server refuses these credentials ({status})")
        if status in {400, 404, 410, 422}:
            raise Gone(str(status))
        if response.is_redirect:
            raise self.request.unusable("the server sends elsewhere (to a login page?): give the address itself")
        raise self.request.unusable(f"the server answers {status}")

    def _body(self, response: httpx.Response) -> bytes:
        """The whole answer, as long as it is no more than a page can be, unpacked."""
        most = self.request.option("max_page_bytes", int, _MAX_PAGE)
        pieces, size = [], 0
        for piece in response.iter_bytes():
            size += len(piece)
            if size > most:
                raise self.request.unusable(f"an answer is larger than {most:,} bytes: ask for smaller pages")
            pieces.append(piece)
        return b"".join(pieces)

    def _json(self, response: httpx.Response, data: bytes) -> Any:
        if "html" in response.headers.get("Content-Type", "") or data.lstrip()[:1] == b"<":
            raise self.request.unusable(
                "the server answers with a web page, not with JSON: its address may be wrong, or want a login"
            )
        text = b"".join(utf_8(iter([data]), "utf-8")).decode()
        try:
            return DECODER.decode(text)
        except (JSONDecodeError, RecursionError):
            raise _Again(f"{web.name(self.request.location)} is no whole JSON", is_lasting=True) from None

    # --- logging in -----------------------------------------------------------------------------------------------------

    def _headers(self) -> dict[str, str]:
        return (
            {"Accept": "application/json"}
            | _more_headers(self.request)
            | self._login_headers(self.request.option("auth", (str, dict)))
        )

    def _login_headers(self, auth: str | Mapping[str, Any] | None) -> dict[str, str]:
        login = self.login
        secret = login.token or login.secret or login.password
        if isinstance(auth, dict) and isinstance(auth.get("oauth2"), dict):
            return {"Authorization": f"Bearer {self._token(auth['oauth2'])}"}
        if isinstance(auth, dict) and isinstance(auth.get("header"), str):
            return {str(auth["header"]): self._given(secret)}
        if auth == "basic":
            basic = httpx.BasicAuth(self._given(login.user), self._given(secret))
            return {
                "Authorization": next(basic.auth_flow(httpx.Request("GET", "https://any"))).headers["Authorization"]
            }
        if auth not in (None, "bearer"):
            raise self.request.unusable("option auth must be bearer, basic, {header: NAME} or {oauth2: {token_url: …}}")
        return {"Authorization": f"Bearer {secret}"} if secret else {}

    def _given(self, secret: str | None) -> str:
        if not secret:
            raise self.request.unusable("its credentials lack what option auth needs")
        return secret

    def _token(self, how: Mapping[str, Any]) -> str:
        """A token by client credentials (RFC 6749, 4.4), kept until shortly before it ends."""
        if self.token is not None and time.monotonic() < self.token_ends:
            return self.token
        url = str(how.get("token_url", ""))
        web.require_private(self.request, url)
        user, secret = self.login.client_id or self.login.user, self.login.client_secret or self.login.secret
        form = {"grant_type": "client_credentials"} | {k: str(how[k]) for k in ("scope", "audience") if k in how}
        with _dropped():
            response = self.client.post(url, data=form, auth=(self._given(user), self._given(secret)))
        if response.status_code in web.AGAIN:
            raise _Again(f"the token server answers {response.status_code}", _retry_after(response))
        try:
            given = response.json() if response.status_code == httpx.codes.OK else {}
            self.token = str(given["access_token"])
            seconds = float(given.get("expires_in", 300))
        except (ValueError, KeyError, TypeError):
            raise self.request.unusable(f"the token server gives no token ({response.status_code})") from None
        self.token_ends = time.monotonic() + seconds - min(_EARLY, seconds / 2)
        return self.token


class _Wait(tenacity.wait.wait_base):
    """What the server asked for, else twice as long each time, with some chance in it so that clients do not march in step."""

    def __init__(self, longest: float) -> None:
        self._else = tenacity.wait_exponential_jitter(initial=_FIRST_WAIT, max=longest, jitter=_FIRST_WAIT)

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        asked = error.wait if isinstance(error, _Again) else None
        return self._else(retry_state) if asked is None else asked


def _more_headers(request: Request) -> dict[str, str]:
    """The option ``headers``. SourceUnusable where one of them is no header of HTTP."""
    headers: dict[str, str] = request.option("headers", dict, {})
    for name, value in headers.items():
        if not (
            isinstance(name, str) and isinstance(value, str) and _TOKEN.fullmatch(name) and _VALUE.fullmatch(value)
        ):
            raise request.unusable("option headers must be {NAME: text}, each as HTTP writes them")
    return headers


@contextmanager
def opened(request: Request) -> Iterator[Session]:
    """A session with the server of the request's location."""
    web.require_private(request, request.location)
    headers = _more_headers(request)
    if any(name.lower() in {"authorization", "cookie", "proxy-authorization"} for name in headers):
        raise request.unusable("option headers may not log in: name where the login is with credentials: env:NAME")
    with httpx.Client(timeout=web.timeout(request), follow_redirects=False) as client:
        yield Session(request, client, request.credentials())


@contextmanager
def _dropped() -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as e:
        raise _Again(f"the server cannot be reached or broke off ({type(e).__name__})") from None
    except (httpx.InvalidURL, UnicodeError):
        raise _Again("the address of a page, or of the next one, is none", is_lasting=True) from None


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds the server asks to wait (RFC 9110, 10.2.3): a number, or a date."""
    text = response.headers.get("Retry-After", "")
    try:
        if text.isdigit():
            return float(text)
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()) if text else None
    except (ValueError, TypeError, OverflowError):
        return None
