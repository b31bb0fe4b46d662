"""The DAG as Airflow runs it, in this one process: structure, a whole run, and what it leaves in Airflow's own stores."""

import gc
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import types

import pytest

from core.types import Interval
from tests.support import ROOT, copy_of

pytestmark = pytest.mark.airflow


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory, portfolio):
    """Airflow configured for a copy of the portfolio, its metadata in a new SQLite file."""
    from dags import local

    home = tmp_path_factory.mktemp("airflow")
    deployment = copy_of(portfolio, tmp_path_factory.mktemp("deployed"))
    kept = dict(os.environ)
    os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{home / 'airflow.db'}"
    local.configure(deployment, home)
    local.migrate()
    yield home, deployment
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture(scope="module")
def dag_run(airflow_home):
    from dags import local

    return local.run_once("2026-11-01")


def test_the_dags_folder_holds_exactly_these_dags(airflow_home):
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(ROOT / "dags"))
    assert bag.import_errors == {}
    assert set(bag.dags) == {"learn", "trace"}


def test_parsing_the_dag_imports_neither_great_expectations_nor_presidio():
    code = "import sys, dags.trace; print(sorted({'great_expectations', 'presidio_analyzer', 'pandas', 'rapidfuzz'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_one_verb_is_one_task(airflow_home):
    from dags.trace import trace

    assert set(trace().task_dict) == {
        "open_run", "ground.pull", "ground.check", "other_sources", "refresh.pull", "refresh.check", "signal_sources", "admit",
        "advance", "match", "rank", "publish", "close_run", "forget",
    }  # fmt: skip


def test_a_run_through_airflow_publishes_and_purges_its_stage(airflow_home, dag_run):
    from pipeline.site import open_site

    _, deployment = airflow_home
    assert dag_run.endswith("success")
    site = open_site(deployment)
    run = site.store.last_run()
    assert run.status == "done"
    assert run.report["sums_close"]
    assert sum(run.report["candidates"].values()) > 300
    assert not (site.stage.folder / run.run_key).exists()


def test_running_the_interval_again_changes_nothing(airflow_home, dag_run):
    from dags import local
    from pipeline.site import open_site

    _, deployment = airflow_home
    before = open_site(deployment).store.snapshot().seq
    assert local.run_once("2026-11-01").endswith("success")
    assert open_site(deployment).store.snapshot().seq == before


def test_airflow_keeps_no_persons_value(airflow_home, dag_run, canaries):
    """Metadata database (XCom, rendered fields, run conf, asset events) and task logs, byte by byte."""
    home, _ = airflow_home
    needles = [c.encode() for c in canaries if len(c) >= 3]
    files = [p for p in home.rglob("*") if p.is_file() and p.suffix != ".pyc"]
    assert any(p.name == "airflow.db" for p in files)
    for path in files:
        content = path.read_bytes()
        assert [n for n in needles if n in content] == [], path.name


def test_xcoms_are_references_only(airflow_home, dag_run):
    home, _ = airflow_home
    with sqlite3.connect(home / "airflow.db") as db:
        values = [v for (v,) in db.execute("select value from xcom")]
    assert values
    assert max(len(str(v)) for v in values) < 4096


@pytest.mark.parametrize(
    "value",
    ["19900000100", {"contact": "ann@example.test"}, ["999999199401107714"], {"to": "金莺鹂"}, "x" * 5000, object()],
)
def test_the_xcom_backend_refuses_rows_and_persons(value):
    from dags.xcom import ReferenceOnlyXCom

    with pytest.raises(ValueError, match="XCom 'return_value'") as caught:
        ReferenceOnlyXCom.serialize_value(value, key="return_value")
    assert "19900000100" not in str(caught.value)


def test_the_xcom_backend_takes_references():
    from dags.xcom import ReferenceOnlyXCom

    ref = {
        "step": "pull",
        "source": "shop",
        "path": "20261102T000000Z/pull/shop.parquet",
        "rows": 12,
        "digest": "ab" * 32,
    }
    assert ReferenceOnlyXCom.serialize_value(ref, key="return_value")


@pytest.fixture
def api_of_all_versions(airflow_home, monkeypatch):
    """Airflow's API for tasks as it comes, and again after the test."""
    from airflow.api_fastapi.execution_api import versions
    from airflow.api_fastapi.execution_api.routes import execution_api_router as router

    monkeypatch.setattr(versions, "bundle", versions.bundle)
    monkeypatch.setattr(router, "routes", list(router.routes))
    return versions


