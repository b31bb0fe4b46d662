"""A debtor of 10,000 candidates: the debtor's page, the case's page and the feed's read of it, in ms of CPU and of wall time.

Usage: python benchmarks/big_debtor.py [candidates]. A throw-away store (SQLite) beside the sample's; each figure is the median of seven, without HTTP
between processes.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path


def main(candidates: int) -> None:
    from fastapi.testclient import TestClient

    from benchmarks.made_up_cases import opened
    from feed import clients
    from feed.app import create_app as feed_app
    from workbench import accounts
    from workbench.app import create_app

    with opened(1, candidates, grants=100) as site:
        app = create_app(site)
        app.state.workbench.refresh(wait=True)
        analyst = TestClient(app)
        analyst.post("/sign-in", data={"name": "bench", "password": accounts.create(site, "bench", "analyst")})
        key = clients.create(site, "bench", scopes=list(clients.Scope), rate_per_minute=10**7, actor="bench")
        headers = {"Authorization": f"Bearer {key}", "X-Purpose": site.deployment.purpose}
        reader = TestClient(feed_app(site), headers=headers)
        for name, ask in {
            "debtor's page": lambda: analyst.get("/cases/B00000000"),
            "debtor's last page": lambda: analyst.get(f"/cases/B00000000?offset={candidates - 50}"),
            "case's page": lambda: analyst.get("/casework/B00000000"),
            "feed: candidates of the case": lambda: reader.get("/v1/cases/B00000000/candidates"),
            "feed: state of the case": lambda: reader.get("/v1/cases/B00000000/state"),
        }.items():
            print(f"{name:30} {_told(ask)}")


def _told(ask: Callable[[], object]) -> str:
    cpu, wall, size = [], [], 0
    for _ in range(7):
        began, there = time.process_time(), time.perf_counter()
        answer = ask()
        cpu.append(time.process_time() - began)
        wall.append(time.perf_counter() - there)
        assert answer.status_code == 200, answer.status_code
        size = len(answer.content)
    return f"{statistics.median(cpu) * 1000:7.0f} ms CPU {statistics.median(wall) * 1000:7.0f} ms wall {size / 1000:9,.0f} kB"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
