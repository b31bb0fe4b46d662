"""Where Airflow's OpenLineage provider is set up, it carries what the pipeline says of its datasets, under the task that told it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.servers.heard import receiver
from tests.support import ROOT, copy_of

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


def test_a_run_through_airflow_is_told_by_its_provider_and_names_no_person(portfolio, tmp_path, canaries):
    with receiver() as ear:
        transport = {"type": "http", "url": ear.url, "endpoint": "lineage"}
        environ = os.environ | {
            "AIRFLOW_HOME": str(tmp_path / "airflow"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path / 'airflow.db'}",
            "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(transport),
            "AIRFLOW__OPENLINEAGE__NAMESPACE": "lender-airflow",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "dags.local", "-d", str(copy_of(portfolio, tmp_path)), "--as-of", "2026-11-01"]
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    events = [json.loads(body) for _, body in ear.posts]
    ours = [e for e in events if e["producer"].startswith("urn:skiptrace:")]
    (run,) = {e["run"]["runId"] for e in ours if e["eventType"] == "COMPLETE" and e["job"]["name"].endswith(".trace")}
    (teller,) = {e["run"]["runId"] for e in events if e["job"]["name"] == "trace.forget"}
    parents = {e["run"]["runId"]: e["run"]["facets"]["parent"]["run"]["runId"] for e in ours}
    assert parents[run] == teller
    assert {p for own, p in parents.items() if own != run} == {run}
    assert {e["job"]["namespace"] for e in events} == {"lender-airflow"}
    assert {d["name"] for e in ours for d in e["outputs"]} >= {"store/candidates", "store/deltas", "store/quarantine"}
    text = json.dumps(events, ensure_ascii=False)
    assert [c for c in canaries if c in text] == []
    assert str(tmp_path) not in text
