"""Splink as an oracle: with the same fixed m, u, prior and levels the field weights are the same to 1e-9 bits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import matching
from matching.agreement import agree
from matching.column import encode
from matching.model import expected
from matching.pairs import meet
from matching.score import weigh
from tests.matching import people

splink = pytest.importorskip("splink")

M, U = [0.05, 0.05, 0.1, 0.8], [0.9, 0.05, 0.04, 0.01]
SPEC = f"""
name: oracle
one_match_per_left: false
comparisons:
  - {{kind: text, column: last, term_frequency: false, shared_by: [], m: {M}, u: {U}}}
  - {{kind: text, column: town, term_frequency: false, shared_by: [], m: {M}, u: {U}}}
blocking: {{rules: [[town], [last.start]], propose: false, max_block: 100000}}
"""


def _splink_weights(left: pa.Table, right: pa.Table) -> dict[tuple[str, str], float]:
    import duckdb
    import splink.comparison_level_library as levels
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    con = duckdb.connect()
    con.register("l", left)
    con.register("r", right)
    con.execute("create table lt as select * from l; create table rt as select * from r")

    def level(creator, m, u):
        return creator.configure(m_probability=m, u_probability=u)

    def comparison(column):
        return {
            "output_column_name": column,
            "comparison_levels": [
                levels.NullLevel(column),
                level(levels.ExactMatchLevel(column), M[3], U[3]),
                level(levels.JaroWinklerLevel(column, 0.92), M[2], U[2]),
                level(levels.JaroWinklerLevel(column, 0.8), M[1], U[1]),
                level(levels.ElseLevel(), M[0], U[0]),
            ],
        }

    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        probability_two_random_records_match=0.5,
        blocking_rules_to_generate_predictions=[block_on("town"), block_on("substr(last,1,4)")],
        comparisons=[comparison("last"), comparison("town")],
    )
    api = DuckDBAPI(con)
    tables = [api.register(con.table(t), dataset_display_name=n) for t, n in (("lt", "a"), ("rt", "b"))]
    rows = Linker(tables, settings).inference.predict().as_pandas_dataframe()
    return {(a, b): w for a, b, w in zip(rows.id_l, rows.id_r, rows.match_weight, strict=True)}


def test_scores_are_splinks_with_fixed_parameters():
    registry = people.registry(60)
    left, right = people.table(people.signals(registry, 60)[0]), people.table(registry)
    spec = matching.Spec.parse(SPEC)
    index = matching.Index.build(right, spec)
    columns = {c: encode(left.column(c)) for c in spec.left_columns}
    met = meet(spec, index, columns)
    weights = weigh(spec, expected(spec), agree(spec, columns, index.columns, index.frequencies, met.left, met.right))
    ours = {
        (left.column("id")[int(a)].as_py(), index.ids[int(b)].as_py()): w
        for a, b, w in zip(met.left, met.right, weights.fields.sum(axis=0), strict=True)
    }
    theirs = _splink_weights(left, right)
    assert len(theirs) > 300
    assert max(abs(ours[pair] - w) for pair, w in theirs.items()) < 1e-9
    assert np.isfinite(list(ours.values())).all()
