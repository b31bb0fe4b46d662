"""Where right values are lost: `python benchmarks/rank_losses.py FOLDER seed-or-world… [--seed N] [--debtors N]`.

Of every debtor whose current value stands in a usable record and is not ranked first: how far the best of those records came
(read, shown in full, admitted, linked, the debtor's by its receiver, listed), and, where it was outranked, by what. Worlds are
those of `random_worlds.py`, which keeps them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from random_worlds import draw, judged, prepare, ranked

import matching
import ranking
from pipeline import admit, check, match
from pipeline.evaluate import read_csv
from pipeline.run import Run, interval_of
from pipeline.site import open_site
from ranking.evaluate import digits, same_address
from sample.portfolio import AS_OF
from sample.world import WORLDS

# How far a record came, from the start; a debtor is counted where the best of the records with the current value stopped.
STAGES = (
    "not read",
    "value masked or misread",
    "withheld at the first gate",
    "linked to nobody",
    "linked to another",
    "withheld at the second gate",
    "held to be another's",
    "too improbable to list",
    "outranked",
)
_ELIGIBLE = {"phone": "phone_eligible", "address": "address_eligible"}


def losses(facts: dict[str, Any], found: ranking.Evaluation, kind: str, result: ranking.Ranking) -> pd.DataFrame:
    """One row a debtor lost: case_id, stage, and of the outranked ones what won."""
    truth = facts["folder"] / "truth"
    current = read_csv(truth / "current.csv").to_pandas().set_index("case_id")
    ceiling = read_csv(truth / "ceiling.csv").to_pandas().set_index("case_id")
    open_ = current[(current.case_status == "open") & (current.reachable == "1")].index
    within = ceiling.index[ceiling[_ELIGIBLE[kind]] == "1"].intersection(open_)
    own = found.judged[found.judged.kind == kind]
    first = set(own[(own.nth == 0) & own.is_right].case_id)
    lost = within.difference(pd.Index(sorted(first)))
    rows = _current_rows(truth, kind)
    rows = rows[rows.case_id.isin(lost)].merge(_pulled(facts), on=["source", "record_id"], how="left")
    value = {"phone": "contact_phone", "address": "contact_address"}[kind]
    now = current[kind].reindex(rows.case_id).to_numpy()
    shows = {"phone": _same_phone, "address": _same_place}[kind]
    rows["shows"] = [shows(v, t) for v, t in zip(rows[value], now, strict=True)]
    fates = result.fates.to_pandas().set_index(["signal_id", "case_id"]).fate
    listed = set(own[own.is_right].case_id)
    rows["stage"] = [_stage(r, fates, listed) for r in rows.itertuples()]
    best = rows.sort_values("stage").drop_duplicates("case_id", keep="last").set_index("case_id")
    out = best[["stage", "source", "observed_at", "carries"]].reindex(lost)
    out["stage"] = pd.Series(out.stage.fillna(0).astype(int)).map(dict(enumerate(STAGES)))
    winner = own[own.nth == 0].set_index("case_id")
    out["rank"] = own[own.is_right].groupby("case_id")["nth"].min().reindex(lost)
    out["winner"] = winner.value.reindex(lost)
    return out.assign(p=winner.probability.reindex(lost), **_winners(facts, out, kind, shows))


def _current_rows(truth: Path, kind: str) -> pd.DataFrame:
    """(case_id, source, record_id) of the usable records that show what is current."""
    rows = pd.read_csv(truth / "signals.csv", dtype=str)
    rows = rows[(rows[f"is_current_{kind}"] == "1") & (rows.is_consented == "1") & (rows.case_ids.fillna("") != "")]
    rows = rows.assign(case_id=rows.case_ids.str.split(";")).explode("case_id")
    return rows[["case_id", "source", "record_id", "whose"]]


def _pulled(facts: dict[str, Any]) -> pd.DataFrame:
    """Every clean record with how far it came: ``admitted``, and the case it links to (before the second gate)."""
    if "pulled" in facts:
        return facts["pulled"]
    run = Run(open_site(facts["folder"]), interval_of(AS_OF))
    clean, linked, admitted = [], [], set()
    registry = match.with_person(match.open_cases(run))
    sources = match.admitted_sources(run)
    model, index = match.prepare(run, registry, sources)
    for source in sources:
        clean += [pa.table(b) for b in run.site.stage.iter_batches(run.key, check.STEP, source)]
        for batch in run.site.stage.iter_batches(run.key, admit.STEP, source):
            admitted |= set(pa.table(batch)["signal_id"].to_pylist())
            linked.append(
                match.every_case(
                    matching.link(index, pa.table(batch), model, match.MIN_LINK_PROBABILITY), match.siblings(registry)
                )
            )
    out: pd.DataFrame = pa.concat_tables(clean).to_pandas()
    by = pa.concat_tables(linked).to_pandas().groupby("signal_id").case_id.agg(set)
    kept = facts["links"].to_pandas().groupby("signal_id").case_id.agg(set)
    out["is_admitted"] = out.signal_id.isin(admitted)
    out["cases"] = out.signal_id.map(by)
    out["kept"] = out.signal_id.map(kept)
    subject = ["customer_no", "account_id", "id_number", "id_tail", "name"]
    has = out.reindex(columns=subject).notna()
    out["carries"] = has.apply(lambda r: "+".join(n for n in subject if r[n]) or "nothing", axis=1)
    facts["pulled"] = out
    return out


def _stage(row: Any, fates: pd.Series, listed: set[str]) -> int:
    if not isinstance(row.signal_id, str):
        return 0
    if not row.shows:
        return 1
    if not row.is_admitted:
        return 2
    if not isinstance(row.cases, set):
        return 3
    if row.case_id not in row.cases:
        return 4
    if not isinstance(row.kept, set) or row.case_id not in row.kept:
        return 5
    if row.case_id in listed:
        return 8
    return 6 if fates.get((row.signal_id, row.case_id)) == "third_party" else 7


def _same_phone(value: object, now: str) -> bool:
    return isinstance(value, str) and digits(value) == digits(now)


def _same_place(value: object, now: str) -> bool:
    return isinstance(value, str) and same_address(value, now)


def _winners(facts: dict[str, Any], lost: pd.DataFrame, kind: str, shows: Any) -> dict[str, pd.Series]:
    """Of the outranked: what the winner is (whose), how many days newer its last record is, by which kinds of source seen."""
    value = {"phone": "contact_phone", "address": "contact_address"}[kind]
    signals = facts["signals"].select(["signal_id", "source", "record_id", "observed_at", value]).to_pandas()
    links = facts["links"].select(["signal_id", "case_id"]).to_pandas()
    seen = links.merge(signals, on="signal_id").dropna(subset=[value])
    truth = pd.read_csv(facts["folder"] / "truth" / "signals.csv", dtype=str)
    seen = seen.merge(truth[["source", "record_id", "whose", f"is_current_{kind}"]], on=["source", "record_id"])
    by_case = dict(list(seen[seen.case_id.isin(lost.index)].groupby("case_id")))
    rows = []
    for case, winner in zip(lost.index, lost.winner, strict=True):
        mine = by_case.get(case)
        if mine is None or not isinstance(winner, str):
            rows.append({})
            continue
        won = mine[[shows(v, winner) for v in mine[value]]]
        right = mine[mine[f"is_current_{kind}"] == "1"]
        gap = (won.observed_at.max() - right.observed_at.max()).days if len(won) and len(right) else None
        rows.append(
            {
                "whose": ",".join(sorted(set(won.whose))),
                "newer_days": gap,
                "won_by": ",".join(sorted(set(won.source))),
                "right_by": ",".join(sorted(set(right.source))),
            }
        )
    return {
        n: pd.Series([r.get(n) for r in rows], index=lost.index) for n in ("whose", "newer_days", "won_by", "right_by")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("worlds", nargs="+", help="seeds of random laws, or names of the sample's worlds")
    parser.add_argument("--seed", type=int, default=0, help="added to the seed of the people")
    parser.add_argument("--debtors", type=int, default=1500)
    parser.add_argument("--detail", action="store_true", help="of the outranked: by what")
    args = parser.parse_args()
    params, table = ranking.default_params(), {}
    for name in args.worlds:
        world = WORLDS[name] if name in WORLDS else draw(int(name))
        facts = prepare(args.folder, world, 9000 + args.seed + (int(name) if name.isdigit() else 0), args.debtors)
        result = ranked(facts, params)
        found = judged(facts, result.candidates, params, with_baselines=False)
        for kind in _ELIGIBLE:
            lost = losses(facts, found, kind, result)
            m = found.metrics[(found.metrics.kind == kind) & (found.metrics.metric == "hit@1 within ceiling")].iloc[0]
            share = lost.stage.value_counts().reindex(STAGES).fillna(0) / m.debtors
            table[f"{world.name} {kind[:2]}"] = {"within": m.debtors, "hit@1": m.value, **share.round(4)}
            if args.detail:
                lost.assign(world=world.name).to_csv(args.folder / f"lost-{world.name}-{kind}.csv")
                out = lost[lost.stage == "outranked"]
                print(world.name, kind, "outranked by:", out.whose.value_counts().head(6).to_dict())
                print(
                    "   right by / won by", out.groupby(["right_by", "won_by"]).size().sort_values().tail(8).to_dict()
                )
                print(
                    "   winner newer:",
                    (out.newer_days > 0).mean().round(2),
                    "unlinked carry:",
                    lost[lost.stage == "linked to nobody"].carries.value_counts().head(5).to_dict(),
                )
    with pd.option_context("display.width", 250, "display.max_columns", 40):
        print(pd.DataFrame(table))


if __name__ == "__main__":
    main()
