"""A double of an OpenID issuer: its own keys, its own idea of who is who, and several ways to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

URL = "https://id.lender.example"


class FakeIssuer:
    """Answers as the issuer at URL would; ``client`` is an HTTP client that reaches nobody else."""

    def __init__(self, audience: str, url: str = URL) -> None:
        self.url = url
        self.audience = audience
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, dict[str, str]] = {}
        self.person = {"sub": "u-1", "preferred_username": "Wang.Fang", "roles": ["case-leads"]}
        self.asked: list[str] = []
        self.is_down = False

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.is_down:
            raise httpx.ConnectError("down")
        if request.url.path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return httpx.Response(200, json={"issuer": self.url} | {k: self.url + v for k, v in ends.items()})
        if request.url.path == "/keys":
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key()))
            return httpx.Response(200, json={"keys": [key | {"kid": "k1", "use": "sig"}]})
        return self._redeem({k: v[0] for k, v in parse_qs(request.content.decode()).items()})

    def authorise(self, url: str) -> str:
        """What the issuer's page does with a person who agrees: the code that goes back."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
        assert asked["code_challenge_method"] == "S256"
        self.codes["a-code"] = asked
        return asked["state"]

    def _redeem(self, told: dict[str, str]) -> httpx.Response:
        asked = self.codes.pop(told.get("code", ""), None)
        digest = hashlib.sha256(told["code_verifier"].encode()).digest()
        if asked is None or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(200, json={"id_token": self.token(**self.person, nonce=asked["nonce"])})

    def token(self, *, key=None, algorithm: str = "RS256", kid: str = "k1", **claims) -> str:
        now = int(time.time())
        said = {"iss": self.url, "aud": self.audience, "iat": now, "exp": now + 300, "sub": "s"} | claims
        said = {k: v for k, v in said.items() if v is not None}
        return jwt.encode(said, self.private if key is None else key, algorithm=algorithm, headers={"kid": kid})


@contextmanager
def served(audience: str) -> Iterator[FakeIssuer]:
    """An issuer that a browser can go to: one page with a button, which sends the person back with a code."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/authorize"):
                fake.authorise(self.path)
                asked = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
                back = f"{asked['redirect_uri']}?{urlencode({'code': 'a-code', 'state': asked['state']})}"
                page = f'<h1>Lender identity</h1><a id="agree" href="{escape(back)}">Go on as Wang Fang</a>'
                self._say(httpx.Response(200, html=page))
            else:
                self._say(fake.answer(httpx.Request("GET", fake.url + self.path)))

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            self._say(fake.answer(httpx.Request("POST", fake.url + self.path, content=content)))

        def _say(self, answer: httpx.Response) -> None:
            self.send_response(answer.status_code)
            self.send_header("content-type", answer.headers["content-type"])
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Nothing on the screen of a test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake = FakeIssuer(audience, f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
