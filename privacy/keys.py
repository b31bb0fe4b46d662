"""The key ring: keyed tokens for joining, AES-256-GCM for keeping.

Envelope: a master key wraps the data keys, and only the wrapped ones lie in the ring file. The provider says who wraps
(``privacy.master``): a master key in the same file (mode 0600), one in the environment, a command, a KMS; with all but the
first the file holds nothing that opens without them. The token key is apart from the sealing keys and does not rotate
with them: tokens made before a rotation still join with those made after it. A sealed value names the key that sealed it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.deployment import Keys
from core.errors import Fatal
from privacy.columns import distinct_map
from privacy.master import KEY_BYTES, Master, master

_VERSION = 1
_NONCE_BYTES = 12
_BLOCK = 64  # bytes that SHA-256 takes in at a time
_TOKEN_BYTES = 16  # 128 bits: no collision to speak of below 10^15 values


@dataclass(frozen=True)
class KeyRing:
    """Sealing keys by id, one of them active, and the token key. Never printed: ``repr`` shows ids only."""

    active: str
    sealing: Mapping[str, bytes] = field(repr=False)
    token_id: str
    token_key: bytes = field(repr=False)
    again: Callable[[], KeyRing] | None = field(default=None, repr=False, compare=False)

    def key(self, key_id: str) -> bytes | None:
        """The sealing key of this id. One that came by a rotation after this ring was loaded is fetched from where it came."""
        if key_id not in self.sealing and self.again is not None:
            return self.again().sealing.get(key_id)
        return self.sealing.get(key_id)

    def token(self, kind: str, value: str) -> str:
        """``<key id>_<32 hex>``: HMAC-SHA256 of the kind and the canonical value, the same for equal values only."""
        message = kind.encode() + b"\x1f" + value.encode()
        digest = hmac.digest(self.token_key, message, "sha256")
        return f"{self.token_id}_{digest[:_TOKEN_BYTES].hex()}"

    def tokens(self, kind: str, column: pa.Array) -> pa.Array:
        """The token of every value; null stays null. Values that hardly ever come twice: see ``tokens_each``."""
        return distinct_map(column, self._tokeniser(kind), pa.string())

    def tokens_each(self, kind: str, column: pa.Array) -> pa.Array:
        """The same, for values that nearly all differ: none is looked for among the others."""
        token = self._tokeniser(kind)
        return pa.array([None if v is None else token(v) for v in column.to_pylist()], pa.string())

    def _tokeniser(self, kind: str) -> Callable[[str], str]:
        """``token`` of many values. The key and the kind are taken in once (RFC 2104, section 4): half the time of a token."""
        key = self.token_key if len(self.token_key) <= _BLOCK else hashlib.sha256(self.token_key).digest()
        inner, outer = (hashlib.sha256(bytes(b ^ pad for b in key.ljust(_BLOCK, b"\0"))) for pad in (0x36, 0x5C))
        inner.update(kind.encode() + b"\x1f")
        head, begin, finish = f"{self.token_id}_", inner.copy, outer.copy

        def token(value: str) -> str:
            inside, outside = begin(), finish()
            inside.update(value.encode())
            outside.update(inside.digest())
            return head + outside.digest()[:_TOKEN_BYTES].hex()

        return token

    def seal(self, text: str, aad: str) -> bytes:
        """Encrypted so that it opens only with this ring and the same ``aad`` (what it belongs to, e.g. table and key)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        head = bytes([_VERSION, len(self.active)]) + self.active.encode()
        return head + nonce + AESGCM(self.sealing[self.active]).encrypt(nonce, text.encode(), head + aad.encode())

    def open(self, blob: bytes, aad: str) -> str:
        """The text of a sealed value. Fatal when the key is not in the ring, or the value or its place was changed."""
        head, key_id = _head(blob)
        key = self.key(key_id)
        if key is None:
            raise Fatal(f"sealed value: its key {key_id} is not in the key ring")
        nonce, body = blob[len(head) : len(head) + _NONCE_BYTES], blob[len(head) + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, body, head + aad.encode()).decode()
        except (InvalidTag, ValueError):
            raise Fatal(f"sealed value: key {key_id} does not open it (wrong key, or the value was altered)") from None

    def seal_column(self, column: pa.Array, aad: str) -> pa.Array:
        """Every value sealed on its own (equal texts give different bytes); null stays null."""
        return pa.array([None if v is None else self.seal(v, aad) for v in column.to_pylist()], pa.binary())

    def open_column(self, column: pa.Array, aad: str) -> pa.Array:
        """The texts of sealed values; null stays null."""
        return pa.array([None if v is None else self.open(v, aad) for v in column.to_pylist()], pa.string())


def load(keys: Keys, base: Path, environ: Mapping[str, str]) -> KeyRing:
    """The deployment's ring; its file is made when absent. Fatal when it is readable by others or the master is wrong."""
    path = base / keys.path
    if not path.exists():
        _create(path, _fresh(keys, environ))
    document = _read(path)
    ring = _unwrapped(document, master(keys, document, environ), path)
    return replace(ring, again=lambda: load(keys, base, environ))


