"""Server time of the workbench's first pages with many debtors, three candidates each: the first read, the median and the worst of nine, in ms.

Usage: python benchmarks/first_page.py [debtors]. A throw-away store (SQLite); no HTTP between processes.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

PAGES = (
    "/queue", "/queue?sort=days_past_due", "/queue?portfolio=b", "/queue?offset=90000", "/cases/B00000042", "/batch", "/quality",
)  # fmt: skip


def main(debtors: int) -> None:
    from fastapi.testclient import TestClient

    from benchmarks.made_up_cases import opened
    from workbench import accounts
    from workbench.app import create_app

    with opened(debtors, candidates=3) as site:
        app = create_app(site)
        started = time.perf_counter()
        app.state.workbench.refresh(wait=True)
        print(f"{debtors:,} debtors; the queue made anew in {time.perf_counter() - started:.2f} s")
        client = TestClient(app)
        client.post("/sign-in", data={"name": "bench", "password": accounts.create(site, "bench", "analyst")})
        for path in PAGES:
            took = []
            for _ in range(9):
                answer = client.get(path, follow_redirects=False)
                took.append(float(answer.headers["server-timing"].rpartition("=")[2]))
            print(
                f"{path:28} {answer.status_code}  first {took[0]:7.1f} ms  median {statistics.median(took):7.1f} ms  worst {max(took):7.1f} ms"
            )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
