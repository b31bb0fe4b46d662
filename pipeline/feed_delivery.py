"""For systems that cannot poll: signed webhooks, at least once."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from core.errors import ConfigError
from pipeline import feed_clients
from pipeline.services.feed import Feed
from pipeline.services.readers import Reader

Post = Callable[[str, bytes, Mapping[str, str]], int]  # url, body, headers → HTTP status, 0 when there was no answer
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
PAGE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round of webhooks did."""

    pages: int = 0
    deltas: int = 0
    failed: int = 0


def add_webhook(feed: Feed, webhook_id: str, url: str, reader: Reader, *, after: int = 0) -> str:
    """Send this client's deltas to ``url`` from now on; returns the signing secret, which nobody can read again."""
    if not _is_private(url):
        raise ConfigError("a webhook is https:// without a user name in it", file="webhook")
    secret = secrets.token_urlsafe(32)
    told = json.dumps(
        {"secret": secret, "portfolios": None if reader.portfolios is None else sorted(reader.portfolios)}
    )
    feed.store.save_webhook(
        {
            "webhook_id": webhook_id,
            "client_id": reader.client_id,
            "url": url,
            "secret_sealed": feed.site.keys.seal(told, f"webhook:{webhook_id}"),
            "after_seq": after,
            "attempts": 0,
            "next_at": feed.clock(),
            "last_status": None,
        }
    )
    return secret


def _is_private(url: str) -> bool:
    """Whether it is an address of HTTPS that shows no login. What is no address at all is not."""
    try:
        parts = urlsplit(url)
        _ = parts.port, httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not parts.username and not parts.password


def webhooks(feed: Feed) -> list[dict[str, Any]]:
    """Every webhook and where it stands."""
    return feed.store.webhooks()


def post_over_https(timeout: float = 10.0) -> Post:
    """Posts with httpx; follows nobody elsewhere."""
    http = httpx.Client(timeout=timeout, follow_redirects=False)

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            return http.post(url, content=body, headers=dict(headers)).status_code
        except httpx.HTTPError:
            return 0

    return post


def deliver(feed: Feed, post: Post) -> Delivered:
    """Send what is due to every webhook, page by page. A page that is not acknowledged is sent again, ever more slowly.

    A client whose key was revoked hears nothing any more.
    """
    pages = deltas = failed = 0
    for hook in feed.store.webhooks_due(feed.clock()):
        if feed_clients.is_revoked(feed.site, hook["client_id"]):
            continue
        told = json.loads(feed.site.keys.open(hook["secret_sealed"], f"webhook:{hook['webhook_id']}"))
        portfolios = None if told["portfolios"] is None else frozenset(told["portfolios"])
        reader, after = Reader(hook["client_id"], portfolios), hook["after_seq"]
        while True:
            page = feed.deltas(reader, after, PAGE_ROWS)
            if page.lines:
                status = _send(feed, hook, told["secret"], page.lines, after, page.through, post)
                if not 200 <= status < 300:
                    failed += 1
                    _later(feed, hook, status)
                    break
                pages, deltas = pages + 1, deltas + len(page.lines)
            if page.through > after:
                feed.store.move_webhook(hook["webhook_id"], after_seq=page.through, attempts=0, last_status=200)
            after = page.through
            if after >= page.head:
                break
    return Delivered(pages, deltas, failed)


def sign(secret: str, body: bytes, seconds: int) -> str:
    """The header X-Skiptrace-Signature."""
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def _send(
    feed: Feed, hook: Mapping[str, Any], secret: str, lines: list[str], after: int, through: int, post: Post
) -> int:
    body = f'{{"after":{after},"through":{through},"deltas":[{",".join(lines)}]}}'.encode()
    headers = {
        "Content-Type": "application/json",
        "X-Skiptrace-Delivery": f"{hook['webhook_id']}-{after}-{through}",
        "X-Skiptrace-Signature": sign(secret, body, int(feed.clock().timestamp())),
    }
    return post(hook["url"], body, headers)


def _later(feed: Feed, hook: Mapping[str, Any], status: int) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(hook["attempts"], 20), LONGEST_PAUSE)
    values = {"attempts": hook["attempts"] + 1, "next_at": feed.clock() + pause, "last_status": status}
    feed.store.move_webhook(hook["webhook_id"], **values)