def described():
    """What the latest version of the API says of itself: each path, method, parameter and schema."""
    from airflow.api_fastapi.execution_api.app import InProcessExecutionAPI
    from airflow.sdk.api.datamodels._generated import API_VERSION
    from fastapi.testclient import TestClient

    found = TestClient(InProcessExecutionAPI().app).get("/openapi.json", params={"version": API_VERSION})
    return found.raise_for_status().json()


def test_airflows_api_in_its_latest_version_alone_is_that_version(api_of_all_versions):
    from dags import local

    whole = described()
    local.latest_api_only()
    assert len(api_of_all_versions.bundle.versions) == 1
    assert len(whole["paths"]) > 30
    assert described() == whole


def test_the_api_of_an_airflow_that_was_not_compared_is_left_as_it_is(api_of_all_versions, monkeypatch):
    import airflow

    from dags import local

    assert airflow.__version__ == local.COMPARED_AIRFLOW, "compare again: does the test above pass with this one?"
    monkeypatch.setattr(airflow, "__version__", "3.3.3")
    before = api_of_all_versions.bundle
    local.latest_api_only()
    assert api_of_all_versions.bundle is before


@pytest.fixture
def collector():
    """The garbage collector, as it was before the test."""
    yield gc
    gc.unfreeze()
    gc.enable()


def test_what_is_loaded_is_not_looked_through_again_whatever_happened(collector):
    from dags import local

    def load():
        assert not collector.isenabled()
        raise ImportError("gone")

    with pytest.raises(ImportError, match="gone"), local.loading():
        load()
    assert collector.isenabled()
    assert collector.get_freeze_count() > 10_000


@pytest.fixture
def beside(airflow_home):
    """Another run of the deployment, under way in this process; it ends when it is told to."""
    from pipeline import lease
    from pipeline.site import open_site
    from tests.support import run_of

    other = run_of(open_site(airflow_home[1]))
    lease.hold(other)
    yield other
    lease.give_back(other)


def ended(dag_run):
    """State and attempts of each task of a run."""
    return {ti.task_id: (str(ti.state), ti.try_number) for ti in dag_run.get_task_instances()}


def test_an_older_interval_waits_for_the_run_under_way_is_read_again_and_nothing_published_becomes_older(
    airflow_home, dag_run, beside
):
    import threading

    from dags.trace import trace
    from pipeline import lease
    from pipeline.site import open_site

    _, deployment = airflow_home
    site = open_site(deployment)
    latest, before = site.store.last_run("done"), site.store.snapshot()
    dag = trace()
    dag.task_dict["open_run"].poke_interval = 0.2
    ends = threading.Timer(2, lease.give_back, [beside])
    ends.start()
    older = dag.test(run_conf={"from": "2026-09-01", "to": "2026-09-02"})
    assert not ends.is_alive(), "it began beside the other"
    assert str(older.state).endswith("success")
    assert ended(older)["open_run"] == ("success", 1), "a refusal is no failed attempt"
    done = site.store.run("backfill-20260901T000000Z-20260902T000000Z")
    assert (done.status, done.as_of, done.interval.end.day) == ("done", latest.as_of, 2)
    assert site.store.snapshot().seq == before.seq


def test_whoever_waited_for_too_long_is_told_so_and_leaves_the_other_alone(airflow_home, dag_run, beside, heard):
    from dags.trace import trace
    from pipeline import lease

    dag = trace()
    dag.task_dict["open_run"].timeout = 0
    late = dag.test(run_conf={"from": "2026-09-01", "to": "2026-09-02"})
    assert str(late.state).endswith("failed")
    states = {state for task, (state, _) in ended(late).items() if task != "open_run"}
    assert ended(late)["open_run"][0] == "failed"
    assert states == {"upstream_failed"}, "a task of a run that never began was run"
    assert [a["what"] for a in heard if a["task"] == "open_run"] == ["task_failed"]
    assert beside.site.store.lease(lease.RUN).holder == beside.holder


@pytest.fixture
def connection(airflow_home, monkeypatch):
    def add(conn_id, **fields):
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps({"conn_type": "generic"} | fields))

    return add


def test_a_connection_is_a_login_and_its_extra_too(connection, monkeypatch):
    from connectors.secrets import of_schemes
    from dags import connections

    connection("orders_db", login="reader", password="canary", extra={"client_id": "courier", "unrelated": 1})
    found = of_schemes({}, {"airflow": connections.login})("airflow:orders_db")
    assert (found.user, found.password, found.client_id) == ("reader", "canary", "courier")
    assert "canary" not in repr(found)


