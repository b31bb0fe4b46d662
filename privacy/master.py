"""Who wraps the data keys: a master key of our own, a command, or a KMS that speaks Vault's transit protocol.

A data key is 32 random bytes; only its wrapped form lies in the ring file. With a command or a KMS the master never is in this
process. A data key goes to a command by its standard input and to a KMS in a request's body: in no argument, no URL, no log.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.deployment import Keys
from core.errors import Fatal, Transient

KEY_BYTES = 32
_NONCE_BYTES = 12
_SECONDS = 20.0
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Master(Protocol):
    """Wraps and unwraps data keys, each bound to its id. Raises Transient when it cannot be reached, Fatal when it refuses."""

    def wrap(self, key_id: str, key: bytes) -> str: ...

    def unwrap(self, key_id: str, wrapped: str) -> bytes: ...


@dataclass(frozen=True)
class LocalMaster:
    """AES-256-GCM under a key that this process holds (provider ``file`` or ``env``)."""

    key: bytes = field(repr=False)

    def wrap(self, key_id: str, key: bytes) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.b64encode(nonce + AESGCM(self.key).encrypt(nonce, key, key_id.encode())).decode()

    def unwrap(self, key_id: str, wrapped: str) -> bytes:
        raw = _decoded(wrapped, "the key ring")
        try:
            return AESGCM(self.key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], key_id.encode())
        except (InvalidTag, ValueError):
            raise Fatal("the master key does not open the key ring") from None


@dataclass(frozen=True)
class CommandMaster:
    """A program: ``COMMAND… wrap ID`` reads a key (base64) and prints it wrapped (one line), ``COMMAND… unwrap ID`` the reverse.

    Exit code 75 (EX_TEMPFAIL) says: not now, try again. What it prints to its standard error is shown nowhere.
    """

    command: tuple[str, ...]

    def wrap(self, key_id: str, key: bytes) -> str:
        return self._run("wrap", key_id, base64.b64encode(key).decode())

    def unwrap(self, key_id: str, wrapped: str) -> bytes:
        return _decoded(self._run("unwrap", key_id, wrapped), "the key command")

    def _run(self, verb: str, key_id: str, given: str) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the deployment names the program
                [*self.command, verb, key_id],
                input=given,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Transient(f"the key command did not answer in {_SECONDS:.0f} s ({verb} {key_id})") from None
        except (OSError, UnicodeDecodeError):
            raise Fatal("the key command cannot be run: see keys.command") from None
        if done.returncode == 75:
            raise Transient(f"the key command cannot {verb} {key_id} now")
        if done.returncode or not done.stdout.strip():
            raise Fatal(f"the key command refused to {verb} {key_id} (exit {done.returncode})")
        return done.stdout.strip()


@dataclass(frozen=True)
class TransitMaster:
    """A KMS over HTTP by Vault's transit protocol: POST ``<url>/encrypt/<key>`` and ``<url>/decrypt/<key>``.

    The key id goes along as associated data, so a wrapped key opens under its own id only.
    """

    url: str
    key: str
    token: str = field(repr=False)

    def wrap(self, key_id: str, key: bytes) -> str:
        return self._ask("encrypt", key_id, {"plaintext": base64.b64encode(key).decode()}, "ciphertext")

    def unwrap(self, key_id: str, wrapped: str) -> bytes:
        return _decoded(self._ask("decrypt", key_id, {"ciphertext": wrapped}, "plaintext"), "the KMS")

    def _ask(self, verb: str, key_id: str, given: dict[str, str], wanted: str) -> str:
        body = given | {"associated_data": base64.b64encode(key_id.encode()).decode()}
        headers = {"X-Vault-Token": self.token}
        try:
            answer = httpx.post(f"{self.url}/{verb}/{self.key}", json=body, headers=headers, timeout=_SECONDS)
        except httpx.HTTPError:
            raise Transient(f"the KMS cannot be reached ({verb} {key_id})") from None
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            raise Transient(f"the KMS cannot {verb} {key_id} now (status {answer.status_code})")
        try:
            found = answer.json()["data"][wanted] if answer.is_success else None
        except (ValueError, KeyError, TypeError):
            found = None
        if not isinstance(found, str):
            raise Fatal(f"the KMS refused to {verb} {key_id} (status {answer.status_code})")
        return found


def master(keys: Keys, document: Mapping[str, Any], environ: Mapping[str, str]) -> Master:
    """The master of this deployment. Raises Fatal where what it needs is missing or no key."""
    if keys.provider == "command":
        return CommandMaster(keys.command)
    if keys.provider == "transit":
        return TransitMaster(_checked(keys.url or ""), keys.key or "", _named(environ, f"{keys.prefix}_TOKEN"))
    if keys.provider == "env":
        name = f"{keys.prefix}_MASTER"
        return LocalMaster(_key(_named(environ, name), name))
    return LocalMaster(_key(document.get("master"), f"master of {keys.path}"))


def _named(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise Fatal(f"no master key: {name} is not set")
    return environ[name]


def _key(encoded: object, name: str) -> bytes:
    if not isinstance(encoded, str) or not encoded:
        raise Fatal(f"no master key: {name} is not set")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise Fatal(f"{name} is not base64") from None
    if len(key) != KEY_BYTES:
        raise Fatal(f"{name} must be {KEY_BYTES} bytes, it has {len(key)}")
    return key


def _decoded(text: str, whose: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Fatal(f"what {whose} gives is not base64") from None


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port, httpx.URL(url)
        is_here = parts.scheme == "http" and parts.hostname in _LOOPBACK
        is_private = (parts.scheme == "https" or is_here) and not parts.username and not parts.password
    except (ValueError, httpx.InvalidURL):  # no address at all
        is_private = False
    if not is_private or not parts.hostname:
        raise Fatal("keys.url of a KMS is https:// without a user name in it")
    return url.rstrip("/")
