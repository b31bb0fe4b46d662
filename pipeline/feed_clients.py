"""Clients of the feed: API keys kept as scrypt hashes, with scopes, portfolios and a rate. A key is shown once."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from core.errors import ConfigError
from core.events import Event, EventName
from pipeline.issuers import Issuer, NotVouchedFor
from pipeline.services.readers import Reader
from pipeline.site import Site
from store import FeedStore

_COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
_CLIENT_ID = re.compile(r"[a-z][a-z0-9-]{1,39}")
_KEY = re.compile(r"skt\.([a-z][a-z0-9-]{1,39})\.([A-Za-z0-9_-]{43})")
REMEMBERED_SECONDS = 10.0  # a revoked key is refused after this at the latest
FORGOTTEN_SECONDS = 600.0  # a key not used for so long is proved again


class Scope(StrEnum):
    """What a client may do. A closed list; each route names the one it needs."""

    DELTAS_READ = "deltas:read"
    CANDIDATES_READ = "candidates:read"
    CANDIDATES_REVEAL = "candidates:reveal"
    OUTCOMES_WRITE = "outcomes:write"
    WITHDRAWALS_WRITE = "withdrawals:write"
    CASES_CLOSE = "cases:close"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    CONTACT_CHECK = "contact:check"
    SIGNALS_MATCH = "signals:match"
    RIGHTS_HANDLE = "rights:handle"
    METRICS_READ = "metrics:read"


@dataclass(frozen=True, slots=True)
class Client:
    """Who is asking. ``portfolios`` None: every portfolio."""

    client_id: str
    scopes: frozenset[Scope]
    portfolios: frozenset[str] | None
    rate_per_minute: int


def create(
    site: Site,
    client_id: str,
    *,
    scopes: Collection[str],
    portfolios: Collection[str] | None = None,
    rate_per_minute: int = 600,
    actor: str,
) -> str:
    """Make a client and return its API key, which nobody can read again. Raises ConfigError."""
    if not _CLIENT_ID.fullmatch(client_id):
        raise ConfigError("a client id is 2 to 40 small letters, digits and hyphens", file="feed client")
    unknown = sorted(set(scopes) - set(Scope))
    if unknown or not scopes:
        raise ConfigError(f"scopes are one or more of {', '.join(Scope)}", file="feed client")
    if rate_per_minute < 1:
        raise ConfigError("rate_per_minute is at least 1", file="feed client")
    secret, salt = secrets.token_urlsafe(32), secrets.token_bytes(16)
    row = {
        "client_id": client_id,
        "key_hash": _hash(secret, salt),
        "salt": salt,
        "scopes": sorted(scopes),
        "portfolios": None if portfolios is None else sorted(portfolios),
        "rate_per_minute": rate_per_minute,
        "created_at": datetime.now(UTC),
        "revoked_at": None,
    }
    try:
        FeedStore.of(site.store).save_client(row)
    except ValueError:
        raise ConfigError("there is a client of this id already", file="feed client") from None
    _record(site, actor, client_id, "created")
    return f"skt.{client_id}.{secret}"


def revoke(site: Site, client_id: str, *, actor: str) -> bool:
    """End a client's key; was there one?"""
    ended = FeedStore.of(site.store).revoke_client(client_id, datetime.now(UTC))
    if ended:
        _record(site, actor, client_id, "revoked")
    return ended


def listed(site: Site) -> list[dict[str, Any]]:
    """Every client there was, without its key."""
    return FeedStore.of(site.store).clients()


def reader(site: Site, client_id: str, scope: Scope = Scope.DELTAS_READ) -> Reader:
    """The client of this id as one who reads. Raises ConfigError when there is none, its key was revoked, or it lacks the scope."""
    row = FeedStore.of(site.store).client(client_id)
    if row is None or row["revoked_at"] is not None:
        raise ConfigError("there is no such client, or its key was revoked", file="feed client")
    client = _client(row)
    if scope not in client.scopes:
        raise ConfigError(f"the client has not the scope {scope.value}", file="feed client")
    return Reader(client.client_id, client.portfolios)


