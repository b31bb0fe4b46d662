"""Get rows out of a lender's sources: transports (files, databases) times kinds of source. Siblings are never imported."""

from __future__ import annotations

from connectors.batches import Batch, pull, pulled_schema
from connectors.discovery import transports
from connectors.findings import Finding, probe

__all__ = ["Batch", "Finding", "probe", "pull", "pulled_schema", "transports"]
