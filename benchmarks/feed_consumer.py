"""A consumer killed at random while it takes 100,000 deltas: does it end with what the snapshot says?

The server is `python -m feed` on a store that is filled by real publishes while the consumer runs, with withdrawals and closures in between.
The consumer below is written from docs/howto/consume-the-feed.md alone (urllib and sqlite3), as a separate process, and is killed with
SIGKILL at random moments. Usage: python benchmarks/feed_consumer.py FOLDER_OF_A_SITE_THAT_RAN [deltas] [kills]
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

CONSUMER = """
import json, sqlite3, sys, time, urllib.request
url, key, purpose, file = sys.argv[1:]
db = sqlite3.connect(file, isolation_level=None)
db.execute("CREATE TABLE IF NOT EXISTS candidates (candidate_id TEXT PRIMARY KEY, candidate TEXT)")
db.execute("CREATE TABLE IF NOT EXISTS seq (only INTEGER PRIMARY KEY, seq INTEGER)")
db.execute("INSERT OR IGNORE INTO seq VALUES (1, 0)")
db.execute("CREATE TABLE IF NOT EXISTS applied (seq INTEGER PRIMARY KEY)")  # not in the how-to: a second application would fail
while True:
    (seq,) = db.execute("SELECT seq FROM seq").fetchone()
    ask = urllib.request.Request(f"{url}/v1/deltas?after={seq}&limit=200&wait=1",
                                 headers={"Authorization": f"Bearer {key}", "X-Purpose": purpose})
    try:
        page = json.load(urllib.request.urlopen(ask, timeout=60))
    except OSError:
        time.sleep(0.2)
        continue
    db.execute("BEGIN IMMEDIATE")
    if page["after"] != seq:
        db.execute("ROLLBACK")
        continue
    for d in page["deltas"]:
        db.execute("INSERT INTO applied VALUES (?)", (d["seq"],))
        if d["op"] == "DEL":
            db.execute("DELETE FROM candidates WHERE candidate_id = ?", (d["candidate_id"],))
        else:
            db.execute("INSERT OR REPLACE INTO candidates VALUES (?, ?)", (d["candidate_id"], json.dumps(d["candidate"], sort_keys=True)))
    db.execute("UPDATE seq SET seq = ?", (page["through"],))
    db.execute("COMMIT")
"""


def publisher(folder: str, goal: int, done: threading.Event) -> None:
    """Publish changed sets, withdraw and close, until the sequence is ``goal`` long."""
    import numpy as np
    import pyarrow as pa

    from pipeline import closure
    from pipeline.site import open_site
    from store import CANDIDATE_ROWS

    site = open_site(folder)
    chance = np.random.default_rng(5)
    cases = site.store.cases(status="open")["case_id"].to_pylist()
    base = site.store.snapshot().rows.select(CANDIDATE_ROWS.names).combine_chunks()
    many = pa.concat_tables([base] * 8).combine_chunks()
    ids = [f"{i:032x}" for i in range(many.num_rows)]
    many = many.set_column(0, "candidate_id", pa.array(ids))
    sealed = [site.keys.seal("+8613900000001", f"candidate:{i}") for i in ids]
    many = many.set_column(many.schema.get_field_index("value_sealed"), "value_sealed", pa.array(sealed, pa.binary()))
    k = 0
    while (head := site.store.snapshot().seq) < goal:
        k += 1
        keep = chance.random(many.num_rows) < 0.8
        probability = np.round(chance.random(many.num_rows), 3)
        rows = many.set_column(many.schema.get_field_index("probability"), "probability", pa.array(probability))
        site.store.publish(rows.filter(pa.array(keep)), run_key=f"R{k}", at=datetime.now(UTC))
        if k % 3 == 0:
            closure.close(site, [cases.pop()], closure.Reason.PAID, actor="benchmark")
        print(f"\r{head} deltas", end="", file=sys.stderr, flush=True)
    done.set()


def main() -> None:
    folder, goal, kills = sys.argv[1], int((sys.argv[2:] or ["100000"])[0]), int((sys.argv[3:] or ["200"])[0])
    from feed import clients
    from pipeline.site import open_site

    site = open_site(folder)
    purpose, port = site.deployment.purpose, random.randint(20000, 40000)
    key = clients.create(site, f"bench-{port}", scopes=["deltas:read"], rate_per_minute=10**6, actor="benchmark")
    server = subprocess.Popen([sys.executable, "-m", "feed", "-d", folder, "--port", str(port)])
    url, done, killed = f"http://127.0.0.1:{port}", threading.Event(), 0
    with tempfile.TemporaryDirectory() as there:
        file = Path(there, "held.db")
        writer = threading.Thread(target=publisher, args=(folder, goal, done))
        began = time.perf_counter()
        try:
            ready(url)
            writer.start()
            command = [sys.executable, "-S", "-c", CONSUMER, url, key, purpose, str(file)]
            consumer = subprocess.Popen(command)
            while killed < kills or not done.is_set():
                time.sleep(random.uniform(0.1, 0.9))
                if killed < kills:
                    os.kill(consumer.pid, signal.SIGKILL)
                    consumer.wait()
                    killed += 1
                    consumer = subprocess.Popen(command)
            writer.join()
            seq, snapshot = _snapshot(url, key, purpose)
            _wait_for(file, seq)
            consumer.kill()
            consumer.wait()
            db = sqlite3.connect(file)
            held = {i: json.loads(text) for i, text in db.execute("SELECT candidate_id, candidate FROM candidates")}
            (applied, first, last) = db.execute("SELECT count(*), min(seq), max(seq) FROM applied").fetchone()
        finally:
            server.terminate()
            server.wait()
    result = {
        "deltas": seq, "kills": killed, "held": len(held), "snapshot": len(snapshot), "equal": held == snapshot,
        "duplicates": 0, "gaps": last - first + 1 - applied, "seconds": round(time.perf_counter() - began, 1),
    }  # fmt: skip
    print("\n" + json.dumps(result))
    if not result["equal"] or result["gaps"]:
        raise SystemExit(1)


def _ask(url: str, key: str, purpose: str) -> urllib.request.Request:
    return urllib.request.Request(url, headers={"Authorization": f"Bearer {key}", "X-Purpose": purpose})


def _snapshot(url: str, key: str, purpose: str) -> tuple[int, dict[str, dict[str, object]]]:
    with urllib.request.urlopen(_ask(f"{url}/v1/snapshot", key, purpose), timeout=120) as answer:
        rows = [json.loads(line) for line in answer]
        seq = int(answer.headers["X-Seq"])
    keys = ("case_id", "seq")
    return seq, {r.pop("candidate_id"): {k: v for k, v in r.items() if k not in keys} for r in rows}


def ready(url: str) -> None:
    """Return when the server there answers."""
    for _ in range(400):
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=2)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the server does not come up")


def _wait_for(file: Path, seq: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        (at,) = sqlite3.connect(file).execute("SELECT seq FROM seq").fetchone()
        if at >= seq:
            return
        time.sleep(0.2)
    raise SystemExit(f"the consumer stands still before {seq}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    os.environ["PYTHONPATH"] = str(Path(__file__).parent.parent)
    main()
