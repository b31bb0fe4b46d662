"""Figures of privacy: rotation, encryption of the stage, verifying and tampering with the audit chain, withdrawals.

python -m benchmarks.privacy_figures rotation 1000000
python -m benchmarks.privacy_figures killed 200000
python -m benchmarks.privacy_figures overhead <portfolio folder> 3
python -m benchmarks.privacy_figures audit 100000 1000
python -m benchmarks.privacy_figures withdrawals <portfolio folder> 100 [postgresql]    a throw-away server of its own
python -m benchmarks.privacy_figures stage <portfolio folder>
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

import privacy.keys
import store
from core.events import Event, EventName
from pipeline import residue, rotate, serve, withdraw
from pipeline.run import Run, interval_of
from pipeline.site import Site, open_site
from privacy.cipher import FileCipher
from store.stage import Stage

DEPLOYMENT = """
deployment: bench
jurisdiction: cn
purpose: post_loan_contact
impact_assessment: {id: PIA-1, valid_until: 2030-01-01}
sources:
  - {name: registry, kind: declared_contacts, transport: csv, location: a.csv, fields: {case_id: a, name: b}}
  - name: consents
    kind: consents
    transport: csv
    location: b.csv
    fields: {customer_no: a, purpose: b, scope: c, granted_at: d}
"""


def rotation(values: int) -> None:
    """Rotate over this many sealed values while a reader reads; the longest a read took."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "deployment.yaml").write_text(DEPLOYMENT)
        site = open_site(folder)
        _fill(site, values)
        waits, failures, stop = [0.0], [0], threading.Event()

        def reader() -> None:
            other = open_site(folder)
            other.keys  # noqa: B018 - loaded before the rotation, as a service has it
            chosen = random.Random(3)
            while not stop.is_set():
                began = time.perf_counter()
                key = f"{chosen.randrange(values):08}"
                for _, aad, blob in other.store.subjects.sealed("quarantine", after=key, limit=5):
                    failures[0] += not other.keys.open(blob, aad).startswith("1380")
                waits.append(time.perf_counter() - began)
                time.sleep(0.01)

        thread = threading.Thread(target=reader)
        thread.start()
        began = time.perf_counter()
        done = rotate.rotate(site, actor="bench")
        seconds = time.perf_counter() - began
        stop.set()
        thread.join()
        print(f"rotation: {done.resealed} values in {seconds:.1f} s; {len(waits) - 1} reads meanwhile, "
              f"{failures[0]} failed, longest {max(waits) * 1e3:.0f} ms; keys in use {sorted(rotate.used_keys(site))}")  # fmt: skip


def _fill(site: Site, values: int) -> None:
    step = 100_000
    for first in range(0, values, step):
        numbers = range(first, min(first + step, values))
        blobs = [site.keys.seal(f"1380{n:07}", "quarantine:s") for n in numbers]
        rows = pa.table({"source": ["s"] * len(blobs), "record_id": [str(n) for n in numbers],
                         "row": list(numbers), "field": ["f"] * len(blobs), "reason": ["missing"] * len(blobs),
                         "payload_sealed": pa.array(blobs, pa.binary())})  # fmt: skip
        site.store.quarantine_add(rows, run_key="r", at=datetime.now(UTC))