def test_a_connection_that_is_not_there_is_named(airflow_home):
    from dags import connections

    with pytest.raises(LookupError, match="no connection absent_one"):
        connections.login("absent_one")


def test_a_connection_of_airflow_opens_a_source(connection, fresh):
    from dags import connections
    from pipeline.site import open_site

    connection("shop_db", password="token-1")
    site = open_site(fresh, logins={"airflow": connections.login})
    assert site.secrets("airflow:shop_db").password == "token-1"
    with pytest.raises(LookupError, match="scheme vault"):
        site.secrets("vault:x")


@pytest.mark.parametrize(
    ("run_type", "params", "days"),
    [("scheduled", {}, None), ("backfill", {}, (5, 6)), ("manual", {"from": "2026-03-01", "to": "2026-03-04"}, (1, 4))],
)
def test_what_a_dag_run_reads_again(airflow_home, run_type, params, days):
    from datetime import UTC, datetime

    from dags.trace import _backfilled

    start, end = (datetime(2026, 3, d, tzinfo=UTC) for d in (5, 6))
    context = {
        "params": {"as_of": None, "from": None, "to": None} | params,
        "dag_run": types.SimpleNamespace(run_type=run_type),
        "data_interval_start": start,
        "data_interval_end": end,
    }
    expected = days and Interval(*(datetime(2026, 3, d, tzinfo=UTC) for d in days))
    assert _backfilled(context) == expected


def test_after_a_withdrawal_nothing_of_the_persons_is_left_in_airflow_or_the_deployment(airflow_home, dag_run):
    from pipeline import residue, withdraw
    from pipeline.site import open_site
    from tests.pipeline.withdrawn import values_of

    home, deployment = airflow_home
    site = open_site(deployment)
    cases = sorted(set(site.store.snapshot().rows["case_id"].to_pylist()))[:100]
    values = values_of(deployment, cases)
    assert residue.search(site, values).found > 0
    withdraw.withdraw_all(site, [withdraw.Person(case_id=c) for c in cases], actor="test")
    shutil.rmtree(deployment / "truth")
    assert residue.search(site, values, restricted=True).found == 0
    assert residue.stolen(home, values) == {}  # metadata, task logs, XCom, rendered templates
    assert any(home.rglob("*.db"))


@pytest.fixture
def heard(monkeypatch):
    from pipeline import alerts

    told = []
    monkeypatch.setattr(alerts, "send", lambda alert, _: told.append(alert))
    return told


def test_a_task_that_fails_is_told_by_name_and_reason(airflow_home, dag_run, heard, monkeypatch, tmp_path):
    """Through Airflow itself, of a deployment whose file is wrong."""
    from dags import alerts
    from dags.trace import trace

    (tmp_path / "deployment.yaml").write_text("deployment: [broken\n", encoding="utf-8")
    monkeypatch.setenv("SKIPTRACE_DEPLOYMENT", str(tmp_path))
    failing = trace()
    assert failing.on_failure_callback in (alerts.run_failed, [alerts.run_failed])
    assert str(failing.test(run_conf={"as_of": "2026-11-01"}).state).endswith("failed")
    told = [a for a in heard if a["task"] == "open_run"]
    assert [(a["what"], a["deployment"]) for a in told] == [("task_failed", tmp_path.name)]
    assert told[0]["run"]
    assert told[0]["text"].startswith("ConfigError: deployment.yaml")


def test_sources_that_stopped_are_told_when_the_run_is_published_without_them(airflow_home, heard, monkeypatch):
    from dags import alerts
    from pipeline import report

    alerts.published({"run_id": "r1"})
    assert heard == []
    steps = [{"source": "shop", "notes": [{"level": "error", "message": "source shop: its header is gone"}]}]
    monkeypatch.setattr(report, "stored", lambda _: {"failed_sources": ["shop"], "steps": steps})
    alerts.published({"run_id": "r1"})
    assert (heard[0]["what"], heard[0]["run"], heard[0]["sources"]) == ("sources_stopped", "r1", ["shop"])
    assert heard[0]["text"] == "source shop: its header is gone"


def test_a_deadline_is_set_where_one_is_configured_and_told_when_it_is_missed(airflow_home, heard, monkeypatch):
    from datetime import timedelta

    from dags import alerts

    assert alerts.deadline() is None
    monkeypatch.setenv("SKIPTRACE_DEADLINE_MINUTES", "90")
    assert alerts.deadline().interval == timedelta(minutes=90)
    alerts.late(context={"dag_run": {"dag_run_id": "scheduled__1"}})
    assert (heard[0]["what"], heard[0]["run"]) == ("deadline_missed", "scheduled__1")
