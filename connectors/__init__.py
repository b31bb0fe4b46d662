"""Get rows out of a lender's sources: transports (files, databases, REST) times kinds of source. Siblings are never imported."""

from __future__ import annotations

from connectors.batches import DELETED, Batch, ids_of, pull, pulled_schema, signal_ids
from connectors.contracts import Contract, Seen, contract, drift, look, require
from connectors.discovery import transports
from connectors.draft import Draft, infer
from connectors.findings import Finding, probe
from connectors.secrets import Credentials, Secrets

__all__ = [
    "DELETED",
    "Batch",
    "Contract",
    "Credentials",
    "Draft",
    "Finding",
    "Secrets",
    "Seen",
    "contract",
    "drift",
    "ids_of",
    "infer",
    "look",
    "probe",
    "pull",
    "pulled_schema",
    "require",
    "signal_ids",
    "transports",
]