def killed(values: int) -> None:
    """Kill a rotation with SIGKILL in its middle, then run the command again: it goes on, and everything opens."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "deployment.yaml").write_text(DEPLOYMENT)
        site = open_site(folder)
        _fill(site, values)
        command = [sys.executable, "-m", "cli.main", "keys", "rotate", "-d", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while not (done := _under(site, "k2")):
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        half = _under(site, "k2")
        again = rotate.rotate(site, actor="bench")
        opened = sum(
            site.keys.open(blob, aad).startswith("1380")
            for n in range(0, values, 50_000)
            for _, aad, blob in site.store.subjects.sealed("quarantine", after="", limit=values)[n : n + 50_000]
        )
        print(f"killed after {half} of {values} (first seen at {done}); resumed {again.resumed}, sealed again {again.resealed}, "
              f"key {again.key_id}, opened {opened}, keys in use {sorted(rotate.used_keys(site))}")  # fmt: skip


def _under(site: Site, key: str) -> int:
    """How many values are sealed under this key."""
    blobs = (blob for _, _, blob in site.store.subjects.sealed("quarantine", limit=10_000_000))
    return sum(privacy.keys.key_of(blob) == key for blob in blobs)


def overhead(portfolio: str, pairs: int) -> None:
    """The same run with an encrypted and with a plain stage, in turn (ABBA), each in a process of its own: CPU and wall seconds."""
    spent: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    order = [is_encrypted for i in range(pairs) for is_encrypted in ((False, True) if i % 2 else (True, False))]
    for is_encrypted in [True, *order]:  # the first warms up and is thrown away
        code = f"from benchmarks.privacy_figures import once; once({portfolio!r}, {is_encrypted})"
        out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        cpu, wall = map(float, out.split()[-2:])
        spent[is_encrypted].append((cpu, wall))
    cpu, wall = ({k: statistics.median(s[i] for s in v[-pairs:]) for k, v in spent.items()} for i in (0, 1))
    print(f"medians of {pairs}: encrypted {cpu[True]:.2f} s CPU, {wall[True]:.2f} s; plain {cpu[False]:.2f} s CPU, {wall[False]:.2f} s; "
          f"overhead {cpu[True] / cpu[False] - 1:+.1%} CPU, {wall[True] / wall[False] - 1:+.1%} wall; all {spent}")  # fmt: skip


def once(portfolio: str, is_encrypted: bool) -> None:
    """One whole run in this process; prints its CPU and wall seconds."""
    from pipeline.walk import walk

    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(portfolio, f"{folder}/d", ignore=shutil.ignore_patterns("truth", "state"))
        site = open_site(f"{folder}/d")
        if not is_encrypted:
            site.__dict__["stage"] = Stage(site.folder / site.deployment.stage)
        began, cpu = time.perf_counter(), time.process_time()
        walk(Run(site, interval_of(date(2026, 11, 1))))
        print(time.process_time() - cpu, time.perf_counter() - began)


def audit(events: int, tamperings: int) -> None:
    """Verify a chain of this many events; then alter, remove or reorder a random row, this many times."""
    with tempfile.TemporaryDirectory() as folder:
        db = store.open("sqlite:///a.db", base=Path(folder))
        for first in range(0, events, 10_000):
            db.record(*[Event(EventName.CANDIDATES_READ, "bench", facts={"rows": first + i}) for i in range(10_000)])
        began = time.perf_counter()
        verdict = db.verify_audit()
        print(f"audit: {verdict.checked} events verified in {time.perf_counter() - began:.2f} s, {verdict.is_intact}")
        small = store.open("sqlite:///b.db", base=Path(folder))
        small.record(*[Event(EventName.CANDIDATES_READ, "bench", facts={"rows": i}) for i in range(300)])
        small.close()
        found = sum(_tampering_is_found(Path(folder), random.Random(i)) for i in range(tamperings))
        print(f"tamperings: {tamperings}, found {found}")


def _tampering_is_found(folder: Path, chance: random.Random) -> bool:
    """Tamper with a copy of the small chain, past the triggers, and verify it."""
    shutil.copy(folder / "b.db", folder / "c.db")
    raw = sqlite3.connect(folder / "c.db", isolation_level=None)
    raw.execute("PRAGMA synchronous = off")
    for trigger in ("audit_no_update", "audit_no_delete"):
        raw.execute(f"DROP TRIGGER {trigger}")
    seq, other = chance.sample(range(1, 301), 2)
    way = chance.choice(["alter", "remove", "reorder", "cut off"])
    if way == "alter":
        column = chance.choice(["at", "event", "actor", "run_key", "facts", "prev_hash", "hash"])
        value = "2020-01-01 00:00:00.000000" if column == "at" else "x"
        raw.execute(f"UPDATE audit SET {column} = ? WHERE seq = ?", (value, seq))
    elif way == "remove":
        raw.execute("DELETE FROM audit WHERE seq = ?", (seq,))
    elif way == "cut off":
        raw.execute("DELETE FROM audit WHERE seq >= ?", (seq,))
    else:
        for a, b in ((seq, -1), (other, seq), (-1, other)):
            raw.execute("UPDATE audit SET seq = ? WHERE seq = ?", (b, a))
    raw.close()
    db = store.open("sqlite:///c.db", base=folder)
    is_found = not db.verify_audit().is_intact
    db.close()
    return is_found


def _on(server: Any, folder: str, name: str) -> None:
    """This deployment's store becomes a database of the server."""
    admin = sa.create_engine(server.url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    admin.dispose()
    file = Path(folder) / "deployment.yaml"
    text = file.read_text(encoding="utf-8")
    before = next(line.partition(": ")[2] for line in text.splitlines() if line.startswith("store: "))
    file.write_text(text.replace(before, server.url.replace("/postgres?", f"/{name}?")), encoding="utf-8")


def withdrawals(portfolio: str, persons: int, store_kind: str = "sqlite") -> None:
    """Withdraw this many persons between two runs and in the middle of one: time to invisible, to no residue, residue."""
    from pipeline.walk import walk
    from tests.pipeline.withdrawn import run_with, values_of
    from tests.servers.databases import postgres

    with postgres() if store_kind == "postgresql" else nullcontext() as server:
        _withdrawals(portfolio, persons, server, walk, run_with, values_of)


def _withdrawals(
    portfolio: str,
    persons: int,
    server: Any,
    walk: Callable[..., Any],
    run_with: Callable[..., Any],
    values_of: Callable[..., set[str]],
) -> None:
    for when in ("between", "mid-run"):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(portfolio, f"{folder}/d", ignore=shutil.ignore_patterns("truth", "state"))
            if server is not None:
                _on(server, f"{folder}/d", f"figures_{when.replace('-', '_')}")
            site = open_site(f"{folder}/d")
            run = Run(site, interval_of(date(2026, 11, 1)))
            walk(run)
            cases = sorted(set(site.store.snapshot().rows["case_id"].to_pylist()))
            who = random.Random(1).sample(cases, persons)
            values = values_of(Path(portfolio), who)
            before = residue.search(site, values).found
            times: dict[str, float] = {}

            def act(
                step: str = "match", times: dict[str, float] = times, site: Site = site, who: list[str] = who
            ) -> None:
                if step != "match":
                    return
                began = time.perf_counter()
                withdraw.withdraw(site, case_id=who[0], actor="bench")
                times["one, done and told"] = time.perf_counter() - began
                began = time.perf_counter()
                withdraw.withdraw_all(site, [withdraw.Person(case_id=c) for c in who[1:]], actor="bench")
                times["the others"] = time.perf_counter() - began
                seen = serve.candidates(site, actor="bench")["case_id"].to_pylist()
                times["visible afterwards"] = len(set(seen) & set(who))

            began = time.perf_counter()
            act() if when == "between" else run_with(run, act)
            times["to no residue"] = time.perf_counter() - began
            after = residue.search(site, values, restricted=True)
            files = "" if server is None else f"; hits in the server's files {_in_files(server.data.parent, values)}"
            print(f"{when}: {json.dumps({k: round(v, 3) for k, v in times.items()})}; values {len(values)}, "
                  f"hits before {before}, after {after.found}; sealed values opened {after.opened}, files {after.files}{files}")  # fmt: skip
            site.store.close()


def _in_files(folder: Path, values: set[str]) -> int:
    """Plain values in any file of the server: tables, write-ahead log, server log."""
    contents = (p.read_bytes() for p in folder.rglob("*") if p.is_file())
    return sum(v.encode() in content for content in contents for v in values)


def stage(portfolio: str) -> None:
    """A run with and without an encrypted stage, and what a thief of it reads in the middle."""
    from tests.pipeline.withdrawn import run_with
    from tests.support import canary_texts

    planted = canary_texts(json.loads((Path(portfolio) / "truth" / "planted.json").read_text(encoding="utf-8")))
    for is_encrypted in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(portfolio, f"{folder}/d", ignore=shutil.ignore_patterns("truth", "state"))
            site = open_site(f"{folder}/d")
            plain = Stage(site.folder / site.deployment.stage)
            site.__dict__["stage"] = Stage(plain.folder, FileCipher(site.keys)) if is_encrypted else plain
            hits: dict[str, int] = {}
            looked, spent = [0.0], [0.0]
            for name in ("seal", "open") if is_encrypted else ():
                setattr(site.stage._cipher, name, _timed(getattr(site.stage._cipher, name), spent))  # noqa: SLF001

            def look(step: str, hits: dict[str, int] = hits, looked: list[float] = looked, site: Site = site) -> None:
                began = time.perf_counter()
                hits[step] = sum(residue.stolen(site.folder / "state", planted, without={"keys.json"}).values())
                looked[0] += time.perf_counter() - began

            began = time.perf_counter()
            run_with(Run(site, interval_of(date(2026, 11, 1))), look)
            wall = time.perf_counter() - began - looked[0]
            print(f"encrypted {is_encrypted}: {wall:.2f} s, of which sealing and opening {spent[0]:.3f} s "
                  f"({spent[0] / wall:.1%}); planted values found {hits}")  # fmt: skip


def _timed(act: Callable[..., bytes], spent: list[float]) -> Callable[..., bytes]:
    def timed(*args: object) -> bytes:
        began = time.perf_counter()
        try:
            return act(*args)
        finally:
            spent[0] += time.perf_counter() - began

    return timed


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    globals()[name](*[int(a) if a.isdigit() else a for a in arguments])
