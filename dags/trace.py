"""`trace`: one refresh of the candidates of one deployment, keyed by its data interval: running it again changes nothing.

    open_run (waits its turn) → ground[source]: pull → check → refresh[source]: pull → check → admit[source] → advance → match → rank
      → publish → close_run → forget (always)

Tasks hand each other references (five short fields), never rows. The deployment is the folder in SKIPTRACE_DEPLOYMENT.
An Airflow backfill of intervals that are older than what is published reads their rows again; nothing published becomes older.
One run of a deployment at a time: another (a backfill's beside the nightly one) waits, taking no worker, until the lease is free.
"""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import (
    Asset,
    CronDataIntervalTimetable,
    ExceptionRetryPolicy,
    Metadata,
    Param,
    PokeReturnValue,
    RetryAction,
    RetryRule,
    dag,
    get_current_context,
    setup,
    task,
    task_group,
    teardown,
)

from core.errors import Fatal, Transient
from core.types import Interval
from dags import alerts

if TYPE_CHECKING:
    from pipeline.run import Run

CANDIDATE_FEED = Asset(name="candidate_feed", uri="skiptrace://candidates", group="skiptrace")
ACTOR = "service:airflow"
_log = logging.getLogger(__name__)

# What is wrong stays wrong, and a defect is no accident: only a passing fault is tried again.
_SOON = timedelta(seconds=30)
RETRY = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=Transient, action=RetryAction.RETRY, retry_delay=_SOON, reason="a passing fault"),
        RetryRule(exception=ConnectionError, action=RetryAction.RETRY, retry_delay=_SOON, reason="a lost connection"),
        RetryRule(exception=TimeoutError, action=RetryAction.RETRY, retry_delay=_SOON, reason="a slow peer"),
        RetryRule(exception=Exception, action=RetryAction.FAIL, reason="trying again would not help"),
    ]
)
_OPEN: dict[tuple[str, str, str], Run] = {}
_STEP: dict[str, Any] = {"multiple_outputs": False, "show_return_value_in_logs": False}


# Waiting for another run: it renews its lease while it lives, and the lease ends within minutes when it does not.
_TURN: dict[str, Any] = {
    "mode": "reschedule",
    "poke_interval": 20,
    "exponential_backoff": True,
    "max_wait": timedelta(minutes=2),
    "timeout": timedelta(hours=float(os.environ.get("SKIPTRACE_WAIT_HOURS", "24"))),
}


def _run() -> Run:
    """The run of this task, holding the lease that the tasks of one DAG run share: Transient while another run is under way."""
    from pipeline import lease

    run = _found()
    lease.hold(run)
    return run


def _found() -> Run:
    """The run of this task's DAG run: the same for all that share this process (`dags.local`), so that what a step read is there."""
    context = get_current_context()
    dag_run = context["dag_run"]
    key = (os.environ["SKIPTRACE_DEPLOYMENT"], str(dag_run.run_id), str(dag_run.start_date))
    if key not in _OPEN:
        _OPEN.clear()
        _OPEN[key] = _opened(context)
    return _OPEN[key]


def _opened(context: Any) -> Run:
    """The run of this task's data interval; the run's configuration, where given, says another day or what to backfill."""
    from dags import connections
    from pipeline import backfill
    from pipeline.run import Run, interval_of
    from pipeline.site import open_site

    site = open_site(os.environ["SKIPTRACE_DEPLOYMENT"], logins={"airflow": connections.login})
    holder = f"airflow/{context['dag_run'].run_id}"
    older = _backfilled(context)
    if older is not None and backfill.is_backfill(site, older):
        return replace(backfill.run_of(site, older, actor=ACTOR), holder=holder)
    as_of = context["params"].get("as_of")
    end = context.get("data_interval_end") or context["dag_run"].run_after
    moment: date | datetime = date.fromisoformat(as_of) if as_of else datetime.fromtimestamp(end.timestamp(), UTC)
    return Run(site, interval_of(moment), actor=ACTOR, holder=holder)


