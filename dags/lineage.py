"""Where Airflow's own OpenLineage provider is set up, the lineage of a run goes its way, as a part of the task that tells it.

By itself the provider tells that tasks began and ended, and knows no dataset of ours: rows are in stage files and tables, never in an
operator's arguments. So the pipeline says what was read and written (``pipeline.lineage``), and the provider carries it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context

if TYPE_CHECKING:
    from pipeline.telling import Channel


def channel() -> Channel | None:
    """The provider's way; None where it is not installed, or not set up: then OpenLineage's own settings count."""
    try:
        from airflow.providers.openlineage import conf
        from airflow.providers.openlineage.api import emit, is_openlineage_active
        from airflow.providers.openlineage.plugins import macros as untyped
    except ImportError:
        return None
    if not is_openlineage_active():
        return None
    from pipeline.lineage import Parent
    from pipeline.telling import Channel

    macros: Any = untyped
    task: Any = get_current_context()["ti"]
    parent = Parent(macros.lineage_job_namespace(), macros.lineage_job_name(task), macros.lineage_run_id(task))

    def send(events: Iterable[Any]) -> None:
        for event in events:
            emit(event)

    return Channel(send, parent, conf.namespace())
