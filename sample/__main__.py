"""``python -m sample``: write a fictional portfolio."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from sample.portfolio import AS_OF, SEED, write
from sample.world import WORLDS


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="python -m sample",
        description="Write a synthetic, visibly fictional portfolio: data/, deployment.yaml and, kept apart, truth/. "
        "The same arguments give the same bytes.",
    )
    p.add_argument("--out", type=Path, required=True, help="folder to write into; made when absent")
    p.add_argument("--world", choices=sorted(WORLDS), default="demo", help="laws of motion (default: %(default)s)")
    p.add_argument("--debtors", type=int, default=2000, help="how many debtors (default: %(default)s)")
    p.add_argument("--seed", type=int, default=SEED, help="default: %(default)s")
    p.add_argument(
        "--as-of", type=date.fromisoformat, default=AS_OF, help="the day of the truth (default: %(default)s)"
    )
    return p


def main(arguments: list[str] | None = None) -> None:
    given = parser().parse_args(arguments)
    made = write(WORLDS[given.world], given.out, debtors=given.debtors, seed=given.seed, as_of=given.as_of)
    print(
        f"{made.world}: {made.debtors:,} debtors, {made.cases:,} cases, {made.customers:,} customers -> {made.folder}"
    )
    for source, rows in made.rows.items():
        print(f"  {source:<10}{rows:>10,} rows, {made.planted[source]:,} of them bad on purpose")


if __name__ == "__main__":
    main()
