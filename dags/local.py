"""Run the trace DAG once in this process, with Airflow's own metadata in an SQLite file: no server, no account.

python -m dags.local --deployment DIR [--as-of YYYY-MM-DD]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

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


def configure(deployment: Path, home: Path | None = None) -> None:
    """Set the environment before the first import of Airflow (it reads its settings then). Keeps what is already set."""
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


def run_once(as_of: str | None) -> str:
    """The state in which one in-process run of the trace DAG ended."""
    from dags.trace import trace
    from pipeline import ahead
    from pipeline.site import open_site

    ahead.warm(open_site(os.environ["SKIPTRACE_DEPLOYMENT"]))
    dag_run = trace().test(run_conf={"as_of": as_of} if as_of else None)
    return str(dag_run.state)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deployment", "-d", type=Path, required=True, help="folder with deployment.yaml")
    parser.add_argument("--as-of", help="YYYY-MM-DD; default: today's interval")
    args = parser.parse_args(argv)
    configure(args.deployment)
    migrate()
    state = run_once(args.as_of)
    print(f"trace: {state}")
    return 0 if state.endswith("success") else 1


if __name__ == "__main__":
    sys.exit(main())
