"""Webhooks and file drops as commands: what ``skiptrace feed deliver`` and ``skiptrace feed drop`` call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from pipeline import feed_delivery
from pipeline.feed_delivery import Delivered
from pipeline.services.feed import Feed
from pipeline.services.readers import Reader
from pipeline.site import Site


def deliver(site: Site, *, timeout: float = 10.0) -> Delivered:
    """One round: everything that is due, to every webhook. Run it every few seconds, from one process."""
    with httpx.Client(timeout=timeout, follow_redirects=False) as http:

        def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
            try:
                return http.post(url, content=body, headers=dict(headers)).status_code
            except httpx.HTTPError:
                return 0

        return feed_delivery.deliver(Feed(site), post)


def add(site: Site, webhook_id: str, url: str, *, client_id: str, portfolios: frozenset[str] | None = None) -> str:
    """Add a webhook; returns its signing secret, once."""
    return feed_delivery.add_webhook(Feed(site), webhook_id, url, Reader(client_id, portfolios))


def drop(site: Site, folder: Path, *, client_id: str, portfolios: frozenset[str] | None = None) -> dict[str, Any]:
    """One file drop; returns its manifest."""
    return feed_delivery.drop(Feed(site), folder, Reader(client_id, portfolios))
