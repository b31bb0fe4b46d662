"""Parsers of what somebody at the door gives: addresses to call, certificates, tokens, credentials."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st

from core.errors import ConfigError, Fatal, SourceUnusable
from fuzzing.damage import ANYTHING, Parser, damaged, encoded, torn
from fuzzing.ours import key_ring

ROOT = Path(__file__).resolve().parent.parent.parent
_AT = datetime(2026, 11, 27, tzinfo=UTC)


def _url(given: tuple[str, str]) -> None:
    """An address that is none is refused where it is said."""
    from connectors import web
    from connectors.request import Request
    from pipeline import feed_delivery
    from privacy.master import master

    what, url = given
    if what == "webhook":
        feed = SimpleNamespace(store=SimpleNamespace(save_webhook=lambda _: None), site=SimpleNamespace(keys=key_ring()), clock=lambda: _AT)  # fmt: skip
        reader = SimpleNamespace(client_id="c", portfolios=None)
        assert feed_delivery.add_webhook(feed, "w", url, reader)  # type: ignore[arg-type]
    elif what == "kms":
        from core.deployment import Keys

        master(Keys(provider="transit", url=url or "x", key="k"), {}, {"SKIPTRACE_KEY_TOKEN": "t"})
    else:
        request = Request("s", url, {}, {}, frozenset(), Path())
        web.require_private(request, url)
        web.name(url)


@cache
def certificate() -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, _AT, _AT + timedelta(days=9)).sign(key, SHA256())
    return made.public_bytes(Encoding.DER)


def _recipient(der: bytes) -> None:
    """A certificate that is taken can be sealed for."""
    import base64

    from pipeline.feed_envelope import fingerprint, recipient, sealed

    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
    found = recipient(pem, _AT + timedelta(days=1))
    assert len(fingerprint(found)) == 64
    assert sealed(b"x", [found])


def _recipient_text(pem: bytes) -> None:
    from pipeline.feed_envelope import recipient

    recipient(pem, _AT)


@cache
def _issuer_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def signed_token(claims: Any, header: dict[str, Any]) -> str:
    import jwt

    try:
        return jwt.encode(claims, _issuer_key(), algorithm="ES256", headers=header)
    except (TypeError, ValueError, AttributeError, jwt.PyJWTError):
        return "a.b.c"


@cache
def _known_keys() -> str:
    import jwt

    public = jwt.algorithms.ECAlgorithm.to_jwk(_issuer_key().public_key(), as_dict=True)
    return json.dumps({"keys": [public | {"kid": "k", "use": "sig"}]})


def _vouched(given: tuple[str, str, str]) -> None:
    """A token is vouched for or not, whatever it, the issuer's document or its keys look like."""
    import httpx

    from core.deployment import IssuerSpec
    from pipeline.issuers import Issuer

    token, document, keys = given

    def answer(request: httpx.Request) -> httpx.Response:
        body = keys if request.url.path == "/keys" else document
        return httpx.Response(200, content=body.encode("utf-8", "replace"))

    spec = IssuerSpec(issuer="https://id.example", audience="feed")
    issuer = Issuer(spec, lambda: httpx.Client(transport=httpx.MockTransport(answer)))
    claims = issuer.claims(token)
    assert {"exp", "iat", "iss", "aud", "sub"} <= set(claims)
    assert claims["iss"] == spec.issuer


def _credentials(text: str) -> None:
    from connectors import secrets

    found = secrets.parse("env:X", text)
    assert repr(found).count("secret=") == 0


def _tokens() -> st.SearchStrategy[tuple[str, str, str]]:
    now = int(datetime.now(UTC).timestamp())
    said = {"exp": now + 10**7, "iat": now, "iss": "https://id.example", "aud": "feed", "sub": "s", "scope": "deltas:read", "portfolios": ["a"]}  # fmt: skip
    claims = st.dictionaries(st.sampled_from(sorted(said)), ANYTHING, max_size=2).map(lambda odd: said | odd)
    signed = st.builds(
        signed_token, claims, st.one_of(st.just({"kid": "k"}), st.just({}), st.just({"kid": 7, "crit": ["x"]}))
    )
    document = json.dumps({"issuer": "https://id.example", "jwks_uri": "https://id.example/keys"})
    whole = [st.just(document), st.just(_known_keys())]
    token = st.one_of(signed, signed.flatmap(damaged))
    return st.one_of(
        st.tuples(token, *whole),
        st.tuples(signed, damaged(document), whole[1]),
        st.tuples(signed, whole[0], damaged(_known_keys())),
    )


def parsers() -> dict[str, Parser]:
    """By name."""
    from pipeline.issuers import NotVouchedFor

    url = damaged("https://api.example:8443/hook?a=b", "https://[::1]/x", "http://127.0.0.1:99999/", "//x", "https://ab⁄c/", "https://u:p@x/")  # fmt: skip
    return {
        "urls": Parser(st.tuples(st.sampled_from(["webhook", "kms", "source"]), url), _url, (ConfigError, Fatal, SourceUnusable)),
        "certificates": Parser(torn(st.just(certificate())), _recipient, (ConfigError,)),
        "certificate texts": Parser(encoded(damaged("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")), _recipient_text, (ConfigError,)),
        "tokens": Parser(_tokens(), _vouched, (NotVouchedFor,)),
        "credentials": Parser(damaged('{"user": "u", "password": null}', "secret", '{"a": [1]}'), _credentials, (LookupError,)),
    }  # fmt: skip
