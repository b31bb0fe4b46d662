"""Airflow's callbacks, told to people by ``pipeline.alerts``: a task or run that failed, sources that stopped, a run that is late."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference


def task_failed(context: Mapping[str, Any]) -> None:
    """For tasks: after the last attempt."""
    from pipeline import alerts

    task, source = context["ti"], context.get("source_name")
    _send(
        alerts.What.TASK_FAILED,
        context,
        task=task.task_id,
        sources=[str(source)] if source else [],
        text=alerts.of_error(context.get("exception")),
    )


def run_failed(context: Mapping[str, Any]) -> None:
    """For the DAG: nothing was published, or not everything after it was done."""
    from pipeline import alerts

    _send(alerts.What.RUN_FAILED, context)


def published(context: Mapping[str, Any]) -> None:
    """For the task that closes a run: silent unless sources stopped, each with what its report says."""
    from pipeline import alerts, report
    from pipeline.site import open_site

    found = report.stored(open_site(os.environ["SKIPTRACE_DEPLOYMENT"])) or {}
    stopped = found.get("failed_sources", [])
    if stopped:
        notes = [
            n["message"] for s in found["steps"] if s["source"] in stopped for n in s["notes"] if n["level"] == "error"
        ]
        _send(alerts.What.SOURCES_STOPPED, context, sources=list(stopped), text="; ".join(notes))


def late(*_: object, context: Mapping[str, Any] | None = None, **__: object) -> None:
    """For the deadline of a run."""
    from pipeline import alerts

    _send(alerts.What.LATE, context or {})


def deadline() -> DeadlineAlert | None:
    """The deadline of a run, from its being due: SKIPTRACE_DEADLINE_MINUTES; none where that is not set."""
    minutes = os.environ.get("SKIPTRACE_DEADLINE_MINUTES")
    if not minutes:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(minutes=float(minutes)),
        callback=SyncCallback("dags.alerts.late"),
        name="skiptrace",
    )


def _send(what: Any, context: Mapping[str, Any], **told: Any) -> None:
    from pipeline import alerts

    run = context.get("run_id") or getattr(context.get("dag_run"), "run_id", "") or _of_mapping(context.get("dag_run"))
    name = os.path.basename(os.environ.get("SKIPTRACE_DEPLOYMENT", "").rstrip("/"))  # noqa: PTH119  a name, no path
    alerts.send(alerts.alert(what, deployment=name, run=str(run), **told), os.environ)


def _of_mapping(dag_run: object) -> str:
    """A deadline's callback is given the run as a mapping."""
    return str(dag_run.get("dag_run_id") or dag_run.get("run_id") or "") if isinstance(dag_run, Mapping) else ""
