"""Splink as an oracle: python benchmarks/splink_oracle.py writes tests/matching/splink_oracle.json (needs splink 5, duckdb).

The whole match weight of every pair, with the same fixed m, u, levels, prior and term frequencies. Splink is told the shares
of values that this engine holds (it would count them otherwise), so that the formulas are compared and nothing else.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import matching
from tests.matching import people
from tests.matching.test_splink import ENTITIES, FIELDS, SIGNALS, SPEC, M, U

OUT = Path(__file__).resolve().parents[1] / "tests" / "matching" / "splink_oracle.json"


def splink_weights(left: pa.Table, right: pa.Table, shares: dict[str, pa.Table]) -> dict[tuple[str, str], float]:
    import duckdb
    import splink.comparison_level_library as levels
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    con = duckdb.connect()
    con.register("l", left)
    con.register("r", right)
    con.execute("create table lt as select * from l; create table rt as select * from r")

    def level(creator, m, u, **more):
        return creator.configure(m_probability=m, u_probability=u, **more)

    def comparison(column, *, tf):
        exact = levels.ExactMatchLevel(column, term_frequency_adjustments=tf)
        return {
            "output_column_name": column,
            "comparison_levels": [
                levels.NullLevel(column),
                level(exact, M[3], U[3]),
                level(levels.JaroWinklerLevel(column, 0.92), M[2], U[2]),
                level(levels.JaroWinklerLevel(column, 0.8), M[1], U[1]),
                level(levels.ElseLevel(), M[0], U[0]),
            ],
        }

    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        probability_two_random_records_match=1 / (1 + ENTITIES),  # odds of one entity, if half of the signals have one
        blocking_rules_to_generate_predictions=[block_on("town"), block_on("substr(last,1,4)")],
        comparisons=[comparison(column, tf=tf) for column, tf in FIELDS.items()],
        retain_intermediate_calculation_columns=True,
    )
    api = DuckDBAPI(con)
    tables = [api.register(con.table(t), dataset_display_name=n) for t, n in (("lt", "a"), ("rt", "b"))]
    linker = Linker(tables, settings)
    for column, table in shares.items():
        con.register(f"shares_{column}", table)
        linker.table_management.register_term_frequency_lookup(api.register(con.table(f"shares_{column}")), column)
    rows = linker.inference.predict().as_pandas_dataframe()
    return {(a, b): w for a, b, w in zip(rows.id_l, rows.id_r, rows.match_weight, strict=True)}


def shares_of(index: matching.Index, column: str) -> pa.Table:
    values = index.columns[column].values
    shares = index.frequencies.rarities[column].shares(index.columns[column].counts)
    return pa.table({column: values, f"tf_{column}": shares})


if __name__ == "__main__":
    registry = people.registry(ENTITIES)
    left, right = people.table(people.signals(registry, SIGNALS)[0]), people.table(registry)
    index = matching.Index.build(right, matching.Spec.parse(SPEC))
    found = splink_weights(left, right, {c: shares_of(index, c) for c, tf in FIELDS.items() if tf})
    pairs = [[a, b, w] for (a, b), w in sorted(found.items())]
    import splink

    head = f'{{"splink": "{splink.__version__}", "pairs": [\n'
    OUT.write_text(head + ",\n".join(json.dumps(p) for p in pairs) + "\n]}\n", encoding="utf-8")
    print(len(pairs))
