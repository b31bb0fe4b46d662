"""What outcomes teach, what each factor is worth, and whether the shown factors are the score.

`python benchmarks/rank_learning.py FOLDER world… --train N --judge N [--debtors N]`: learned on the people of one seed, judged on
those of another, on the same candidates whatever was learned. Worlds are those of `random_worlds.py`, which keeps them.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from random_worlds import draw, judged, prepare

import ranking
from core import schemas
from core.kinds import ContactKind, Disposition
from pipeline import normalise
from ranking.evaluate import Evaluation, ece
from sample.outcomes import outcomes
from sample.world import WORLDS, World

COUNTS = (0, 200, 2_000, 20_000)
KINDS = ("phone", "address")
DRAWS = 30
LEARNED_AT = datetime(2027, 1, 5, tzinfo=UTC)


def candidates(facts: dict[str, Any], params: ranking.Params, least: float) -> pa.Table:
    given = [facts[n] for n in ("links", "signals", "registry", "outcomes", "third_party")]
    return ranking.rank(*given, as_of=facts["as_of"], params=params, min_probability=least, max_per_kind=9).candidates


def heard(world: World, facts: dict[str, Any], published: pa.Table, n: int) -> pa.Table:
    """``n`` attempts at published points, as CLEAN_OUTCOMES."""
    points = published.filter(pc.not_equal(published["kind"], ContactKind.REGION.value))
    rows = outcomes(world, facts["folder"], points, n, seed=5)
    rows = rows.append_column("row", pa.array(range(1, rows.num_rows + 1), pa.int64()))
    rows = schemas.conform(rows, schemas.PULLED_OUTCOMES)
    parsed = normalise.outcomes(rows, "cn", frozenset(d.value for d in Disposition))
    return normalise.clean_table(parsed, schemas.CLEAN_OUTCOMES).filter(pa.array(~parsed.failed))


def figures(found: Evaluation, listed: set[tuple[str, str]]) -> dict[str, float]:
    """By kind, of the candidates ``listed``: hit@1, ECE, and the ECE that a perfectly calibrated list would have by chance."""
    rng, out = np.random.default_rng(1), {}
    for kind in KINDS:
        own = found.judged[found.judged.kind == kind]
        own = own[[pair in listed for pair in zip(own.case_id, own.value, strict=True)]]
        p, y = own.probability.to_numpy(), own.is_right.to_numpy(dtype=float)
        m = found.metrics[(found.metrics.kind == kind) & (found.metrics.metric == "hit@1")].value.item()
        chance = float(np.mean([ece(p, (rng.random(len(p)) < p).astype(float)) for _ in range(DRAWS)]))
        brier = float(np.mean((p - y) ** 2))
        out |= {f"{kind} hit@1": m, f"{kind} ece": ece(p, y), f"{kind} by chance": chance, f"{kind} brier": brier}
    return out


def curve(world: World, train: dict[str, Any], judge: dict[str, Any]) -> pd.DataFrame:
    stated = ranking.default_params()
    published = candidates(train, stated, 0.05)
    base = candidates(judge, stated, 0.05)
    listed = set(zip(base["case_id"].to_pylist(), base["value"].to_pylist(), strict=True))
    rows = {}
    for n in COUNTS:
        told = heard(world, train, published, n) if n else schemas.empty(schemas.CLEAN_OUTCOMES)
        params = ranking.learn(published, told, stated, as_of=LEARNED_AT).params
        rows[n] = figures(judged(judge, candidates(judge, params, 1e-4), params, with_baselines=False), listed)
    return pd.DataFrame(rows)


def ablation(judge: dict[str, Any]) -> pd.DataFrame:
    """hit@1 where there is a candidate, and Brier, with each factor left out of the sum."""
    params = ranking.default_params()
    table = candidates(judge, params, 0.05)
    shown = pd.DataFrame([{f["factor"]: f["log_odds"] for f in row} for row in table["factors"].to_pylist()]).fillna(
        0.0
    )
    rows = {}
    for left_out in ["nothing", *shown.columns]:
        odds = shown.drop(columns=left_out, errors="ignore").sum(axis=1)
        p = pa.array(1 / (1 + np.exp(-odds)))
        at = table.schema.get_field_index("probability")
        found = judged(judge, table.set_column(at, "probability", p), params, with_baselines=False).metrics
        found = found[found.metric.isin(["hit@1 where covered", "brier"]) & found.kind.isin(KINDS)]
        rows[left_out] = {f"{k} {m}": v for k, m, v in zip(found.kind, found.metric, found.value, strict=True)}
    return pd.DataFrame(rows).T


def largest_gap(judge: dict[str, Any], n: int = 50) -> float:
    """Of ``n`` random candidates: the largest difference between the probability and the logistic of the factors shown."""
    rows = candidates(judge, ranking.default_params(), 0.05).to_pylist()
    at = np.random.default_rng(3).choice(len(rows), n, replace=False)
    said = [(rows[i]["probability"], sum(f["log_odds"] for f in rows[i]["factors"])) for i in at.tolist()]
    return max(abs(p - 1 / (1 + np.exp(-odds))) for p, odds in said)


def demoted(steps: tuple[int, ...] = (5, 10, 20, 30, 50, 100, 200)) -> pd.Series:
    """A source said to be right four times in five whose points all turn out dead: its log-odds after so many outcomes."""
    shift = {}
    for n in steps:
        factor = [{"factor": "source", "log_odds": float(np.log(4)), "detail": None}]
        ids, values = [f"C{i}" for i in range(n)], [f"+86199{i:08d}" for i in range(n)]
        points = {"case_id": ids, "kind": ["phone"] * n, "value": values, "probability": [0.8] * n}
        points |= {"sources": [["shop"]] * n, "factors": [factor] * n}
        told = {"case_id": ids, "kind": ["phone"] * n, "contact_value": values, "disposition": ["disconnected"] * n}
        told |= {"at": pa.array([datetime(2026, 12, 1, tzinfo=UTC)] * n, pa.timestamp("us", tz="UTC"))}
        tables = (
            schemas.conform(pa.table(points), schemas.CANDIDATES),
            schemas.conform(pa.table(told), schemas.CLEAN_OUTCOMES),
        )
        learned = ranking.learn(*tables, ranking.default_params(), as_of=LEARNED_AT)
        shift[n] = learned.params.track_record["shop"]["phone"]
    return pd.Series(shift)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("worlds", nargs="+", help="seeds of random laws, or names of the sample's worlds")
    parser.add_argument("--train", type=int, default=0, help="added to the seed of the people learned from")
    parser.add_argument("--judge", type=int, default=1, help="added to the seed of the people judged")
    parser.add_argument("--debtors", type=int, default=2000)
    args = parser.parse_args()
    print("log-odds of a source whose points are all dead, by outcomes:", demoted().round(2).to_dict())
    for name in args.worlds:
        world = WORLDS[name] if name in WORLDS else draw(int(name))
        train, judge = (prepare(args.folder, world, 9000 + seed, args.debtors) for seed in (args.train, args.judge))
        print(f"{name}: factors shown against the score, 50 candidates: {largest_gap(judge):.1e}")
        print(curve(world, train, judge).round(3).to_string())
        print(ablation(judge).round(3).to_string(), flush=True)


if __name__ == "__main__":
    main()