def _backfilled(context: Any) -> Interval | None:
    """The interval this DAG run is to read again: its own in an Airflow backfill, or the one its configuration names."""
    params, dag_run = context["params"], context["dag_run"]
    if params.get("from") and params.get("to"):
        return Interval(_midnight(params["from"]), _midnight(params["to"]))
    if getattr(dag_run.run_type, "value", dag_run.run_type) != "backfill":
        return None
    start, end = (context[f"data_interval_{side}"].timestamp() for side in ("start", "end"))
    return Interval(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _named(source: str) -> str:
    """Show the source's name in the UI instead of a map index."""
    context: Any = get_current_context()
    context["source_name"] = source
    return source


@dag(
    dag_id="trace",
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone="Asia/Shanghai"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_policy": RETRY, "on_failure_callback": alerts.task_failed},
    on_failure_callback=alerts.run_failed,
    deadline=alerts.deadline(),
    params={
        "as_of": Param(None, type=["null", "string"], format="date", description="Another day than the interval's"),
        "from": Param(None, type=["null", "string"], format="date", description="Read rows from this day on again"),
        "to": Param(None, type=["null", "string"], format="date", description="… to before this day"),
    },
    tags=["skiptrace"],
    doc_md=__doc__,
)
def trace() -> None:
    """Source rows to ranked, masked, lawful candidates."""

    @setup
    @task.sensor(**_TURN)
    def open_run() -> PokeReturnValue:
        """Where another run is under way, this one is asked again later: a refusal is no failed attempt."""
        from pipeline import ahead, lease, walk

        run = _found()
        try:
            walk.open_run(run)
        except lease.Busy as other:
            _log.info("waiting: %s", other)
            return PokeReturnValue(is_done=False)
        ahead.begin(run)
        names = walk.ground(run)
        if not names:
            raise Fatal("the deployment declares no registry and no consents")
        return PokeReturnValue(is_done=True, xcom_value=names)

    @task(trigger_rule="all_done", **_STEP)
    def other_sources() -> list[str]:
        """What is asked of them depends on who is traced, and on who agreed."""
        from pipeline import walk

        return walk.others(_run())

    def pulled_and_checked(source: str) -> None:
        @task(map_index_template="{{ source_name }}", **_STEP)
        def pull(source: str) -> dict[str, Any] | None:
            from pipeline import ahead

            ref = ahead.step(_run(), "pull", _named(source))
            return ref.as_dict() if ref else None

        @task(map_index_template="{{ source_name }}", **_STEP)
        def check(source: str, _after: Any) -> dict[str, Any] | None:
            from pipeline import ahead

            ref = ahead.step(_run(), "check", _named(source))
            return ref.as_dict() if ref else None

        check(source, pull(source))

    @task(trigger_rule="all_done", **_STEP)
    def signal_sources() -> list[str]:
        """Those whose rows are observations; a source that failed alone does not stop the others."""
        from pipeline import addresses, walk

        run = _run()
        walk.require_ground(run)
        addresses.begin(run)
        return [s.name for s in run.site.deployment.signal_sources]

    @task(map_index_template="{{ source_name }}", **_STEP)
    def admit(source: str) -> dict[str, Any] | None:
        from pipeline.admit import admit as verb

        ref = verb(_run(), _named(source))
        return ref.as_dict() if ref else None

    @task(trigger_rule="none_failed_min_one_success", **_STEP)
    def advance() -> dict[str, Any]:
        from pipeline.advance import advance as verb

        return verb(_run()).as_dict()

    @task(**_STEP)
    def match() -> dict[str, Any]:
        from pipeline.match import match as verb

        return verb(_run()).as_dict()

    @task(**_STEP)
    def rank() -> dict[str, Any]:
        from pipeline.rank import rank as verb

        return verb(_run()).as_dict()

    @task(outlets=[CANDIDATE_FEED], **_STEP)
    def publish() -> Any:
        from pipeline.publish import publish as verb

        result = verb(_run())
        yield Metadata(CANDIDATE_FEED, {"last_seq": result.last_seq, "added": result.added, "deleted": result.deleted})

    @task(trigger_rule="all_done", on_success_callback=alerts.published, **_STEP)
    def close_run() -> str:
        """The report, stored; fails the run when it was not published or a sum does not close."""
        from pipeline import walk

        run = _run()
        try:
            return str(walk.close_run(run)["status"])
        except Exception as e:
            walk.fail_run(run, e)
            raise

    @teardown
    @task(**_STEP)
    def forget() -> None:
        from dags import lineage
        from pipeline import walk

        walk.leave(_run(), lineage.channel())
        _OPEN.clear()

    names = open_run()
    ground = task_group(group_id="ground")(pulled_and_checked).expand(source=names)
    others = other_sources()
    refreshed = task_group(group_id="refresh")(pulled_and_checked).expand(source=others)
    signals = signal_sources()
    admitted = admit.expand(source=signals)
    purged = forget()
    closed = close_run()
    ground >> others
    refreshed >> signals
    admitted >> advance() >> match() >> rank() >> publish() >> closed >> purged
    names >> purged


trace()
