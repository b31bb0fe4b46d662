"""pull: a source's rows into the stage, in our field names, still text. ``read = pulled + unreadable``."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

import connectors
import policy
from core import schemas
from core.errors import SourceUnusable
from core.events import EventName
from core.types import Ref
from pipeline import quarantine
from pipeline.run import Run, StepLog

STEP = "pull"


def pull(run: Run, source: str) -> Ref | None:
    """Stage the rows of one source; None when the source failed alone (its error is in the report).

    Raises Transient (try again) and Fatal (a required source failed).
    """
    spec = run.site.deployment.source(source)
    refusal = policy.refuse_source(spec)
    with run.step(STEP, source) as log:
        try:
            if not refusal.allowed:
                raise SourceUnusable(source, f"refused by {refusal.rule_ids[0]}: {refusal.reason}")
            ref = run.site.stage.write(run.key, STEP, source, _rows(run, source, log))
        except SourceUnusable as e:
            fail(run, log, e)
            return None
    run.event(EventName.SOURCE_PULLED, source=source, rows=ref.rows)
    return ref


def _rows(run: Run, source: str, log: StepLog) -> Iterator[pa.Table]:
    """The readable rows batch by batch; the unreadable ones are staged beside them when the source is exhausted."""
    spec = run.site.deployment.source(source)
    read = pulled = 0
    unreadable: list[pa.Table] = []
    seen = quarantine.Seen(run, source)
    for batch in connectors.pull(spec, base=run.site.base, environ=run.site.environ):
        read += batch.rows.num_rows + batch.unreadable.num_rows
        pulled += batch.rows.num_rows
        if batch.unreadable.num_rows:
            unreadable.append(batch.unreadable)
        seen.note(batch.rows)
        run.progress(STEP, source, batch.rows.num_rows)
        yield batch.rows
    replayed = seen.remaining()
    read += replayed.num_rows
    pulled += replayed.num_rows
    if replayed.num_rows:
        log.note("info", f"{replayed.num_rows} rows taken up again from quarantine")
        yield replayed
    if not read:
        yield schemas.empty(connectors.pulled_schema(spec.kind))
    rejects = pa.concat_tables(unreadable) if unreadable else schemas.empty(schemas.QUARANTINE)
    run.site.stage.write(run.key, "unreadable", source, rejects)
    log.count("read", read)
    log.count("pulled", pulled)
    for reason in rejects.column("reason").value_counts():
        log.count("unreadable", reason["counts"].as_py(), reason["values"].as_py())


def fail(run: Run, log: StepLog, error: SourceUnusable) -> None:
    """One source fails alone: nothing of it counts in this run, and the report says why."""
    log.status = "failed"
    log.counts.clear()
    log.note("error", str(error))
    run.event(EventName.SOURCE_FAILED, source=log.source, step=log.step)
