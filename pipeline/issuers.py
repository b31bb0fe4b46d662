"""Who vouches for clients and people: an OpenID issuer of the institution. Its keys are asked of it, its tokens verified here.

OpenID Connect Core 1.0, RFC 7519 (JWT), RFC 7636 (PKCE). Only signatures with a key of the issuer are taken; no secret that is
shared, no token without a signature, none for another audience.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt

from core.deployment import IssuerSpec

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
LEEWAY_SECONDS = 30
KEYS_SECONDS = 3600.0
AGAIN_SECONDS = 30.0  # an unknown key id is asked for again no sooner: whoever makes ids up does not make us ask
Ask = Callable[[], httpx.Client]


class NotVouchedFor(Exception):
    """A token, or a sign-in, that the issuer does not stand behind; ``why`` is a code."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def _client() -> httpx.Client:
    return httpx.Client(timeout=10.0, follow_redirects=False)


class Issuer:
    """One issuer. Safe to share between threads."""

    def __init__(self, spec: IssuerSpec, ask: Ask = _client) -> None:
        self.spec = spec
        self._ask = ask
        self._lock = threading.Lock()
        self._about: Mapping[str, Any] = {}
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked = -AGAIN_SECONDS

    def claims(self, token: str, *, nonce: str | None = None) -> dict[str, Any]:
        """What a token of this issuer for us says. Raises NotVouchedFor."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise NotVouchedFor("algorithm")
            key = self._key(str(header.get("kid", "")))
            found = jwt.decode(
                token,
                key,
                algorithms=[str(header["alg"])],
                audience=self.spec.audience,
                issuer=self.spec.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as e:
            raise NotVouchedFor(type(e).__name__) from None
        if nonce is not None and not secrets.compare_digest(str(found.get("nonce", "")), nonce):
            raise NotVouchedFor("nonce")
        return found

    def sign_in_at(self, back: str, state: str, nonce: str, verifier: str) -> str:
        """Where to send a person who wants to sign in."""
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.spec.audience,
            "redirect_uri": back,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{self._place('authorization_endpoint')}?{urlencode(asked)}"

    def redeem(self, code: str, back: str, verifier: str, nonce: str) -> dict[str, Any]:
        """The claims of the person who came back with this code. Raises NotVouchedFor."""
        told = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": self.spec.audience,
            "code_verifier": verifier,
        }
        if self.spec.client_secret is not None:
            told["client_secret"] = self.spec.client_secret.get_secret_value()
        answer = self._asked_for("POST", self._place("token_endpoint"), data=told)
        return self.claims(str(answer.get("id_token", "")), nonce=nonce)

    def _key(self, kid: str) -> jwt.PyJWK:
        with self._lock:
            now = time.monotonic()
            is_old = now - self._asked > KEYS_SECONDS
            if is_old or (kid not in self._keys and now - self._asked > AGAIN_SECONDS):
                found = self._asked_for("GET", self._place("jwks_uri"))
                self._keys = _usable(found.get("keys"))
                self._asked = now
            if kid not in self._keys:
                raise NotVouchedFor("key")
            return self._keys[kid]

    def _place(self, name: str) -> str:
        """An address that the issuer's document names."""
        found = self._document().get(name)
        if not isinstance(found, str):
            raise NotVouchedFor("issuer")
        return found

    def _document(self) -> Mapping[str, Any]:
        if not self._about:
            found = self._asked_for("GET", f"{self.spec.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self.spec.issuer:
                raise NotVouchedFor("issuer")
            self._about = found
        return self._about

    def _asked_for(self, method: str, url: str, data: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            with self._ask() as http:
                answer = http.request(method, url, data=data, headers={"Accept": "application/json"})
            found = answer.json() if answer.status_code == 200 else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError):
            raise NotVouchedFor("unreachable") from None
        if not isinstance(found, dict):
            raise NotVouchedFor("refused")
        return found


def _usable(keys: object) -> dict[str, jwt.PyJWK]:
    """The issuer's keys for signatures by their ids; what is no such key is passed over."""
    usable: dict[str, jwt.PyJWK] = {}
    for key in keys if isinstance(keys, list) else ():
        if not isinstance(key, dict) or not isinstance(key.get("kid"), str):
            continue
        if key.get("use", "sig") != "sig" or key.get("kty") not in ("RSA", "EC", "OKP"):  # no shared secret
            continue
        try:
            usable[key["kid"]] = jwt.PyJWK(key)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            continue
    return usable
