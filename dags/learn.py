"""`learn`: once a week, from what the feed and the workbench were told, a proposal of ranking parameters. Nothing is put in force.

A person reads the report and promotes it (`skiptrace learn promote`). The deployment is the folder in SKIPTRACE_DEPLOYMENT.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from airflow.sdk import CronDataIntervalTimetable, dag, task

ACTOR = "service:airflow"


@dag(
    dag_id="learn",
    schedule=CronDataIntervalTimetable("0 4 * * 1", timezone="Asia/Shanghai"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["skiptrace"],
    doc_md=__doc__,
)
def learn() -> None:
    """What came of attempts to proposed parameters."""

    @task(multiple_outputs=False, show_return_value_in_logs=False)
    def propose() -> str | None:
        """The proposed version, or nothing where there is nothing to learn from."""
        from pipeline.learn import propose as verb
        from pipeline.site import open_site

        learned, path = verb(open_site(os.environ["SKIPTRACE_DEPLOYMENT"]), as_of=datetime.now(UTC), actor=ACTOR)
        return learned.params.version if path else None

    propose()


learn()
