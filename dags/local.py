"""Run the trace DAG once in this process, with Airflow's own metadata in an SQLite file: no server, no account.

python -m dags.local --deployment DIR [--as-of YYYY-MM-DD]
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import machine

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__XCOM_BACKEND": "dags.xcom.ReferenceOnlyXCom",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
    "GX_ANALYTICS_ENABLED": "false",
}
# The Airflow whose API `latest_api_only` was compared with the whole one (tests/dags/test_local.py does that).
COMPARED_AIRFLOW = "3.3.2"


@contextmanager
def loading() -> Iterator[None]:
    """While the block loads what stays until the process ends: the garbage collector looks at none of it, then or ever.

    It would walk through all modules, classes and tables time and again: a seventh of a small night.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def configure(deployment: Path, home: Path | None = None) -> None:
    """Set the environment before the first import of Airflow (it reads its settings then). Keeps what is already set."""
    machine.prefer_quick_sorts()
    os.environ.setdefault("AIRFLOW_HOME", str(home or ROOT / ".airflow"))
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ["SKIPTRACE_DEPLOYMENT"] = str(deployment.resolve())
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


def migrate() -> None:
    """Airflow's metadata database, made or brought up to date."""
    from airflow import settings
    from airflow.utils.db import check_migrations, initdb, upgradedb
    from sqlalchemy import inspect

    if not inspect(settings.engine).has_table("alembic_version"):
        initdb()
        return
    try:
        check_migrations(0)  # type: ignore[no-untyped-call]
    except TimeoutError:
        upgradedb()


def latest_api_only() -> None:
    """Airflow's API for tasks, in this process, in its latest version only: who asks and who answers are one installation.

    Otherwise its routes are made for nine versions, each from the one before. Does nothing in an Airflow that was not compared.
    """
    import airflow

    if airflow.__version__ != COMPARED_AIRFLOW:
        return
    from airflow.api_fastapi.execution_api import versions
    from airflow.api_fastapi.execution_api.routes import execution_api_router as router
    from cadwyn import HeadVersion, Version, VersionBundle
    from cadwyn.route_generation import _DELETED_ROUTE_TAG as OF_OLDER_VERSIONS

    latest, variable = versions.bundle.versions[0], versions.bundle.api_version_var
    versions.bundle = VersionBundle(HeadVersion(), Version(latest.value), api_version_var=variable)
    router.routes[:] = [route for route in router.routes if OF_OLDER_VERSIONS not in getattr(route, "tags", ())]


def begin_beside() -> None:
    """The second process, where the night before says that it pays: it loads what it needs while this one does."""
    from pipeline import ahead
    from pipeline.site import open_site

    ahead.warm(open_site(os.environ["SKIPTRACE_DEPLOYMENT"]))


def load() -> None:
    """The DAG, the steps, and what they take seconds to load: Great Expectations last, for it turns warnings into lines of a log."""
    import pyarrow as pa

    from dags import trace  # noqa: F401
    from pipeline import beside, walk  # noqa: F401

    beside.prepare(None, pa.table({}))


def run_once(as_of: str | None) -> str:
    """The state in which one in-process run of the trace DAG ended."""
    from dags.trace import trace

    dag_run = trace().test(run_conf={"as_of": as_of} if as_of else None)
    return str(dag_run.state)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deployment", "-d", type=Path, required=True, help="folder with deployment.yaml")
    parser.add_argument("--as-of", help="YYYY-MM-DD; default: today's interval")
    args = parser.parse_args(argv)
    machine.end_at_once()
    configure(args.deployment)
    with loading():
        begin_beside()
        migrate()
        latest_api_only()
        load()
    state = run_once(args.as_of)
    print(f"trace: {state}")
    return 0 if state.endswith("success") else 1


if __name__ == "__main__":
    sys.exit(main())
