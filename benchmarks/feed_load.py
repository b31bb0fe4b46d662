"""Load on a server: deltas streamed a second, times of a case's candidates at 50 clients, a withdrawal to the next read.

Usage: python benchmarks/feed_load.py FOLDER_OF_A_SITE_THAT_RAN [requests] [workers]. The store is whatever its deployment.yaml says.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

CLIENTS = 50


def main() -> None:
    folder, wanted, workers = sys.argv[1], int((sys.argv[2:] or ["10000"])[0]), int((sys.argv[3:] or ["1"])[0])
    import httpx

    from benchmarks.feed_consumer import ready
    from feed import clients
    from pipeline.site import open_site

    site = open_site(folder)
    port = random.randint(20000, 40000)
    key = clients.create(site, f"load-{port}", scopes=list(clients.Scope), rate_per_minute=10**7, actor="benchmark")
    cases = sorted(set(site.store.snapshot().rows["case_id"].to_pylist()))
    server = subprocess.Popen(
        [sys.executable, "-m", "feed", "-d", folder, "--port", str(port), "--workers", str(workers)]
    )
    headers = {"Authorization": f"Bearer {key}", "X-Purpose": site.deployment.purpose}
    base = f"http://127.0.0.1:{port}"
    try:
        ready(base)
        with httpx.Client(base_url=base, headers=headers, timeout=120) as http:
            result = {"store": site.deployment.store.partition(":")[0], "workers": workers} | _stream(http)
            _candidates(port, headers, cases, 500)  # warm
            result |= _candidates(port, headers, cases, wanted)
            result |= _withdrawals(http, cases)
    finally:
        server.terminate()
        server.wait()
    print(json.dumps(result))


def _stream(http) -> dict[str, object]:
    """Everything as NDJSON, twice; the second time counts."""
    for _ in range(2):
        began, rows = time.perf_counter(), 0
        with http.stream("GET", "/v1/deltas?limit=1000000", headers={"Accept": "application/x-ndjson"}) as answer:
            for chunk in answer.iter_bytes():
                rows += chunk.count(b"\n")
        seconds = time.perf_counter() - began
    return {"deltas": rows, "deltas_per_second": round(rows / seconds)}


def _candidates(port: int, headers: dict[str, str], cases: list[str], wanted: int) -> dict[str, object]:
    """50 clients, each with a connection of its own that asks again as soon as it is answered.

    Plain sockets: a client library would take more of the two cores than the server does.
    """
    times: list[float] = []
    failed: list[bytes] = []
    head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())

    async def ask(seed: int) -> None:
        chance = random.Random(seed)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(wanted // CLIENTS):
            path = f"/v1/cases/{chance.choice(cases)}/candidates"
            began = time.perf_counter()
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n".encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", answer)[1]))
            times.append(time.perf_counter() - began)
            if not answer.startswith(b"HTTP/1.1 200"):
                failed.append(answer[:12])
        writer.close()

    async def all_of_them() -> None:
        await asyncio.gather(*[ask(i) for i in range(CLIENTS)])

    began = time.perf_counter()
    asyncio.run(all_of_them())
    seconds = time.perf_counter() - began
    cut = statistics.quantiles(times, n=100)
    return {
        "requests": len(times), "clients": CLIENTS, "failed": len(failed), "per_second": round(len(times) / seconds),
        "p50_ms": round(cut[49] * 1000, 1), "p99_ms": round(cut[98] * 1000, 1),
    }  # fmt: skip


def _withdrawals(http, cases: list[str]) -> dict[str, object]:
    """From sending a withdrawal to the end of the next read, which must be empty and told as DEL."""
    times = []
    for i, case in enumerate(cases[:20]):
        head = http.get("/v1/deltas?limit=1").json()["head"]
        had = http.get(f"/v1/cases/{case}/candidates").json()["candidates"]
        began = time.perf_counter()
        told = http.post(
            "/v1/withdrawals",
            json={"rows": [{"case_id": case}]},
            headers={"Idempotency-Key": f"load-{time.time_ns()}-{i}"},
        )
        left = http.get(f"/v1/cases/{case}/candidates").json()["candidates"]
        times.append(time.perf_counter() - began)
        deltas = http.get(f"/v1/deltas?after={head}").json()["deltas"]
        assert told.json()["accepted"] == 1
        assert not left
        assert len([d for d in deltas if d["case_id"] == case and d["op"] == "DEL"]) == len(had)
    return {"withdrawals": len(times), "withdrawal_to_read_ms": round(statistics.median(times) * 1000, 1)}


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    os.environ["PYTHONPATH"] = str(Path(__file__).parent.parent)
    main()
