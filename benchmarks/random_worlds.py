"""Worlds whose laws are drawn at random, ranked and judged: `python benchmarks/random_worlds.py FOLDER seed…` (see `--help`).

The first call for a seed writes the world, walks the path up to `match` and keeps what `rank` is given; later calls only rank
and judge. Figures of a change are then a minute away, and no law of one sample is ever looked at alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

import ranking
from core.kinds import SourceKind
from pipeline import admit, check, match, rank, walk
from pipeline.evaluate import read_csv
from pipeline.facts import ALL
from pipeline.run import Run, interval_of
from pipeline.site import open_site
from ranking import baselines
from sample.portfolio import AS_OF, write
from sample.world import WORLDS, World

# Ranges as wide as they can be without being absurd; rates log-uniform, shares uniform.
RATES = {
    "moves_a_year": (0.04, 0.7),
    "number_changes_a_year": (0.06, 0.8),
    "debtor_haste": (1.0, 2.0),
    "orders_a_year": (0.4, 3.0),
    "notes_a_year": (0.03, 0.5),
    "transactions_a_year": (3.0, 40.0),
    "app_days_a_year": (1.0, 12.0),
    "copies_per_order": (1.0, 3.0),
    "attempts_per_case": (0.2, 2.0),
}
SHARES = {
    "moves_far": (0.1, 0.6),
    "reissued_numbers": (0.02, 0.3),
    "shop_accounts": (0.4, 0.95),
    "gifts": (0.03, 0.25),
    "offices": (0.03, 0.2),
    "pickup_points": (0.03, 0.25),
    "stale_defaults": (0.0, 0.5),
    "copied": (0.0, 0.8),
    "copy_noise": (0.0, 0.15),
    "copies_name_origin": (0.1, 0.9),
    "changes_reported": (0.15, 0.8),
    "others_number_reported": (0.0, 0.15),
    "travel": (0.03, 0.3),
    "masked_names": (0.03, 0.3),
    "masked_phones": (0.02, 0.25),
    "missing_ids": (0.05, 0.35),
    "typos": (0.0, 0.02),
    "outcome_noise": (0.01, 0.12),
    "vanished": (0.0, 0.1),
    "shared_numbers": (0.03, 0.2),
}


def draw(seed: int) -> World:
    """A world whose laws are drawn from the ranges above."""
    rng = np.random.default_rng([seed, 20])
    rates = {n: float(np.exp(rng.uniform(np.log(a), np.log(b)))) for n, (a, b) in RATES.items()}
    shares = {n: float(rng.uniform(a, b)) for n, (a, b) in SHARES.items()}
    return dataclasses.replace(WORLDS["demo"], name=f"random{seed}", others_per_debtor=1.5, **rates, **shares)


def prepare(folder: Path, world: World, seed: int, debtors: int) -> dict[str, Any]:
    """What `rank` is given of this world, made once."""
    kept = folder / f"{world.name}-{seed}-{debtors}" / "ranked.pickle"
    if not kept.is_file():
        made = write(world, kept.parent, debtors=debtors, seed=seed, as_of=AS_OF)
        run = Run(open_site(made.folder), interval_of(AS_OF))
        walk.open_run(run)
        for source in walk.sources(run):
            walk.ingest(run, source)
        for spec in run.site.deployment.signal_sources:
            admit.admit(run, spec.name)
        match.match(run)
        links, signals = (run.site.stage.read(run.key, step, ALL) for step in (match.STEP, match.LINKED))
        facts = {
            "links": links,
            "signals": signals,
            "registry": match.open_cases(run),
            "outcomes": check.clean_of(run, SourceKind.OUTCOMES),
            "third_party": rank.is_emergency_contact(run, links, signals),
            "as_of": run.at,
        }
        kept.write_bytes(pickle.dumps(facts))
    facts = pickle.loads(kept.read_bytes())
    return facts | {"folder": kept.parent}


def ranked(facts: dict[str, Any], params: ranking.Params) -> ranking.Ranking:
    """The ranking of what was kept, as a run would rank it."""
    given = [facts[n] for n in ("links", "signals", "registry", "outcomes", "third_party")]
    return ranking.rank(*given, as_of=facts["as_of"], params=params, min_probability=0.05, max_per_kind=5)


def judged(
    facts: dict[str, Any], candidates: pa.Table, params: ranking.Params, *, with_baselines: bool
) -> ranking.Evaluation:
    truth = facts["folder"] / "truth"
    others = None
    if with_baselines:
        given = [facts[n] for n in ("links", "signals", "registry", "third_party")]
        others = baselines.tables(*given, as_of=facts["as_of"], params=params)
    return ranking.evaluate(
        candidates,
        read_csv(truth / "current.csv"),
        third_parties=read_csv(truth / "third_party_phones.csv"),
        ceiling=read_csv(truth / "ceiling.csv"),
        baselines=others,
    )


SHOWN = ("hit@1", "ceiling", "hit@1 within ceiling", "third-party@1", "brier", "ece", "ece@1")


def row(found: ranking.Evaluation) -> dict[str, float]:
    """The figures of one world on one line; of gains the lower end of the interval too."""
    m = found.metrics
    wanted = m[
        m.metric.isin(SHOWN)
        | m.metric.str.match(r"hit@1 over .*(?:recent|recency|best|majority|declared)")
        & ~m.metric.str.contains("cover")
    ]
    out = {f"{k[:2]} {n}": v for k, n, v in zip(wanted.kind, wanted.metric, wanted.value, strict=True)}
    over = wanted[wanted.metric.str.contains(" over ")]
    return out | {f"{k[:2]} {n}, from": v for k, n, v in zip(over.kind, over.metric, over.low, strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("worlds", nargs="+", help="seeds of random laws, or names of the sample's worlds")
    parser.add_argument("--seed", type=int, default=0, help="added to the seed of the people")
    parser.add_argument("--debtors", type=int, default=1500)
    parser.add_argument("--baselines", action="store_true")
    parser.add_argument("--only-prepare", action="store_true")
    args = parser.parse_args()
    params, rows = ranking.default_params(), {}
    for name in args.worlds:
        world = WORLDS[name] if name in WORLDS else draw(int(name))
        began = time.process_time()
        facts = prepare(args.folder, world, 9000 + args.seed + (int(name) if name.isdigit() else 0), args.debtors)
        if args.only_prepare:
            print(name, f"{time.process_time() - began:.0f} s of CPU", flush=True)
            continue
        result = ranked(facts, params)
        rows[world.name] = row(judged(facts, result.candidates, params, with_baselines=args.baselines))
        if result.laws is not None:
            law = result.laws
            rows[world.name] |= {
                "rate ph": law.rate[0] * 365,
                "true ph": world.number_changes_a_year * world.debtor_haste,
            }
            rows[world.name] |= {"rate ad": law.rate[1] * 365, "true ad": world.moves_a_year * world.debtor_haste}
            rows[world.name] |= {"stale ph": law.stale[0], "stale ad": law.stale[1], "true stale": world.stale_defaults}
    with pd.option_context("display.width", 250, "display.max_rows", 99):
        print(pd.DataFrame(rows).round(3))


if __name__ == "__main__":
    main()
