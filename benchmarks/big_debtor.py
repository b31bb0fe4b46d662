"""A debtor of 10,000 candidates: the debtor's page, the case's page and the feed's read of it, in ms of CPU and of wall time.

Usage: python benchmarks/big_debtor.py [candidates]. A throw-away store (SQLite) beside the sample's; each figure is the median of seven, without HTTP
between processes.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa


def main(candidates: int) -> None:
    from fastapi.testclient import TestClient

    import sample
    from feed import clients
    from feed.app import create_app as feed_app
    from pipeline.site import open_site
    from workbench import accounts
    from workbench.app import create_app

    with tempfile.TemporaryDirectory() as folder:
        sample.write(sample.WORLDS["demo"], Path(folder), debtors=5, seed=7)
        site = open_site(folder)
        _fill(site, candidates)
        app = create_app(site)
        app.state.workbench.refresh(wait=True)
        analyst = TestClient(app)
        analyst.post("/sign-in", data={"name": "bench", "password": accounts.create(site, "bench", "analyst")})
        key = clients.create(site, "bench", scopes=list(clients.Scope), rate_per_minute=10**7, actor="bench")
        headers = {"Authorization": f"Bearer {key}", "X-Purpose": site.deployment.purpose}
        reader = TestClient(feed_app(site), headers=headers)
        for name, ask in {
            "debtor's page": lambda: analyst.get("/cases/BIG"),
            "debtor's last page": lambda: analyst.get(f"/cases/BIG?offset={candidates - 50}"),
            "case's page": lambda: analyst.get("/casework/BIG"),
            "feed: candidates of the case": lambda: reader.get("/v1/cases/BIG/candidates"),
            "feed: state of the case": lambda: reader.get("/v1/cases/BIG/state"),
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


def _fill(site, n: int) -> None:
    """One open case with so many candidates, each on one of a hundred consents."""
    from store import CANDIDATE_ROWS

    rng, now = np.random.default_rng(7), datetime.now(UTC)
    case = {"case_id": ["BIG"], "status": ["open"], "portfolio": ["a"], "balance": [9000.0], "days_past_due": [120]}
    site.store.save_cases(pa.table(case | {"customer_token": ["big"]}), run_key="bench")
    time_of = pa.timestamp("us", "UTC")
    consents = [f"g{i}" for i in range(100)]
    site.store.save_grants(
        pa.table(
            {
                "consent_id": consents, "customer_token": ["big"] * 100, "id_token": pa.nulls(100, pa.string()),
                "purpose": [site.deployment.purpose] * 100, "scope": ["delivery_address"] * 100,
                "granted_at": pa.array([now - timedelta(days=9)] * 100, time_of),
                "expires_at": pa.array([now + timedelta(days=900)] * 100, time_of),
                "withdrawn_at": pa.nulls(100, time_of), "notice_version": ["v"] * 100,
            }
        ),
        run_key="bench",
    )  # fmt: skip
    seen = pa.array([now - timedelta(days=30)] * n, time_of)
    rows = {
        "candidate_id": [f"c{i}" for i in range(n)], "case_id": ["BIG"] * n, "rank": pa.array(range(1, n + 1), pa.int32()),
        "kind": ["phone" if i % 2 else "address" for i in range(n)], "value_sealed": pa.array([b"x"] * n, pa.binary()),
        "value_masked": ["138****8000"] * n, "probability": np.sort(rng.beta(2, 2, n))[::-1], "holder": ["debtor"] * n,
        "first_seen": seen, "last_seen": seen, "sources": [["shop"]] * n, "origins": pa.array([1] * n, pa.int32()),
        "reasons": [["seen_by:deliveries"]] * n, "factors": [[{"factor": "source", "log_odds": 1.0, "detail": None}]] * n,
        "consent_ids": [[consents[i % 100]] for i in range(n)],
    }  # fmt: skip
    site.store.publish(pa.table(rows).cast(CANDIDATE_ROWS), run_key="bench", at=now)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
