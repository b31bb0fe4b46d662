"""Hundreds of faults put into a nightly run, and what the next run comes to. See tests/deployment/faults.py for the kinds.

    python benchmarks/crash.py sqlite --faults 300
    python benchmarks/crash.py postgresql --faults 200

Places are taken evenly along the run, every beginning and end of a step among them. Exit code 1 when anything differs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.deployment import faults
from tests.servers import databases

_SHARES = {
    "sqlite": {"kill": 0.5, "moment": 0.15, "full": 0.15, "readonly": 0.1, "small": 0.1},
    "postgresql": {"kill": 0.35, "moment": 0.1, "full": 0.1, "readonly": 0.05, "connection": 0.25, "server": 0.15},
}


def planned(made: faults.Lender, store: str, count: int, seed: int) -> list[faults.Fault]:
    """So many faults, shared out among the kinds and over both nights."""
    out: list[faults.Fault] = []
    for kind, share in _SHARES[store].items():
        for night in (2, 2, 1):
            out += of_kind(made, kind, night, max(1, round(count * share / 3)), seed + len(out))
    return out


def of_kind(made: faults.Lender, kind: str, night: int, count: int, seed: int) -> list[faults.Fault]:
    places = made.places[night]
    if kind == "moment":
        return faults.at_moments(made, count, night, seed)
    if kind == "small":
        return [faults.Fault(kind, 8 + n * 1024 // count, night) for n in range(count)]
    edges = [n for n, name in enumerate(places) if name.endswith((" begin ", " end "))]
    allowed = [n for n, name in enumerate(places) if kind not in ("connection", "server") or " sql " in name]
    wanted = [allowed[(n * len(allowed) + seed) // count % len(allowed)] for n in range(count)]
    if kind == "kill" and night == 2 and seed % 2:
        wanted = [*edges, *wanted][:count]
    return [faults.Fault(kind, n, night) for n in sorted(set(wanted))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", choices=sorted(_SHARES))
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="skiptrace-crash-")))
        server = None
        if args.store == "postgresql":
            found = stack.enter_context(databases.postgres())
            server = faults.Server(found.url, found.kill, found.start)
        made = faults.lender(home, server=server)
        began = time.perf_counter()
        plan = planned(made, args.store, args.faults, args.seed)
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
