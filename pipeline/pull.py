"""pull: a source's rows into the stage, in our field names, still text. ``read = pulled + unreadable`` and, of sources that are
not read whole, ``superseded + deleted + unchanged``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

import connectors
import policy
from core import schemas
from core.deployment import Load, SourceSpec
from core.errors import SourceUnusable
from core.events import EventName
from core.types import Ref
from pipeline import drift, quarantine
from pipeline.run import Run, StepLog

STEP = "pull"
PIECE_ROWS = 65_536  # of a source that is pulled in pieces; at most so many are read twice after a crash


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
            rows = _by_parts if _is_in_parts(spec) else _rows
            ref = run.site.stage.write(
                run.key, STEP, source, rows(run, source, log), schema=connectors.pulled_schema(spec.kind)
            )
        except SourceUnusable as e:
            fail(run, log, e)
            return None
    run.event(EventName.SOURCE_PULLED, source=source, rows=ref.rows)
    return ref


def _rows(run: Run, source: str, log: StepLog) -> Iterator[pa.Table]:
    """The readable rows batch by batch; the unreadable ones are staged beside them when the source is exhausted."""
    spec = run.site.deployment.source(source)
    read = pulled = deleted = 0
    unreadable: list[pa.Table] = []
    seen = quarantine.Seen(run, source)
    drift.require(run, spec, log)
    for batch in connectors.pull(spec, base=run.site.base, environ=run.site.environ, secrets=run.site.secrets):
        read += batch.read
        pulled += batch.rows.num_rows
        deleted += batch.deleted.num_rows
        if batch.unreadable.num_rows:
            unreadable.append(batch.unreadable)
        seen.note(batch.rows)
        run.progress(STEP, source, batch.rows.num_rows)
        yield batch.rows
    replayed = _replayed(seen, log)
    yield replayed
    rejects = pa.concat_tables([schemas.empty(schemas.QUARANTINE), *unreadable])
    _account(run, source, log, read + replayed.num_rows, pulled + replayed.num_rows, rejects)
    log.count("deleted", deleted)


def _is_in_parts(spec: SourceSpec) -> bool:
    """Sources that go on where they were, and those whose rows come in several versions: all must be seen to know the newest."""
    return spec.kind.is_signal and (spec.load is not Load.FULL or spec.options.get("version") is not None)


def _by_parts(run: Run, source: str, log: StepLog) -> Iterator[pa.Table]:
    """What the plan asks for, piece by piece, then as one: only the newest row of an id, only what is not as it was."""
    from pipeline import increments, parts

    spec = run.site.deployment.source(source)
    reading = increments.plan(run, spec)
    pieces = parts.Parts(run, spec, reading)
    if pieces.since != reading.since:
        log.note("info", f"an earlier attempt was cut off after {pieces.progress.read:,} rows: goes on from there")
    drift.require(run, spec, log)
    for batch in connectors.pull(
        spec, base=run.site.base, environ=run.site.environ, secrets=run.site.secrets,
        since=pieces.since, start=reading.start, end=reading.end, batch_rows=PIECE_ROWS, earlier=pieces.known(),
    ):  # fmt: skip
        pieces.add(batch)
        run.progress(STEP, source, batch.rows.num_rows)
    if reading.cause in _TOLD:
        log.note("info", _TOLD[reading.cause])
    seen, made, pulled = quarantine.Seen(run, source), list[parts.Made](), 0
    for rows in pieces.whole(made):
        seen.note(rows)
        pulled += rows.num_rows
        yield schemas.conform(rows, connectors.pulled_schema(spec.kind))
    replayed = _replayed(seen, log)
    yield replayed
    (done,) = made
    _account(run, source, log, done.read + replayed.num_rows, pulled + replayed.num_rows, pieces.unreadable())
    for name in ("superseded", "deleted", "unchanged"):
        log.count(name, getattr(done, name))


_TOLD = {
    "changed": "its declaration, the policy or the matching is another than before: read again from the start",
    "new_cases": "somebody new is traced, or agreed: read again as far as lookback_days says",
    "backfill": "rows of the backfilled time only",
}


def _replayed(seen: quarantine.Seen, log: StepLog) -> pa.Table:
    replayed = seen.remaining()
    if replayed.num_rows:
        log.note("info", f"{replayed.num_rows} rows taken up again from quarantine")
    return replayed


def _account(run: Run, source: str, log: StepLog, read: int, pulled: int, rejects: pa.Table) -> None:
    """Stage the unreadable rows, and count what was read and what became of it."""
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
