"""Backfills beside the scheduled run, by a real Airflow: scheduler, API server, LocalExecutor, each task a process of its own.

    python benchmarks/backfill.py [--debtors 300] [--days 2]

``airflow standalone`` over a new metadata database in SQLite; the trace DAG is unpaused, so that its scheduled run begins; while that is
under way, ``airflow backfill create`` asks for days of September. Prints how each run ended, how often its first task was asked to wait
and how often a task was tried again. Exit code 1 unless every run succeeds without a second attempt.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
WAIT = 900


def environ(home: Path, deployment: Path) -> dict[str, str]:
    from dags import local

    port = _free_port()
    passwords = home / "passwords.json"
    passwords.write_text('{"admin": "admin"}', encoding="utf-8")
    return os.environ | local.SETTINGS | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "PYTHONPATH": str(ROOT),
        "SKIPTRACE_DEPLOYMENT": str(deployment),
    }  # fmt: skip


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Airflow:
    """A standalone Airflow, its commands, and what its metadata tell."""

    def __init__(self, home: Path, deployment: Path) -> None:
        self.home, self.env = home, environ(home, deployment)

    def start(self) -> subprocess.Popen[bytes]:
        log = (self.home / "standalone.log").open("wb")
        command = [sys.executable, "-m", "airflow", "standalone"]
        return subprocess.Popen(command, env=self.env, stdout=log, stderr=log, cwd=self.home, start_new_session=True)

    def tell(self, *command: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *command], env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"airflow {command[0]}: {done.stderr[-2000:]}")

    def asked(self, query: str) -> list[tuple[str, ...]]:
        try:
            with sqlite3.connect(f"file:{self.home / 'airflow.db'}?mode=ro", uri=True, timeout=30) as db:
                return db.execute(query).fetchall()
        except sqlite3.OperationalError:  # not made yet
            return []

    def until(self, query: str, what: str) -> list[tuple[str, ...]]:
        end = time.monotonic() + WAIT
        while not (found := self.asked(query)):
            if time.monotonic() > end:
                raise SystemExit(f"{what}: not within {WAIT} s")
            time.sleep(1)
        return found


def beside(airflow: Airflow, days: int) -> bool:
    airflow.until("SELECT 1 FROM serialized_dag WHERE dag_id = 'trace'", "the DAG is not read")
    airflow.tell("dags", "unpause", "-y", "trace")
    airflow.until(
        "SELECT 1 FROM task_instance WHERE dag_id = 'trace' AND task_id = 'open_run' AND state = 'success'",
        "the scheduled run has not begun",
    )
    to = f"2026-09-{days:02}T18:00:00+00:00"
    airflow.tell("backfill", "create", "--dag-id", "trace", "--from-date", "2026-09-01T00:00:00+00:00", "--to-date", to)
    runs = (
        "SELECT run_type, state, start_date, end_date, run_id FROM dag_run WHERE dag_id = 'trace' ORDER BY start_date"
    )
    airflow.until(
        f"SELECT 1 WHERE (SELECT count(*) FROM dag_run WHERE dag_id = 'trace' AND state IN ('success', 'failed')) > {days}",
        "the runs are not over",
    )
    good = True
    for kind, state, start, end, run_id in airflow.asked(runs):
        tries = airflow.asked(
            f"SELECT max(try_number), sum(try_number > 1) FROM task_instance WHERE run_id = '{run_id}'"
        )[0]
        waits = airflow.asked(
            "SELECT count(*) FROM task_reschedule r JOIN task_instance t ON t.id = r.ti_id "
            f"WHERE t.task_id = 'open_run' AND t.run_id = '{run_id}'"
        )[0][0]
        told = {"run": kind, "state": state, "from": start[11:19], "to": (end or "")[11:19], "waited": waits}
        print(json.dumps(told | {"tried again": tries[1]}), flush=True)
        good = good and state == "success" and tries[0] == 1
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--debtors", type=int, default=300)
    parser.add_argument("--days", type=int, default=2, help="days to backfill, each a run")
    args = parser.parse_args()
    import sample

    with tempfile.TemporaryDirectory(prefix="skiptrace-backfill-") as folder:
        deployment = Path(folder) / "lender"
        sample.write(sample.WORLDS["demo"], deployment, debtors=args.debtors, seed=8)
        home = Path(folder) / "airflow"
        home.mkdir()
        airflow = Airflow(home, deployment)
        process = airflow.start()
        try:
            return 0 if beside(airflow, args.days) else 1
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
