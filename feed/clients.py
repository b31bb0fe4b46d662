"""Clients of the feed, for the command line: ``create`` shows a key once, ``revoke`` ends it."""

from __future__ import annotations

from pipeline.feed_clients import Scope, create, revoke

__all__ = ["Scope", "create", "revoke"]
