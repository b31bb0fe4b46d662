"""serve: published candidates to a reader, through the third consent gate. Masked unless a reason to reveal is given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

import policy
from core.errors import Fatal
from core.events import Event, EventName
from core.kinds import CaseStatus
from pipeline import contact
from pipeline.site import Site

COLUMNS = [
    "case_id", "candidate_id", "rank", "kind", "value_masked", "probability", "holder", "first_seen", "last_seen",
    "sources", "origins", "reasons",
]  # fmt: skip
MIN_REASON_LENGTH = 8


def _now() -> datetime:
    return datetime.now(UTC)


def candidates(
    site: Site,
    *,
    case_id: str | None = None,
    actor: str,
    reveal_reason: str | None = None,
    clock: Callable[[], datetime] = _now,
) -> pa.Table:
    """What may be seen now. A withdrawal that arrived a second ago already counts; so does what a person rejected.

    Every read is an audit event.

    With ``reveal_reason`` the column ``value`` replaces ``value_masked``; each revealed candidate is audited by id.
    """
    at = clock()
    rows = visible(site, site.store.candidates(case_id=case_id, at=at), at, case_id)
    rejected = site.store.rejected(None if case_id is None else rows["candidate_id"].to_pylist())
    rows = rows.filter(pc.invert(pc.is_in(rows["candidate_id"], value_set=pa.array(sorted(rejected), pa.string()))))
    site.store.record(Event(EventName.CANDIDATES_READ, actor, facts={"rows": rows.num_rows, "case_id": case_id or "*"}))
    if reveal_reason is None:
        return rows.select(COLUMNS)
    return _revealed(site, rows, actor, reveal_reason)


def visible(site: Site, rows: pa.Table, at: datetime, case_id: str | None = None) -> pa.Table:
    """The third gate: hidden when any consent a candidate rests on no longer holds, or its case is no longer open."""
    return through_gate(site, rows, site.store.grants(case_id=case_id), at)


def through_gate(site: Site, rows: pa.Table, stored: pa.Table, at: datetime) -> pa.Table:
    """Those of these rows (READ) that the gate lets through, by these grants (STORED) as they stand at ``at``."""
    names = {"customer_token": "customer_no", "id_token": "id_number"}
    stored = stored.rename_columns([names.get(c, c) for c in stored.column_names])
    grants = policy.Grants.build(stored, purpose=site.deployment.purpose, at=at)
    answer = policy.may_read(rows, grants, pack=site.pack, at=at)
    is_open = pc.equal(rows["case_status"], CaseStatus.OPEN.value)
    return rows.filter(pc.and_(answer["visible"], is_open))


def _revealed(site: Site, rows: pa.Table, actor: str, reason: str) -> pa.Table:
    if len(reason.strip()) < MIN_REASON_LENGTH:
        raise Fatal("revealing needs a reason of at least eight characters")
    ids = rows["candidate_id"].to_pylist()
    opened = [site.keys.open(b, f"candidate:{i}") for b, i in zip(rows["value_sealed"].to_pylist(), ids, strict=True)]
    facts = [{"candidate_id": i, "reason": reason} for i in ids]
    site.store.record(*[Event(EventName.CANDIDATE_REVEALED, actor, facts=f) for f in facts])
    opened = [contact.shown(k, v) for k, v in zip(rows["kind"].to_pylist(), opened, strict=True)]
    columns = ["value" if c == "value_masked" else c for c in COLUMNS]
    return rows.append_column("value", pa.array(opened, pa.string())).select(columns)


def by_kind(rows: pa.Table) -> dict[str, int]:
    """How many candidates of each kind."""
    return {i["values"].as_py(): i["counts"].as_py() for i in pc.value_counts(rows["kind"])}
