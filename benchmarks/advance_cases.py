"""200,000 cases advanced in the nightly run: the whole verb, with a store, in a fresh process each night; and the property tests' long mode.

python benchmarks/advance_cases.py nights [CASES]        first night (every point new), then a night with a tenth of the cases moving
python benchmarks/advance_cases.py properties [COUNT]    the tests of tests/casework over that many random histories (100,000)
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

ROOT = Path(__file__).parent.parent
FIRST = date(2026, 11, 1)


def registry(cases: int) -> pa.Table:
    """Clean registry rows: a number each, a second one for a fifth, e-mail for a third."""
    from core import schemas

    rng = np.random.default_rng(3)
    n = np.arange(cases)

    def some(texts, share):
        return pa.array(texts, pa.string(), mask=rng.random(cases) > share)

    table = pa.table(
        {
            "row": n,
            "case_id": [f"C{i:07d}" for i in n],
            "customer_no": [f"U{i:07d}" for i in n // 2 * 2],
            "phone": [f"+861{3000000000 + int(i):010d}" for i in n],
            "phone_alt": some([f"+861{5000000000 + int(i):010d}" for i in n], 0.2),
            "email": some([f"u{i}@example.test" for i in n], 0.33),
            "address": some([f"测试路{i}号" for i in n], 0.9),
            "days_past_due": rng.integers(1, 700, cases),
            "balance": rng.integers(500, 90_000, cases).astype(float),
            "lost_since": pa.array([FIRST - timedelta(days=int(d)) for d in rng.integers(10, 600, cases)], pa.date32()),
            "case_status": ["open"] * cases,
        }
    )
    return schemas.conform(table, schemas.CLEAN_REGISTRY)


def outcomes(cases: int, n: int, until: date, seed: int) -> pa.Table:
    """Clean outcomes of attempts at declared numbers."""
    from core import schemas

    rng = np.random.default_rng(seed)
    case = rng.integers(0, cases, n)
    words = ["no_answer", "no_answer", "no_answer", "disconnected", "wrong_party", "right_party", "refused"]
    end = int(time.mktime(until.timetuple()))
    table = pa.table(
        {
            "row": np.arange(n),
            "case_id": [f"C{i:07d}" for i in case],
            "kind": ["phone"] * n,
            "contact_value": [f"+861{3000000000 + int(i):010d}" for i in case],
            "disposition": pa.array(words).take(pa.array(rng.integers(0, len(words), n))),
            "at": pa.array((end - rng.integers(3600, 90 * 86400, n)) * 1_000_000, pa.timestamp("us", tz="UTC")),
        }
    )
    return schemas.conform(table, schemas.CLEAN_OUTCOMES)


def night(folder: Path, cases: int, attempts: int, day: int) -> None:
    """One night in this process: the rows are staged as check leaves them, then the verb is timed."""
    from core.kinds import SourceKind
    from pipeline.advance import advance
    from pipeline.run import Run, interval_of
    from pipeline.site import open_site

    site = open_site(folder)
    run = Run(site, interval_of(FIRST + timedelta(days=day)))
    spec = site.deployment.of_kind(SourceKind.DECLARED_CONTACTS)[0]
    site.stage.write(run.key, "check", spec.name, registry(cases))
    source = site.deployment.of_kind(SourceKind.OUTCOMES)[0].name
    site.stage.write(run.key, "check", source, outcomes(cases, attempts, FIRST + timedelta(days=day), seed=day))
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    advance(run)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    events = site.store.casework.events().num_rows
    print(
        f"night {day}: {cases:,} cases, {events:,} events: {wall:.1f} s wall, {cpu:.1f} s CPU, peak {after.ru_maxrss / 1e3:,.0f} MB"
    )
    site.stage.purge(run.key)


def nights(cases: int) -> None:
    import sample

    with tempfile.TemporaryDirectory() as folder:
        sample.write(sample.WORLDS["demo"], Path(folder), debtors=20, seed=1)
        for day, attempts in ((0, 3 * cases), (1, cases // 10), (2, 0)):
            subprocess.run([sys.executable, __file__, "night", folder, str(cases), str(attempts), str(day)], check=True)


def properties(count: int) -> None:
    began = time.perf_counter()
    environ = os.environ | {"SKIPTRACE_HISTORIES": str(count), "SKIPTRACE_STEPS": str(count)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/casework/test_replay.py", "tests/casework/test_ladder.py", "-q"],
        cwd=ROOT,
        env=environ,
        check=False,
    )
    print(f"{count:,} histories: {time.perf_counter() - began:.0f} s")
    sys.exit(done.returncode)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["nights", *rest]:
            nights(int(rest[0]) if rest else 200_000)
        case ["night", folder, cases, attempts, day]:
            night(Path(folder), int(cases), int(attempts), int(day))
        case ["properties", *rest]:
            properties(int(rest[0]) if rest else 100_000)
        case _:
            sys.exit(__doc__)
