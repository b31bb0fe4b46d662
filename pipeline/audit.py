"""audit: the trace log of a case (失联追踪日志), and an evidence bundle for an inspection: ids, hashes, events, never a value."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.events import Event, EventName
from pipeline.site import Site

_TOLD = (
    "candidate_id",
    "rank",
    "kind",
    "probability",
    "holder",
    "sources",
    "origins",
    "reasons",
    "consent_ids",
    "run_key",
)
_CONSENT = ("consent_id", "purpose", "scope", "granted_at", "expires_at", "withdrawn_at", "notice_version")


def log(site: Site, case_id: str) -> list[dict[str, Any]]:
    """Everything the audit chain says of a case, in order: when, what, who, which run, the facts."""
    events = site.store.subjects.audit_events(case_id)
    return [{k: e[k] for k in ("seq", "at", "event", "actor", "run_key", "facts", "hash")} for e in events]


def bundle(site: Site, case_id: str, out: Path, *, actor: str) -> str:
    """Write the evidence of a case as a zip; its SHA-256. The event that it was made is in the chain, and not in the zip."""
    verdict = site.store.verify_audit()
    parts: dict[str, object] = {
        "events.json": log(site, case_id),
        "candidates.json": _selected(site, case_id),
        "consents.json": _consents(site, case_id),
        "deltas.json": _deltas(site, case_id),
        "chain.json": {"is_intact": verdict.is_intact, "checked": verdict.checked, "head": verdict.head.hash},
        "policy.json": {"pack": site.pack.version, "impact_assessment": site.deployment.impact_assessment.id},
    }
    written = {name: json.dumps(p, ensure_ascii=False, indent=1, default=_text).encode() for name, p in parts.items()}
    manifest = {name: hashlib.sha256(content).hexdigest() for name, content in written.items()}
    written["manifest.json"] = json.dumps({"case_id": case_id, "sha256": manifest}, indent=1).encode()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in written.items():
            archive.writestr(name, content)
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    event = EventName.EVIDENCE_BUNDLED
    site.store.record(Event(event, actor, facts={"case_id": case_id, "sha256": digest}))
    return digest


def _selected(site: Site, case_id: str) -> list[dict[str, Any]]:
    rows = site.store.candidates(case_id=case_id, at=datetime.now(UTC)).to_pylist()
    return [{k: r[k] for k in _TOLD} | {"content_hash": r["content_hash"]} for r in rows]


def _consents(site: Site, case_id: str) -> list[dict[str, Any]]:
    tokens = site.store.subjects.find(case_id=case_id).tokens
    found = {g["consent_id"]: g for t in tokens for g in site.store.grants(t).to_pylist()}
    return [{k: g[k] for k in _CONSENT} for g in found.values()]


def _deltas(site: Site, case_id: str) -> list[dict[str, Any]]:
    return site.store.subjects.deltas_of(case_id)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
