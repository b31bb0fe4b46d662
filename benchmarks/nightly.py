"""A night through Airflow: so many new signals against so many debtors whose lists and consents are known from the night before.

    python benchmarks/nightly.py 200000:1000000 20000:100000 2000:10000

Each size in processes of its own: the portfolio is written and cut to the number of signals, a first night runs with a hundredth of
them, then the night that is measured by the trace DAG in one process (`python -m dags.local`, Airflow's metadata in SQLite). Prints wall,
of it the steps' own and so the rest Airflow's, CPU, peak memory of the largest process and of all together, and the exponent between
sizes. With --state DIR what the night left behind is written there too (`benchmarks/night_state.py`), to be compared.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SHOP, CRM, COURIER = "shop/交易明细.csv", "crm/contact_events.jsonl", "courier/scans.txt"
CARDS, APP = "cards/postings.parquet", "app/geo.db"


def written(folder: Path, debtors: int) -> None:
    import sample

    sample.write(sample.WORLDS["demo"], folder, debtors=debtors, seed=8)
    shutil.rmtree(folder / "truth")


def cut(source: Path, into: Path, signals: int) -> int:
    """The portfolio with so many signals, the kinds in the proportion they have; how many there are.

    Beyond what it holds its rows come again, as other records that say the same.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    shutil.copytree(source, into / "data", dirs_exist_ok=True)
    heads = {SHOP: 1, COURIER: 1, CRM: 0}
    texts = {name: sum(1 for _ in (source / name).open("rb")) - head for name, head in heads.items()}
    cards = pq.read_table(source / CARDS)
    with sqlite3.connect(source / APP) as db:
        (places,) = db.execute("SELECT count(*) FROM geo_daily").fetchone()
    total = sum(texts.values()) + cards.num_rows + places
    shares = [min(1.0, signals / total - n) for n in range(math.ceil(signals / total))]
    for name, rows in texts.items():
        with (into / "data" / name).open("wb") as out:
            for n, share in enumerate(shares):
                with (source / name).open("rb") as whole:
                    head = list(itertools.islice(whole, heads[name]))
                    out.writelines(() if n else head)
                    out.writelines(again(name, line, n) for line in itertools.islice(whole, int(rows * share)))
    with pq.ParquetWriter(into / "data" / CARDS, cards.schema) as writer:
        for n, share in enumerate(shares):
            part = cards.slice(0, int(cards.num_rows * share))
            ids = pc.binary_join_element_wise(pa.scalar(f"{n}-" if n else ""), part["seq_no"], "")
            writer.write_table(part.set_column(part.schema.get_field_index("seq_no"), "seq_no", ids))
    with sqlite3.connect(into / "data" / APP) as db:
        for n, share in enumerate(shares[1:], 1):
            db.execute(
                "INSERT INTO geo_daily SELECT gid + ?, uid, region, day FROM geo_daily WHERE rowid <= ?",
                [n * 10**9, int(places * share)],
            )
        db.execute("DELETE FROM geo_daily WHERE rowid > ?", [int(places * sum(shares))])
    return int(sum(shares) * total)


def again(name: str, line: bytes, n: int) -> bytes:
    """A row as another record: its id is at its beginning."""
    if not n:
        return line
    return line.replace(b'"event_id": "', b'"event_id": "%d-' % n, 1) if name == CRM else b"%d-%b" % (n, line)


def child(*command: str, **more: str) -> tuple[float, float, int, int]:
    """Wall and CPU seconds of a process with its children, and peak memory in MB: of the largest of them, and of all together."""
    began = time.perf_counter()
    pid = os.spawnve(
        os.P_NOWAIT, sys.executable, [sys.executable, *command], os.environ | {"PYTHONPATH": str(ROOT)} | more
    )
    together = 0
    while not (ended := os.wait4(pid, os.WNOHANG))[0]:
        together = max(together, resident(pid))
        time.sleep(0.2)
    _, status, used = ended
    assert os.waitstatus_to_exitcode(status) == 0, command
    largest = used.ru_maxrss // 1024
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, largest, max(largest, together)


