"""What every talk over HTTP has in common: what is worth another attempt, and where personal data may not go."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from connectors.request import Request

# Answers worth another attempt (RFC 9110; 425: RFC 8470; 429: RFC 6585).
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def require_private(request: Request, url: str) -> None:
    """Raise SourceUnusable for an address that is none, or that personal data would travel to in the clear."""
    parts = parted(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise request.unusable("its location is no https:// address")
    is_open = parts.scheme == "http" and parts.hostname not in _LOOPBACK
    if is_open and not request.option("allow_plain_http", bool, False):
        raise request.unusable("it would be read over http://, unencrypted: use https://, or allow_plain_http: true")


def timeout(request: Request) -> float:
    """Seconds to wait for a server that says nothing."""
    return float(request.option("timeout_seconds", (int, float), 30))


def same_origin(a: str, b: str) -> bool:
    """Whether a login for one address may be shown to the other."""
    one, other = parted(a), parted(b)
    if one is None or other is None:
        return False
    return (one.scheme, one.hostname, one.port) == (other.scheme, other.hostname, other.port)


def parted(url: str) -> SplitResult | None:
    """The parts of an address; None for a text that is none (brackets that do not close, a port that is no number)."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # it is read only when it is asked for
    except ValueError:
        return None
    return parts


def joined(base: str, url: str) -> str | None:
    """The address of a link on a page; None where it is none."""
    try:
        return urljoin(base, url)
    except ValueError:
        return None


def name(url: str) -> str:
    """The last part of an address, the only part that is ever shown; its host where it has no path."""
    parts = parted(url)
    if parts is None:
        return "the server"
    return PurePosixPath(unquote(parts.path)).name or parts.hostname or "the server"