def key_of(blob: bytes) -> str:
    """The id of the key that sealed this value. Raises Fatal when it is no sealed value."""
    return _head(blob)[1]


def retire(keys: Keys, base: Path, environ: Mapping[str, str], used: Collection[str]) -> list[str]:
    """Remove the sealing keys that are neither active nor used; their ids. Only when no process still seals with them."""
    load(keys, base, environ)
    path = base / keys.path
    document = _read(path)
    gone = sorted(i for i in document["sealing"] if i != document["active"] and i not in used)
    document["sealing"] = {i: w for i, w in document["sealing"].items() if i not in gone}
    document["retired"] = sorted({*document.get("retired", []), *gone})
    os.replace(_written(path, document), path)  # noqa: PTH105 - os-level rename of a file made with os.open
    return gone


def rotate(keys: Keys, base: Path, environ: Mapping[str, str]) -> KeyRing:
    """The ring with a new active sealing key. Older keys stay, so that what they sealed still opens."""
    load(keys, base, environ)
    path = base / keys.path
    document = _read(path)
    owner = master(keys, document, environ)
    new_id = f"k{len(document['sealing']) + len(document.get('retired', [])) + 1}"
    document["sealing"][new_id] = owner.wrap(new_id, secrets.token_bytes(KEY_BYTES))
    document["active"] = new_id
    os.replace(_written(path, document), path)  # noqa: PTH105 - os-level rename of a file made with os.open
    return load(keys, base, environ)


def rewrap(keys: Keys, base: Path, environ: Mapping[str, str], before: Keys) -> KeyRing:
    """The same data keys, wrapped by the deployment's master from now on instead of the one they had ``before``.

    What was sealed stays as it is. Run it once when a deployment moves to another provider; copies of the old ring file still
    open with the old master, so rotate afterwards.
    """
    path = base / keys.path
    document = _read(path)
    ring = _unwrapped(document, master(before, document, environ), path)
    document.pop("master", None)
    if keys.provider == "file":
        document["master"] = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    owner = master(keys, document, environ)
    document["sealing"] = {i: owner.wrap(i, key) for i, key in ring.sealing.items()}
    document["tokens"] = {ring.token_id: owner.wrap(ring.token_id, ring.token_key)}
    os.replace(_written(path, document), path)  # noqa: PTH105 - os-level rename of a file made with os.open
    return load(keys, base, environ)


def _fresh(keys: Keys, environ: Mapping[str, str]) -> dict[str, Any]:
    document: dict[str, Any] = {"version": _VERSION, "active": "k1", "token": "t1"}
    if keys.provider == "file":
        document["master"] = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    owner = master(keys, document, environ)
    document["sealing"] = {"k1": owner.wrap("k1", secrets.token_bytes(KEY_BYTES))}
    document["tokens"] = {"t1": owner.wrap("t1", secrets.token_bytes(KEY_BYTES))}
    return document


def _unwrapped(document: Mapping[str, Any], owner: Master, path: Path) -> KeyRing:
    try:
        sealing = {i: _opened(owner, i, w) for i, w in document["sealing"].items()}
        token_id = document["token"]
        token_key = _opened(owner, token_id, document["tokens"][token_id])
        active = document["active"]
        if active not in sealing:
            raise KeyError(active)
        return KeyRing(active=active, sealing=sealing, token_id=token_id, token_key=token_key)
    except (KeyError, AttributeError, TypeError, ValueError):
        raise Fatal(f"the key ring {path.name} is incomplete") from None


def _opened(owner: Master, key_id: str, wrapped: str) -> bytes:
    key = owner.unwrap(key_id, wrapped)
    if len(key) != KEY_BYTES:
        raise Fatal(f"what unwraps the key ring gives {len(key)} bytes for {key_id}, a key has {KEY_BYTES}")
    return key


def _read(path: Path) -> dict[str, Any]:
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Fatal(f"the key ring {path.name} is open to other users: make it mode 0600")
    try:
        document = json.loads(path.read_text())
    except ValueError:
        raise Fatal(f"the key ring {path.name} is not JSON") from None
    if not isinstance(document, dict) or document.get("version") != _VERSION:
        raise Fatal(f"the key ring {path.name} is not of version {_VERSION}")
    return document


def _written(path: Path, document: Mapping[str, Any]) -> Path:
    """A new private file beside ``path`` with this content, flushed to disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(document, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _create(path: Path, document: Mapping[str, Any]) -> None:
    """Made whole or not at all; of two processes that start together one wins and both then read its ring."""
    temporary = _written(path, document)
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def _head(blob: bytes) -> tuple[bytes, str]:
    if len(blob) < 2 or blob[0] != _VERSION or len(blob) < 2 + blob[1] + _NONCE_BYTES:
        raise Fatal("sealed value: not of a known format")
    head = blob[: 2 + blob[1]]
    return head, head[2:].decode(errors="replace")