def is_revoked(site: Site, client_id: str) -> bool:
    """Was this client's key revoked?"""
    row = FeedStore.of(site.store).client(client_id)
    return row is not None and row["revoked_at"] is not None


@dataclass
class Door:
    """Checks keys. What was checked is remembered for some seconds by a digest: scrypt is slow on purpose.

    After these seconds the client is looked up again; the secret is proved again only where its hash is another by then. A key that
    many requests bring at once is checked for all of them by one.
    """

    site: Site
    issuer: Issuer | None = None
    _known: dict[bytes, tuple[float, Client]] = field(default_factory=dict)
    _proved: dict[bytes, bytes] = field(default_factory=dict)  # the hash that a key was found to be of
    _turns: dict[bytes, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pepper: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def __post_init__(self) -> None:
        spec = self.site.deployment.feed_issuer
        if self.issuer is None and spec is not None:
            self.issuer = Issuer(spec)

    def client(self, key: str) -> Client | None:
        """The client of this key; None when the key is not one, is wrong, or was revoked."""
        digest = self._digest(key)
        with self._lock:
            turn = self._turns.setdefault(digest, threading.Lock())
        try:
            with turn:
                return self._remembered(digest) or self._looked_up(key, digest)
        finally:
            with self._lock:
                self._turns.pop(digest, None)

    def remembered(self, key: str) -> Client | None:
        """The client of a key that was checked a moment ago."""
        return self._remembered(self._digest(key))

    def _remembered(self, digest: bytes) -> Client | None:
        with self._lock:
            known = self._known.get(digest)
        return known[1] if known is not None and known[0] > time.monotonic() else None

    def _looked_up(self, key: str, digest: bytes) -> Client | None:
        found, now = self._checked(key, digest), time.monotonic()
        with self._lock:
            if found is None:
                self._proved.pop(digest, None)
            else:
                self._known[digest] = (now + REMEMBERED_SECONDS, found)
            self._known = {d: k for d, k in self._known.items() if k[0] > now - FORGOTTEN_SECONDS}
            self._proved = {d: h for d, h in self._proved.items() if d in self._known}
        return found

    def _digest(self, key: str) -> bytes:
        return hmac.digest(self._pepper, key.encode(), "sha256")

    def _checked(self, key: str, digest: bytes) -> Client | None:
        parts = _KEY.fullmatch(key)
        if parts is None:
            return self._vouched(key)
        row = FeedStore.of(self.site.store).client(parts[1])
        if row is None or row["revoked_at"] is not None:
            return None
        if self._proved.get(digest) != row["key_hash"]:
            if not hmac.compare_digest(_hash(parts[2], row["salt"]), row["key_hash"]):
                return None
            with self._lock:
                self._proved[digest] = row["key_hash"]
        return _client(row)

    def _vouched(self, token: str) -> Client | None:
        """The client of a token of the deployment's issuer. Without a claim of portfolios it sees none."""
        if self.issuer is None or token.count(".") != 2:
            return None
        try:
            claims = self.issuer.claims(token)
        except NotVouchedFor:
            return None
        name = re.sub(r"[^a-z0-9-]", "-", str(claims.get("client_id") or claims.get("azp") or claims["sub"]).lower())
        scopes = frozenset(Scope(s) for s in str(claims.get("scope", "")).split() if s in set(Scope))
        said = claims.get("portfolios", [])
        portfolios = None if said == "*" else frozenset(map(str, said)) if isinstance(said, list) else frozenset[str]()
        return Client(f"issued:{name[:60]}", scopes, portfolios, self.issuer.spec.rate_per_minute)


def _client(row: Mapping[str, Any]) -> Client:
    portfolios = None if row["portfolios"] is None else frozenset(row["portfolios"])
    return Client(row["client_id"], frozenset(Scope(s) for s in row["scopes"]), portfolios, row["rate_per_minute"])


def _hash(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, **_COST)


def _record(site: Site, actor: str, client_id: str, change: str) -> None:
    site.store.record(Event(EventName.CLIENT_CHANGED, actor, facts={"client": client_id, "status": change}))
