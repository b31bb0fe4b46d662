"""Files for named recipients only: CMS EnvelopedData (RFC 5652), AES-256, a key for each certificate; any openssl opens it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

from core.errors import ConfigError

LEAST_BITS = 2048


def recipient(pem: bytes, at: datetime) -> x509.Certificate:
    """The certificate of somebody who may read. Raises ConfigError when it is none, not RSA, too short, or not valid now."""
    try:
        found = x509.load_pem_x509_certificate(pem)
        key = found.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError("not a certificate in PEM with a key that can be used", file="encrypt-to") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_BITS:
        raise ConfigError(f"a recipient's key is RSA of at least {LEAST_BITS} bits", file="encrypt-to")
    if not found.not_valid_before_utc <= at <= found.not_valid_after_utc:
        raise ConfigError("the certificate is not valid now", file="encrypt-to")
    return found


def sealed(data: bytes, recipients: Sequence[x509.Certificate]) -> bytes:
    """The bytes as DER that each of the recipients can open, and nobody else."""
    envelope = PKCS7EnvelopeBuilder().set_data(data).set_content_encryption_algorithm(AES256)
    for each in recipients:
        envelope = envelope.add_recipient(each)
    return envelope.encrypt(Encoding.DER, [PKCS7Options.Binary])


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, as openssl prints it but for the colons."""
    return certificate.fingerprint(SHA256()).hex()
