"""Chunks of files sealed with the ring's active key: AES-256-GCM under a nonce derived from the chunk itself.

The nonce is HMAC-SHA256 of place and plaintext (as in SIV, RFC 5297): the same rows give the same bytes, which a rerun of a
step must, and all that shows is that a file is the same as before. Files and values never share a key: both are derived.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import Fatal
from privacy.keys import KeyRing

_NONCE_BYTES = 12
_TAG_BYTES = 16


class FileCipher:
    """The cipher of a key ring for files (``store.encrypted_file.Cipher``)."""

    overhead = _NONCE_BYTES + _TAG_BYTES

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    @property
    def key_id(self) -> str:
        return self._ring.active

    def seal(self, chunk: bytes, aad: bytes) -> bytes:
        cipher, nonce_key = self._keys(self.key_id)
        nonce = hmac.digest(nonce_key, len(aad).to_bytes(4) + aad + chunk, "sha256")[:_NONCE_BYTES]
        return nonce + cipher.encrypt(nonce, chunk, aad)

    def open(self, key_id: str, sealed: bytes, aad: bytes) -> bytes:
        if self._ring.key(key_id) is None:
            raise Fatal(f"encrypted file: its key {key_id} is not in the key ring")
        try:
            return self._keys(key_id)[0].decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)
        except (InvalidTag, ValueError):
            raise Fatal(f"encrypted file: key {key_id} does not open it (wrong key, or the file was altered)") from None

    @cached_property
    def _derived(self) -> dict[str, tuple[AESGCM, bytes]]:
        return {}

    def _keys(self, key_id: str) -> tuple[AESGCM, bytes]:
        if key_id not in self._derived:
            master = self._ring.key(key_id) or b""
            key, nonce_key = (hmac.new(master, b"file:" + use, hashlib.sha256).digest() for use in (b"key", b"nonce"))
            self._derived[key_id] = (AESGCM(key), nonce_key)
        return self._derived[key_id]
