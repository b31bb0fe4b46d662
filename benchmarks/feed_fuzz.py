"""schemathesis over the whole contract of a served feed, with a key of every scope and without one: cases and failures.

Usage: python benchmarks/feed_fuzz.py FOLDER_OF_A_SITE_THAT_RAN SCHEMATHESIS [examples an operation] [seed]. SCHEMATHESIS is its program, in an
environment of its own. Use a copy of the folder: cases get closed and consents withdrawn.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

# Loaded by schemathesis. A long poll is asked for, but not waited for. Half of the valid cases name cases, candidates, requests and sources
# that are there, so that more is tried than how nothing is found.
HOOKS = """
import itertools, json
import schemathesis

REAL = {name: itertools.cycle(ids) for name, ids in json.load(open("real.json")).items()}
TURN = itertools.count()

def real(found):
    for name in set(found) & set(REAL):
        found[name] = next(REAL[name])

@schemathesis.hook
def before_call(context, case, kwargs):
    query = case.query or {}
    if str(query.get("wait", "")).isdigit() and 0 < int(query["wait"]) <= 30:
        query["wait"] = 0
    if case.meta is None or case.meta.generation.mode.name != "POSITIVE" or next(TURN) % 2:
        return
    real(case.path_parameters or {})
    if isinstance(case.body, dict):
        for row in [case.body, *case.body.get("rows", [])]:
            real(row)
"""


def main() -> None:
    folder, program = sys.argv[1:3]
    examples, seed = int((sys.argv[3:] or ["100"])[0]), int((sys.argv[4:] or ["1"])[0])
    from benchmarks.feed_consumer import ready
    from feed import clients
    from pipeline.site import open_site

    site = open_site(folder)
    port = random.randint(20000, 40000)
    key = clients.create(site, f"fuzz-{port}", scopes=list(clients.Scope), rate_per_minute=10**7, actor="benchmark")
    real = _real(site)
    server = subprocess.Popen([sys.executable, "-m", "feed", "-d", folder, "--port", str(port)])
    url, failed = f"http://127.0.0.1:{port}", 0
    try:
        ready(url)
        for who, headers in {
            "every scope": {"Authorization": f"Bearer {key}", "X-Purpose": site.deployment.purpose},
            "no key": {},
        }.items():
            began = time.perf_counter()
            told = _fuzz(program, url, headers, examples, seed, real)
            print(
                json.dumps({"who": who, "seed": seed, "seconds": round(time.perf_counter() - began)} | told), flush=True
            )
            failed += told["failures"]
    finally:
        server.terminate()
        server.wait()
    raise SystemExit(1 if failed else 0)


def _real(site) -> str:
    """Ids of what is there, as JSON; requests of persons are entered first."""
    from pipeline import rights

    rows = site.store.snapshot().rows
    cases, sources = rows["case_id"].unique().to_pylist(), [s.name for s in site.deployment.sources]
    asked = [rights.receive(site, "access", case, actor="benchmark")["id"] for case in cases[:300]]
    return json.dumps(
        {"case_id": cases, "candidate_id": rows["candidate_id"].to_pylist(), "request_id": asked, "source": sources}
    )


def _fuzz(program: str, url: str, headers: dict[str, str], examples: int, seed: int, real: str) -> dict[str, object]:
    """What one run came to, read from its events."""
    with tempfile.TemporaryDirectory() as there:
        hooks, events = Path(there, "fuzz_hooks.py"), Path(there, "events.ndjson")
        hooks.write_text(HOOKS, encoding="utf-8")
        Path(there, "real.json").write_text(real, encoding="utf-8")
        command = [program, "run", f"{url}/v1/openapi.json", "--max-examples", str(examples), "--seed", str(seed),
                   "--continue-on-failure", "--report", "ndjson", "--report-ndjson-path", str(events), "--no-color"]  # fmt: skip
        for name, value in headers.items():
            command += ["-H", f"{name}: {value}"]
        environment = os.environ | {"SCHEMATHESIS_HOOKS": "fuzz_hooks", "PYTHONPATH": there}
        ended = subprocess.run(command, cwd=there, env=environment, capture_output=True, text=True, check=False)
        if ended.returncode > 1:
            raise SystemExit(ended.stdout[-3000:] + ended.stderr[-3000:])
        if ended.returncode:
            print(ended.stdout[-20000:], file=sys.stderr)
        return _counted(events)


def _counted(events: Path) -> dict[str, object]:
    cases, failures, operations = 0, 0, set()
    statuses: Counter[str] = Counter()
    for line in events.read_text(encoding="utf-8").splitlines():
        for recorder in _recorders(json.loads(line)):
            operations.add(recorder.get("label"))
            cases += len(recorder.get("cases", {}))
            failures += sum(c["status"] == "failure" for found in recorder.get("checks", {}).values() for c in found)
            statuses.update(
                str(i["response"]["status_code"])[0] + "xx"
                for i in recorder.get("interactions", {}).values()
                if i.get("response")
            )
    return {
        "operations": len(operations),
        "cases": cases,
        "failures": failures,
        "answers": dict(sorted(statuses.items())),
    }


def _recorders(event: dict[str, object]) -> list[dict[str, object]]:
    """The records of scenarios in an event."""
    found = [v["recorder"] for v in event.values() if isinstance(v, dict) and "recorder" in v]
    return [r for r in found if isinstance(r, dict)]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    os.environ["PYTHONPATH"] = str(Path(__file__).parent.parent)
    main()
