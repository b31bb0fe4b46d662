"""A nightly run beside whatever else may happen in a deployment: every pair, on both stores. See tests/deployment/together.py.

    python benchmarks/concurrency.py sqlite postgresql --rounds 3 [--pairs withdrawal rotation]

Prints each meeting, and of each pair how often one was refused with "try again" (and was tried again), and anomalies. Exit code 1 with any.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.deployment import faults, together
from tests.servers import databases


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stores", nargs="+", choices=["sqlite", "postgresql"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", nargs="+", choices=sorted(together.OTHERS), default=list(together.OTHERS))
    args = parser.parse_args()
    anomalies = 0
    for store in args.stores:
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="skiptrace-together-")))
            server = None
            if store == "postgresql":
                found = stack.enter_context(databases.postgres())
                server = faults.Server(found.url, found.kill, found.start)
            made = faults.lender(home, server=server)
            met = together.matrix(made, args.rounds, args.seed, others=args.pairs, told=_tell)
        for other in args.pairs:
            of_it = [m for m in met if m.other == other]
            bad = [m for m in of_it if m.anomalies]
            anomalies += len(bad)
            refused = sum(bool(m.refused) for m in of_it)
            figures = {"store": store, "run beside": other, "met": len(of_it), "refused once": refused}
            print(json.dumps(figures | {"anomalies": len(bad)}), flush=True)
    return int(anomalies > 0)


def _tell(pair: together.Pair) -> None:
    what = "; ".join(pair.anomalies) or (f"refused once: {', '.join(pair.refused)}" if pair.refused else "beside it")
    print(f"run beside {pair.other}, {pair.delay:.2f} s later: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
