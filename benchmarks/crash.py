"""Hundreds of faults put into a nightly run, and what the next run comes to. See tests/deployment/faults.py for the kinds.

    python benchmarks/crash.py sqlite --faults 300
    python benchmarks/crash.py postgresql --faults 200 --part 2/5
    python benchmarks/crash.py sqlite --faults 60 --two

Places are taken evenly along the run, every beginning and end of a step among them. A part is every so-manieth fault of the same
plan, so that a campaign can be run in pieces. Exit code 1 when anything differs.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.deployment import faults
from tests.servers import databases

_SHARES = {
    "sqlite": {"kill": 0.4, "twice": 0.1, "moment": 0.15, "full": 0.15, "readonly": 0.1, "small": 0.1},
    "postgresql": {
        "kill": 0.3,
        "twice": 0.05,
        "moment": 0.1,
        "full": 0.1,
        "readonly": 0.05,
        "connection": 0.25,
        "server": 0.15,
    },
}


def planned(made: faults.Lender, store: str, count: int, seed: int) -> list[faults.Fault]:
    """So many faults, shared out among the kinds; two of three in the second night. No place twice for one kind."""
    out: list[faults.Fault] = []
    for kind, share in _SHARES[store].items():
        for night, part in ((2, 2 / 3), (1, 1 / 3)):
            out += of_kind(made, kind, night, max(1, round(count * share * part)), seed)
    return out


def of_kind(made: faults.Lender, kind: str, night: int, count: int, seed: int) -> list[faults.Fault]:
    if kind == "moment":
        return faults.at_moments(made, count, night, seed)
    if kind == "small":
        return [faults.Fault(kind, 8 + n * 1024 // count, night) for n in range(count)]
    names = made.places[night]
    allowed = [n for n, name in enumerate(names) if kind not in ("connection", "server") or " sql " in name]
    edges = [n for n in allowed if names[n].endswith((" begin ", " end "))] if kind == "kill" else []
    even = random.Random(f"{seed} {kind} {night}").random()  # where between two of the evenly spaced ones it begins
    between = [n for n in allowed if n not in edges]
    rest = max(0, count - len(edges))
    wanted = {*edges[:count], *(between[int((n + even) * len(between) / rest)] for n in range(rest))}
    return [faults.Fault(kind, n, night) for n in sorted(wanted)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", choices=sorted(_SHARES))
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="1/1", help="which part of how many, as 2/5")
    parser.add_argument("--two", action="store_true", help="every night with its second process (pipeline.ahead)")
    args = parser.parse_args()
    if args.two:
        faults.use_two_processes()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="skiptrace-crash-")))
        server = None
        if args.store == "postgresql":
            found = stack.enter_context(databases.postgres())
            server = faults.Server(found.url, found.kill, found.start)
        made = faults.lender(home, server=server)
        began = time.perf_counter()
        part, parts = map(int, args.part.split("/"))
        plan = planned(made, args.store, args.faults, args.seed)[part - 1 :: parts]
        trials = faults.campaign(made, plan, told=_tell)
        figures = faults.summed(trials) | {"store": args.store, "places": {n: len(p) for n, p in made.places.items()}}
        print(json.dumps(figures | {"seconds": round(time.perf_counter() - began)}))
    return int(any(t.problems for t in trials))


def _tell(trial: faults.Trial) -> None:
    where = f"{trial.fault.kind} at {trial.fault.at:g} of night {trial.fault.night} ({trial.step.strip()})"
    print(
        f"{'differs' if trial.problems else 'same':8} {trial.ended:8} {where} {'; '.join(trial.problems)}", flush=True
    )


if __name__ == "__main__":
    sys.exit(main())