def resident(pid: int) -> int:
    """MB in memory of a process and all under it; what they share counts for each."""
    parents, pages = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            found = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)], pages[int(folder.name)] = int(found[1]), int(found[21])
    family = {pid}
    while grown := {p for p, parent in parents.items() if parent in family} - family:
        family |= grown
    return sum(pages.get(p, 0) for p in family) * os.sysconf("SC_PAGE_SIZE") >> 20


def first(world: Path, folder: Path, signals: int) -> None:
    """The state after a first night with a hundredth of the signals, and the data of the night that is measured."""
    cut(world / "data", folder, signals // 100)
    shutil.copy(world / "deployment.yaml", folder / "deployment.yaml")
    child("-m", "cli.main", "run", "-d", str(folder), "--as-of", "2026-10-31", "-q")
    (folder / "signals").write_text(str(cut(world / "data", folder, signals)))


def night(world: Path, home: Path, signals: int, before: Path, state: Path | None) -> dict[str, object]:
    folder = home / "lender"
    if not before.exists():
        first(world, before, signals)
    shutil.copytree(before, folder)
    there = int((folder / "signals").read_text())
    airflow = {"AIRFLOW_HOME": str(home / "airflow")}
    child(
        "-c",
        f"from pathlib import Path; from dags import local; local.configure(Path({str(folder)!r})); local.migrate()",
        **airflow,
    )
    wall, cpu, largest, together = child("-m", "dags.local", "-d", str(folder), "--as-of", "2026-11-01", **airflow)
    report = json.loads(
        subprocess.run(
            [sys.executable, "-m", "cli.main", "report", "-d", str(folder), "--format", "json"],
            check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
        ).stdout
    )  # fmt: skip
    if state:
        state.parent.mkdir(parents=True, exist_ok=True)
        with state.open("w") as out:
            subprocess.run(
                [sys.executable, str(ROOT / "benchmarks" / "night_state.py"), str(folder)], check=True, stdout=out
            )
    steps: dict[str, float] = {}
    for step in report["steps"]:
        steps[step["step"]] = round(steps.get(step["step"], 0.0) + step["seconds"], 1)
    slow = sorted(report["steps"], key=lambda s: -s["seconds"])[:5]
    return {
        "signals": there, "wall_s": round(wall, 1), "cpu_s": round(cpu, 1), "steps_s": round(sum(steps.values()), 1),
        "peak_mb": largest, "peak_all_mb": together, "steps": steps, "slowest": [[s["step"], s["source"], s["seconds"]] for s in slow],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="+", help="DEBTORS:SIGNALS")
    parser.add_argument(
        "--worlds", type=Path, help="keep the written portfolios, and the state before the measured night, here"
    )
    parser.add_argument("--state", type=Path, help="write what each night left behind into this folder, a file a size")
    args = parser.parse_args()
    found = []
    for size in args.sizes:
        debtors, signals = map(int, size.split(":"))
        with tempfile.TemporaryDirectory(prefix="skiptrace-nightly-") as home:
            world = (args.worlds or Path(home)) / f"world-{debtors}"
            if not world.exists():
                written(world, debtors)
            before = world.with_name(f"before-{debtors}-{signals}")
            state = args.state and args.state / f"{debtors}-{signals}.txt"
            load = os.getloadavg()[0]
            found.append({"debtors": debtors, "load": load} | night(world, Path(home), signals, before, state))
        print(json.dumps(found[-1]), flush=True)
    for one, other in itertools.pairwise(found):
        ratio = math.log(float(str(one["cpu_s"])) / float(str(other["cpu_s"])))
        print(f"exponent of CPU {ratio / math.log(float(str(one['signals'])) / float(str(other['signals']))):.2f}")


if __name__ == "__main__":
    main()
