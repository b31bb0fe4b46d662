"""The straight path without Airflow: the same verbs in the same order, for one interval."""

from __future__ import annotations

from datetime import timedelta

import tenacity

from core import ledger
from core.errors import Fatal, SkiptraceError, Transient
from core.events import EventName
from core.kinds import SourceKind
from pipeline import (
    addresses,
    admit,
    advance,
    ahead,
    check,
    forget,
    increments,
    lease,
    match,
    parts,
    publish,
    pull,
    rank,
    report,
    telling,
)
from pipeline.run import Run

ATTEMPTS = 3
# A run writes to its stage all the time; one that has not for so long was killed, and what it left is nobody's.
DEAD_AFTER = timedelta(hours=6)
_GROUND = (SourceKind.DECLARED_CONTACTS, SourceKind.CONSENTS)


def walk(run: Run) -> report.Report:
    """Run everything; the report is stored, and the stage purged, whatever happens."""
    open_run(run)
    try:
        ahead.warm(run.site)
        ahead.begin(run)
        for source in sources(run):
            _attempt(run, source)
        require_ground(run)
        addresses.begin(run)
        for spec in run.site.deployment.signal_sources:
            admit.admit(run, spec.name)
        advance.advance(run)
        match.match(run)
        rank.rank(run)
        publish.publish(run)
        finished = close_run(run)
    except Exception as e:
        fail_run(run, e)
        raise
    finally:
        leave(run)
    return finished


def sources(run: Run) -> list[str]:
    """The names of all declared sources: first who is traced and what they agreed to, then the others, in the file's order.

    What is asked of a source that is read by increments depends on the first ones. An empty list is impossible.
    """
    return [*ground(run), *others(run)]


def ground(run: Run) -> list[str]:
    """The sources without which nothing is published: the registry and the consents."""
    return [s.name for s in run.site.deployment.sources if s.kind in _GROUND]


def others(run: Run) -> list[str]:
    """All other sources; those at the end that another process is at."""
    return ahead.last(run, [s.name for s in run.site.deployment.sources if s.kind not in _GROUND])


def open_run(run: Run) -> None:
    """No run without a current impact assessment and a known purpose, none beside another; then an empty stage.

    Of a run that was killed the pieces it had pulled are left, so that it goes on where it was.
    """
    import policy

    lease.hold(run)
    try:
        policy.require_run(run.site.deployment, run.site.pack, at=run.at)
        _open(run)
    except BaseException:
        lease.give_back(run)
        raise


def _open(run: Run) -> None:
    _refuse_older(run)
    run.site.stage.purge_older(run.clock() - DEAD_AFTER)
    before = run.site.store.run(run.key)
    was_killed = before is not None and before.status == "running"
    run.site.stage.purge(run.key, but=parts.LASTING if was_killed else ())
    increments.begin(run)
    run.site.store.save_run(
        run.key, interval=run.covers, as_of=run.at, pack_version=run.site.pack.version, actor=run.actor
    )


def _refuse_older(run: Run) -> None:
    """What is published speaks of the latest day; an older day published over it would bring back what has changed since."""
    last = run.site.store.last_run("done")
    if last is not None and last.as_of > run.at:
        raise Fatal(
            f"a later day is published already ({last.run_key}): an older one would undo what has changed since; to read "
            "rows of an older time again, use skiptrace backfill"
        )


def ingest(run: Run, source: str) -> None:
    """Pull and check one source."""
    if ahead.step(run, pull.STEP, source) is not None:
        ahead.step(run, check.STEP, source)


def _attempt(run: Run, source: str) -> None:
    """Without Airflow somebody has to try again; with it, Airflow does."""
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Transient),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_exponential(max=30),
        reraise=True,
    )
    try:
        attempts(ingest, run, source)
    except Transient as e:
        give_up(run, source, e)


def require_ground(run: Run) -> None:
    """Who is traced and what they agreed to must be known whole: half a registry or half the consents would look like
    closures and withdrawals. Raises Fatal naming the sources that are missing.
    """
    needed = [s.name for s in run.site.deployment.sources if s.required or s.kind in _GROUND]
    missing = [name for name in needed if not run.site.stage.exists(run.key, check.STEP, name)]
    if missing:
        raise Fatal(f"nothing is published without {', '.join(missing)}; the report says why they failed")


def give_up(run: Run, source: str, error: Transient) -> None:
    """A source that could not be reached in any attempt fails alone."""
    with run.step(pull.STEP, source) as log:
        log.status = "failed"
        log.note("error", f"source {source}: gave up after {ATTEMPTS} attempts: {error}")
    run.event(EventName.SOURCE_FAILED, source=source, step=pull.STEP)


def close_run(run: Run) -> report.Report:
    """Require that every sum closes, store the report, say so in the audit chain."""
    finished = report.build(run)
    if not any(s["step"] == publish.STEP for s in finished["steps"]):
        raise Fatal("the run did not reach publish")
    ledger.require_closed(report.counts_of(finished))
    run.site.store.finish_run(run.key, status="done", report=finished, actor=run.actor)
    return finished


def leave(run: Run, channel: telling.Channel | None = None) -> None:
    """The end, whatever became of it: no process works on, the stage is purged, the lease given back, and whoever asked is told."""
    try:
        ahead.end(run)
        forget.purge(run)
    finally:
        telling.tell(run, channel)


def fail_run(run: Run, error: Exception) -> None:
    """Keep what is known of a run that stopped. A defect is told by its type only: its message may quote a value."""
    told = str(error) if isinstance(error, SkiptraceError) else f"defect: {type(error).__name__}"
    stopped = report.build(run, status="failed") | {"error": told}
    run.site.store.finish_run(run.key, status="failed", report=stopped, actor=run.actor)
