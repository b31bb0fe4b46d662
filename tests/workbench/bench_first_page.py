"""Server time of the first pages with many debtors: ``python -m tests.workbench.bench_first_page [debtors]``.

Synthetic cases, three candidates each, in a throw-away store.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from fastapi.testclient import TestClient

import sample
import store
from pipeline.site import open_site
from workbench import accounts
from workbench.app import create_app


def fill(site, debtors: int) -> None:
    """``debtors`` open cases with three candidates each, every one on a grant of its own."""
    rng = np.random.default_rng(7)
    now = datetime.now(UTC)
    ids = [f"B{i:08d}" for i in range(debtors)]
    cases = {
        "case_id": ids, "status": ["open"] * debtors, "portfolio": rng.choice(["a", "b", "c"], debtors),
        "balance": rng.gamma(2, 9000, debtors), "days_past_due": rng.integers(60, 900, debtors),
        "customer_token": ids,
    }  # fmt: skip
    site.store.save_cases(pa.table(cases), run_key="bench")
    n = 3 * debtors
    consents = [f"g{i // 3}" for i in range(n)]
    grants = {
        "consent_id": [f"g{i}" for i in range(debtors)], "customer_token": ids, "id_token": pa.nulls(debtors, pa.string()),
        "purpose": [site.deployment.purpose] * debtors, "scope": ["delivery_address"] * debtors,
        "granted_at": pa.array([now - timedelta(days=9)] * debtors, pa.timestamp("us", "UTC")),
        "expires_at": pa.array([now + timedelta(days=900)] * debtors, pa.timestamp("us", "UTC")),
        "withdrawn_at": pa.nulls(debtors, pa.timestamp("us", "UTC")), "notice_version": ["v"] * debtors,
    }  # fmt: skip
    site.store.save_grants(pa.table(grants), run_key="bench")
    factors = [[{"factor": "source", "log_odds": 1.0, "detail": None}]] * n
    seen = pa.array([now - timedelta(days=30)] * n, pa.timestamp("us", "UTC"))
    rows = {
        "candidate_id": [f"c{i}" for i in range(n)], "case_id": [ids[i // 3] for i in range(n)],
        "rank": pa.array([i % 3 + 1 for i in range(n)], pa.int32()), "kind": ["phone", "address", "region"] * debtors,
        "value_sealed": pa.array([b"x"] * n, pa.binary()), "value_masked": ["138****8000"] * n,
        "probability": rng.beta(2, 2, n), "holder": ["debtor"] * n, "first_seen": seen, "last_seen": seen,
        "sources": [["shop"]] * n, "origins": pa.array([1] * n, pa.int32()), "reasons": [["seen_by:deliveries"]] * n,
        "factors": factors, "consent_ids": [[c] for c in consents],
    }  # fmt: skip
    site.store.publish(pa.table(rows).cast(store.CANDIDATE_ROWS), run_key="bench", at=now)


def main(debtors: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sample.write(sample.WORLDS["demo"], Path(folder), debtors=5, seed=7)
        site = open_site(folder)
        fill(site, debtors)
        app = create_app(site)
        started = time.perf_counter()
        app.state.workbench.refresh(wait=True)
        print(f"{debtors:,} debtors; the queue made anew in {time.perf_counter() - started:.2f} s")
        client = TestClient(app)
        client.post("/sign-in", data={"name": "bench", "password": accounts.create(site, "bench", "analyst")})
        for path in ("/queue", "/queue?sort=days_past_due", "/queue?portfolio=b", "/queue?offset=90000", "/cases/B00000042",
                     "/batch", "/quality"):  # fmt: skip
            took = []
            for _ in range(9):
                answer = client.get(path, follow_redirects=False)
                took.append(float(answer.headers["server-timing"].rpartition("=")[2]))
            print(
                f"{path:28} {answer.status_code}  first {took[0]:7.1f} ms  median {statistics.median(took):7.1f} ms  worst {max(took):7.1f} ms"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
