"""The store: everything that outlives a run. Each method is one transaction, with the audit event of what it changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import pyarrow as pa
import sqlalchemy as sa

from core.events import Event, EventName
from core.types import Interval
from store import audit, cases, comparisons, grants, increments, leases, publishing, quarantine, reviews, runs, waiting
from store.audit import AuditVerdict
from store.casework import Casework
from store.engine import connect, locate, prepare_file, reading, writing
from store.heads import Head
from store.leases import Lease
from store.migrate import migrate
from store.publishing import PublishResult, Snapshot
from store.runs import Run, SourceState
from store.subjects import Subjects
from store.waiting import Waiting

Facts = Mapping[str, str | int | float | bool]


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """An open store. Made by ``store.open``; safe to share between threads, not across a fork."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime] = _now) -> None:
        self._engine = engine
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    @property
    def subjects(self) -> Subjects:
        """What the store does for the persons in it."""
        return Subjects(self._engine, self._clock)

    @property
    def casework(self) -> Casework:
        """The history of cases."""
        return Casework(self._engine, self._clock)

    def _writing(self) -> AbstractContextManager[sa.Connection]:
        return writing(self._engine)

    def _reading(self) -> AbstractContextManager[sa.Connection]:
        return reading(self._engine)

    # --- the published candidates ---------------------------------------------------------------------------------

    def publish(
        self,
        rows: pa.Table,
        *,
        run_key: str,
        at: datetime,
        carried: Collection[str] = (),
        increment: increments.Increment | None = None,
        lease: tuple[str, str] | None = None,
        actor: str = "pipeline",
        facts: Facts | None = None,
    ) -> PublishResult:
        """Make ``rows`` (publishing.ROWS: the whole set) the published candidates and write the deltas that lead there.

        ``carried`` ids are left as they are when ``rows`` lacks them. The same content again writes no delta.
        ``increment``: cursors and the rows they cover, committed with it. ``lease`` (name, holder): Transient when it is another's.
        """
        with self._writing() as connection:
            if lease is not None:
                leases.require(connection, lease[0], holder=lease[1])
            result = publishing.publish(connection, rows, run_key=run_key, at=at, carried=carried, increment=increment)
            counts = {"added": result.added, "modified": result.modified, "deleted": result.deleted}
            counts |= {"unchanged": result.unchanged, "carried": result.carried, "last_seq": result.last_seq}
            event = Event(EventName.CANDIDATES_PUBLISHED, actor, run_key, {**(facts or {}), **counts})
            audit.append(connection, [event], at)
        return result

    def candidates(self, case_id: str | None = None, *, at: datetime) -> pa.Table:
        """The published candidates (publishing.READ), by case and rank.

        ``consents_valid`` of the ``consent_ids`` stand at ``at``; the third gate (pipeline.serve) decides what that means.
        """
        with self._reading() as connection:
            return publishing.candidates(connection, case_id, at)

    def rejected(self, candidate_ids: Collection[str] | None = None) -> set[str]:
        """Those of these candidates (or of all) that a person rejected: nobody but the workbench is told of them."""
        with self._reading() as connection:
            return reviews.rejected(connection, candidate_ids)

    def deltas(self, after: int = 0, limit: int = 1000) -> pa.Table:
        """The deltas (publishing.DELTAS) that follow sequence number ``after``."""
        with self._reading() as connection:
            return publishing.deltas(connection, after, limit)

    def snapshot(self) -> Snapshot:
        """The whole published set, and the sequence number it stands at."""
        with self._reading() as connection:
            return publishing.snapshot(connection)

    def changed_by(self, run_key: str) -> set[str]:
        """Published candidates that this run added or modified."""
        with self._reading() as connection:
            return publishing.changed_by(connection, run_key)

    def save_comparisons(self, rows: pa.Table) -> None:
        """Keep what stands behind candidates (comparisons.COMPARISONS); masked, gone with its candidate."""
        with self._writing() as connection:
            comparisons.save(connection, rows)

    def save_declared(self, rows: pa.Table) -> None:
        """Keep what debtors declared (comparisons.DECLARED), masked, in place of what was kept before."""
        with self._writing() as connection:
            comparisons.save_declared(connection, rows)

    # --- sources read by increments ---------------------------------------------------------------------------------

    def publications(self) -> int:
        """How many publications with increments there were: the number a run is made from."""
        with self._reading() as connection:
            return increments.published(connection)

    def traced(self) -> pa.Table:
        """Who was traced at the last publication (increments.TRACED)."""
        with self._reading() as connection:
            return increments.traced(connection)

    def cursor(self, source: str) -> increments.Cursor | None:
        """How far a source was read, as the last publication left it."""
        with self._reading() as connection:
            return increments.cursor(connection, source)

    def kept_keys(self, source: str | None = None) -> pa.Table:
        """Which signals are kept (increments.KEYS): no value of them."""
        with self._reading() as connection:
            return increments.keys(connection, source)

    def kept_sealed(self, source: str, *, after: str = "", limit: int = 20_000) -> list[tuple[str, str, bytes]]:
        """The next kept rows of a source by kept id: (kept id, signal id, sealed row)."""
        with self._reading() as connection:
            return increments.sealed(connection, source, after, limit)

    def signal_versions(self, source: str) -> pa.Table:
        """The newest version known of each signal that was ever kept (increments.VERSIONS)."""
        with self._reading() as connection:
            return increments.versions(connection, source)

    # --- leases ---------------------------------------------------------------------------------------------------

    def take(self, name: str, *, holder: str, about: str, seconds: float) -> Lease:
        """Take a lease, or keep it for longer; whose it is afterwards. One whose time has passed, or whose process is gone, is free."""
        with self._writing() as connection:
            return leases.take(connection, name, holder=holder, about=about, seconds=seconds, clock=self._clock())

    def lease(self, name: str) -> Lease | None:
        """Who holds it, or held it last and did not give it back."""
        with self._reading() as connection:
            return next((found for found in leases.read(connection) if found.name == name), None)

    def give_back(self, name: str, *, holder: str) -> None:
        """Give a lease back; nothing when it is another's."""
        with self._writing() as connection:
            leases.give_back(connection, name, holder=holder)

    # --- runs -----------------------------------------------------------------------------------------------------

    def save_run(
        self,
        run_key: str,
        *,
        interval: Interval,
        as_of: datetime,
        model_id: str | None = None,
        pack_version: str | None = None,
        actor: str = "pipeline",
    ) -> Run:
        """Open the run of an interval, or open it again."""
        now = self._clock()
        run = Run(run_key, interval, as_of, "running", now, model_id=model_id, pack_version=pack_version)
        with self._writing() as connection:
            runs.save(connection, run)
            audit.append(connection, [Event(EventName.RUN_OPENED, actor, run_key)], now)
        return run

    def finish_run(
        self,
        run_key: str,
        *,
        status: Literal["done", "failed"] = "done",
        report: Mapping[str, Any] | None = None,
        actor: str = "pipeline",
    ) -> None:
        """Close a run with its report. Raises Fatal when it was never opened."""
        now = self._clock()
        name = EventName.RUN_CLOSED if status == "done" else EventName.RUN_FAILED
        with self._writing() as connection:
            runs.finish(connection, run_key, status, now, report)
            audit.append(connection, [Event(name, actor, run_key)], now)

    def run(self, run_key: str) -> Run | None:
        with self._reading() as connection:
            return next(iter(runs.read(connection, run_key=run_key, status=None, limit=1)), None)

    def last_run(self, status: str | None = None) -> Run | None:
        """The run of the latest interval, of this status or of any."""
        return next(iter(self.runs(status=status, limit=1)), None)

    def runs(self, *, status: str | None = None, limit: int | None = None) -> list[Run]:
        """Runs, the latest interval first."""
        with self._reading() as connection:
            return runs.read(connection, run_key=None, status=status, limit=limit)

    def save_withheld(self, run_key: str, counts: Iterable[tuple[str, str, int]]) -> None:
        """Replace this run's withheld counts: (source, rule id, rows)."""
        with self._writing() as connection:
            runs.save_withheld(connection, run_key, counts)

    def withheld(self, run_key: str) -> pa.Table:
        """The run's withheld counts (runs.WITHHELD)."""
        with self._reading() as connection:
            return runs.withheld(connection, run_key)

    def save_source_state(self, state: SourceState) -> None:
        """Record what a source gave in a run."""
        with self._writing() as connection:
            runs.save_source(connection, state)

    def source_history(self, source: str, limit: int = 30) -> list[SourceState]:
        """What this source gave in its last runs, the newest first."""
        with self._reading() as connection:
            return runs.source_history(connection, source, limit)

    # --- cases, consents, quarantine --------------------------------------------------------------------------------

    def save_cases(self, rows: pa.Table, *, run_key: str) -> None:
        """Insert or replace cases (cases.CASES)."""
        with self._writing() as connection:
            cases.save(connection, rows, run_key)

    def cases(self, status: str | None = None) -> pa.Table:
        """Cases (cases.STORED)."""
        with self._reading() as connection:
            return cases.read(connection, status)

    def case_of(self, case_id: str) -> dict[str, Any] | None:
        """One case (cases.STORED), or None."""
        with self._reading() as connection:
            return cases.one(connection, case_id)

    def save_grants(self, rows: pa.Table, *, run_key: str) -> None:
        """Insert or replace consent grants (grants.GRANTS); recorded withdrawals hold."""
        with self._writing() as connection:
            grants.save(connection, rows, run_key)

    def grants(self, token: str | None = None, *, case_id: str | None = None) -> pa.Table:
        """Grants (grants.STORED): of one customer (customer or id token), or those a case's candidates rest on, or all."""
        with self._reading() as connection:
            return grants.read(connection, token=token, case_id=case_id)

    def withdrawn(self) -> pa.Table:
        """The grants that ended or will end, and when (grants.WITHDRAWN)."""
        with self._reading() as connection:
            return grants.withdrawn(connection)

    def withdraw(
        self, customer_token: str, scopes: Collection[str] | None = None, *, at: datetime, actor: str = "pipeline"
    ) -> int:
        """Withdraw a customer's consents, of some scopes or of all; how many grants that ended. Counts at once."""
        with self._writing() as connection:
            ended = grants.withdraw(connection, customer_token, scopes, at)
            facts: Facts = {
                "customer_token": customer_token,
                "scopes": ",".join(sorted(scopes or ())) or "*",
                "grants": ended,
            }
            audit.append(connection, [Event(EventName.CONSENT_WITHDRAWN, actor, facts=facts)], self._clock())
        return ended

    def quarantine_add(self, rows: pa.Table, *, run_key: str, at: datetime) -> int:
        """Keep rows that failed (quarantine.ROWS); how many entries are new."""
        with self._writing() as connection:
            return quarantine.add(connection, rows, run_key=run_key, at=at)

    def quarantine_list(
        self,
        *,
        status: str | None = "open",
        source: str | None = None,
        run_key: str | None = None,
        limit: int | None = None,
    ) -> pa.Table:
        """Quarantine entries (quarantine.STORED); ``None`` is any."""
        with self._reading() as connection:
            return quarantine.read(connection, status=status, source=source, run_key=run_key, limit=limit)

    def waiting(self) -> Waiting:
        """What waits to be done, in counts and dates."""
        with self._reading() as connection:
            return waiting.read(connection)

    def quarantine_mark(
        self, ids: Collection[str], status: Literal["open", "replayed"] = "replayed", *, actor: str = "pipeline"
    ) -> int:
        """Mark entries as replayed (or open again); how many there were."""
        with self._writing() as connection:
            marked = quarantine.mark(connection, ids, status)
            event = Event(EventName.QUARANTINE_REPLAYED, actor, facts={"entries": marked, "status": status})
            audit.append(connection, [event], self._clock())
        return marked

    # --- audit ------------------------------------------------------------------------------------------------------

    def record(self, *events: Event) -> None:
        """Append events to the audit chain."""
        with self._writing() as connection:
            audit.append(connection, events, self._clock())

    def verify_audit(self, noted: Head | None = None) -> AuditVerdict:
        """Check the whole audit chain, against a head noted earlier elsewhere if there is one."""
        with self._reading() as connection:
            return audit.verify(connection, noted)


def open_store(
    url: str, *, base: Path, lock_timeout_seconds: float = 30.0, clock: Callable[[], datetime] = _now
) -> Store:
    """The store at this URL, made or brought up to date first. A relative SQLite path is under ``base``.

    Raises ConfigError (not a store's URL), Transient (stays locked, server away), Fatal (of a newer version, unreadable).
    """
    located = locate(url, base)
    if located.get_backend_name() == "sqlite":
        prepare_file(located)
    migrate(located, lock_timeout_seconds=lock_timeout_seconds)
    return Store(connect(located, lock_timeout_seconds=lock_timeout_seconds), clock)
