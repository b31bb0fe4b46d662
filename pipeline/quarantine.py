"""Rows that could not be used: kept with their keys and reason, the payload sealed, and tried again after a fix.

``replay`` checks the stored rows under today's rules and contracts. Those that pass now are taken up by the next run, also
when their source no longer holds them (a nightly drop that was replaced).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

import connectors
from core.reasons import Reason
from pipeline.run import Run

# These were decided beside other rows; alone they would pass.
_NEEDS_OTHERS = pa.array([Reason.DUPLICATE_ID.value, Reason.UNKNOWN_CASE.value])
# A source that is wrong altogether would fill the store; beyond this its rows are counted, not kept.
MAX_KEPT_PER_BATCH = 10_000


@dataclass(frozen=True)
class Replay:
    """How many rows were checked again, and how many are clean now."""

    tried: int
    clean: int


def keep(run: Run, source: str, rows: pa.Table, *, payload: pa.Table | None) -> None:
    """Store quarantined rows (schema QUARANTINE); ``payload`` is the pulled rows in the same order, sealed before they rest."""
    rows = rows.slice(0, MAX_KEPT_PER_BATCH)
    if not rows.num_rows:
        return
    sealed: list[bytes | None] = [None] * rows.num_rows
    if payload is not None:
        bodies = payload.slice(0, rows.num_rows).to_pylist()
        sealed = [run.site.keys.seal(json.dumps(b, ensure_ascii=False), _aad(source)) for b in bodies]
    run.site.store.quarantine_add(
        rows.append_column("payload_sealed", pa.array(sealed, pa.binary())), run_key=run.key, at=run.clock()
    )


def replay(run: Run, source: str | None = None) -> Replay:
    """Check the open quarantined rows again; mark those that are clean now. Rows without a payload wait for their source."""
    tried = clean = 0
    for spec in run.site.deployment.sources:
        if source in (None, spec.name):
            ids, rows = _stored(run, spec.name, "open")
            passing = _passing(run, spec.name, rows)
            run.site.store.quarantine_mark([ids[i] for i in passing], actor=run.actor)
            tried, clean = tried + len(ids), clean + len(passing)
    return Replay(tried, clean)


class Seen:
    """Which replayed rows the source still gives: those need not be taken from the quarantine."""

    def __init__(self, run: Run, source: str) -> None:
        self.rows = _stored(run, source, "replayed")[1]
        self.given: set[str] = set()

    def note(self, batch: pa.Table) -> None:
        if self.rows.num_rows and "signal_id" in self.rows.column_names:
            self.given.update(
                self.rows["signal_id"]
                .filter(pc.is_in(self.rows["signal_id"], batch["signal_id"].combine_chunks()))
                .to_pylist()
            )

    def remaining(self) -> pa.Table:
        """Replayed signals that the source did not give again."""
        if "signal_id" not in self.rows.column_names:
            return self.rows.slice(0, 0)
        return self.rows.filter(pc.invert(pc.is_in(self.rows["signal_id"], pa.array(sorted(self.given), pa.string()))))


def taken_up(run: Run, source: str) -> list[str]:
    """Ids of replayed entries whose rows this run pulled: once it is published, they are not needed any more.

    One that failed again in this run stays; it is open again under its new reason.
    """
    ids, rows = _stored(run, source, "replayed")
    if not ids:
        return []
    pulled = run.site.stage.read(run.key, "pull", source, columns=["signal_id"])["signal_id"].combine_chunks()
    is_in = pc.is_in(rows["signal_id"], value_set=pulled).to_pylist()
    return [entry for entry, was in zip(ids, is_in, strict=True) if was]


def _passing(run: Run, source: str, rows: pa.Table) -> list[int]:
    from pipeline import check

    return check.passing(run, source, rows) if rows.num_rows else []


def _stored(run: Run, source: str, status: str) -> tuple[list[str], pa.Table]:
    """Ids and pulled rows of this source's quarantine entries that have a payload."""
    entries = run.site.store.quarantine_list(status=status, source=source)
    entries = entries.filter(
        pc.and_(pc.is_valid(entries["payload_sealed"]), pc.invert(pc.is_in(entries["reason"], value_set=_NEEDS_OTHERS)))
    )
    bodies = [json.loads(run.site.keys.open(b, _aad(source))) for b in entries["payload_sealed"].to_pylist()]
    schema = connectors.pulled_schema(run.site.deployment.source(source).kind)
    return entries["id"].to_pylist(), pa.Table.from_pylist(bodies, schema=schema)


def _aad(source: str) -> str:
    return f"quarantine:{source}"
