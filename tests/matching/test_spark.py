from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from matching import Index, Linker, stream, train
from tests.matching import people

pytest.importorskip("pyspark")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java", allow_module_level=True)


@pytest.fixture(scope="module")
def session():
    from pyspark.sql import SparkSession

    root = str(Path(__file__).resolve().parents[2])
    os.environ["PYTHONPATH"] = os.pathsep.join([root, *[p for p in sys.path if p]])
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local-cluster[2,1,2048]").config("spark.ui.enabled", "false")
    local = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.executor.memory": "1g"}
    for key, value in local.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_executors_give_the_pairs_and_scores_of_one_process(session, tmp_path):
    from matching import spark

    registry = people.registry(2000)
    left, right = people.table(people.signals(registry, 5000)[0]), people.table(registry)
    index = Index.build(right, people.spec(), signals=left)
    model = train(left, index)
    index.save(tmp_path / "index")
    order = [("id_l", "ascending"), ("id_r", "ascending")]
    here = pa.concat_tables(stream(Linker(index, model), left)).sort_by(order).combine_chunks()
    signals = session.createDataFrame(
        left.to_pylist(),
        schema="id string, first string, last string, born string, phone string, address string, town string",
    )
    there = spark.link(signals.repartition(5), tmp_path / "index", model).toArrow().sort_by(order)
    assert here.num_rows > 2000
    assert there.cast(here.schema).combine_chunks().equals(here)
