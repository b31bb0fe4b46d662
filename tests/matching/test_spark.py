from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from matching import Index, Linker, stream, train
from tests.matching import people

pytest.importorskip("pyspark", reason="Spark is an optional extra: pip install skiptrace[spark], with Java 17")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17 on the path (a JRE is enough)", allow_module_level=True)


@pytest.fixture(scope="module")
def session():
    from pyspark.sql import SparkSession

    root = str(Path(__file__).resolve().parents[2])
    os.environ["PYTHONPATH"] = os.pathsep.join([root, *[p for p in sys.path if p]])
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = (
        SparkSession.builder.master("local-cluster[2,1,2048]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
    )
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


SHUFFLED = """
name: shuffled
left: {id: id}
right: {id: id, entity: person}
comparisons:
  - {kind: given_name, column: first, swapped_with: last}
  - {kind: surname, column: last}
  - {kind: date, column: born}
  - {kind: phone, column: phone}
  - {kind: address, column: address}
  - {kind: place, column: town}
blocking:
  rules: [[phone.ends], [born, last.start], [last, town], [address.words, last.start], [first.root, last.sound]]
  max_block: 40
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_tables_shuffled_by_key_give_the_pairs_and_scores_of_one_process(session):
    """Numbers masked on both sides, blocks too large to follow, people with several rows, ids that differ by case only."""
    from matching import Spec, spark_shuffle

    registry = [r | {"person": f"P{n // 2 if n % 10 < 2 else n}"} for n, r in enumerate(people.registry(1500))]
    left = people.table(people.signals(registry, 2000)[0])
    right = people.table(registry).append_column("person", pa.array([r["person"] for r in registry]))
    left, right = _masked(left, 3), _masked(right, 10)
    right = right.set_column(0, "id", pa.array([f"{'rR'[n % 2]}{n // 2}" for n in range(right.num_rows)]))
    spec = Spec.parse(SHUFFLED)
    index = Index.build(right, spec)
    model = train(left, index)
    linker = Linker(index, model)
    order = [("id_l", "ascending"), ("id_r", "ascending")]
    here = pa.concat_tables(stream(linker, left)).sort_by(order).combine_chunks()
    assert here.num_rows > 2000
    assert linker.capped
    tables = [session.createDataFrame(t).repartition(3) for t in (left, right)]
    there = spark_shuffle.link(*tables, spec, model).toArrow().sort_by(order)
    assert there.cast(here.schema).combine_chunks().equals(here)


def _masked(table, every):
    """Of every so many telephone numbers the middle is hidden."""
    at = table.column_names.index("phone")
    numbers = enumerate(table.column("phone").to_pylist())
    hidden = [p[:3] + "****" + p[7:] if p and n % every == 0 else p for n, p in numbers]
    return table.set_column(at, "phone", pa.array(hidden, pa.string()))


def test_a_shuffle_refuses_what_it_would_get_wrong(session):
    from core.errors import ConfigError, Fatal
    from matching import Spec, spark_shuffle
    from matching.model import expected

    spec = Spec.parse(SHUFFLED)
    table = session.createDataFrame(people.table(people.registry(3)).append_column("person", pa.array(["a", "b", "c"])))
    with pytest.raises(ConfigError, match="rules written out"):
        spark_shuffle.link(table, table, people.spec(), expected(people.spec()))
    with pytest.raises(ConfigError, match="not of shuffled"):
        spark_shuffle.link(table, table, spec, expected(people.spec()))
    with pytest.raises(ConfigError, match="no such column"):
        spark_shuffle.link(table, table.drop("person"), spec, expected(spec))
    with pytest.raises(Fatal, match="3 rows repeat an id"):
        spark_shuffle.link(table, table.unionAll(table), spec, expected(spec))
