"""What other verbs do to a case, noted in its history: a complaint, its answer, a legal hold. No guard stands against these."""

from __future__ import annotations

import hashlib
from datetime import datetime

import pyarrow as pa

from core import schemas
from pipeline.site import Site
from store.casework import EVENTS


def note(site: Site, case_id: str, kind: str, ref: str, *, at: datetime, actor: str, code: str | None = None) -> None:
    """Append this event; told twice, it is one."""
    site.store.casework.add(event(case_id, kind, ref, at=at, actor=actor, code=code))


def event(case_id: str, kind: str, ref: str, *, at: datetime, actor: str, code: str | None = None) -> pa.Table:
    """The event as a table of one row (store.casework.EVENTS), to be appended with what it tells of."""
    said = f"{case_id}\x1f{kind}\x1f{ref}\x1f{at.isoformat()}"
    row = {
        "event_id": hashlib.sha256(said.encode()).hexdigest()[:32],
        "seq": 0,
        "case_id": case_id,
        "at": at,
        "kind": kind,
    }
    row |= {"code": code, "actor": actor, "ref": ref or None}
    return schemas.conform(pa.Table.from_pylist([row], EVENTS), EVENTS)
