"""The DAG as Airflow runs it, in this one process: structure, a whole run, and what it leaves in Airflow's own stores."""

import os
import sqlite3
import subprocess
import sys

import pytest

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
    assert set(bag.dags) == {"trace"}


def test_parsing_the_dag_imports_neither_great_expectations_nor_presidio():
    code = "import sys, dags.trace; print(sorted({'great_expectations', 'presidio_analyzer', 'pandas', 'rapidfuzz'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_one_verb_is_one_task(airflow_home):
    from dags.trace import trace

    assert set(trace().task_dict) == {
        "open_run", "ground.pull", "ground.check", "other_sources", "refresh.pull", "refresh.check", "signal_sources", "admit",
        "match", "rank", "publish", "close_run", "forget",
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
