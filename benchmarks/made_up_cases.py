"""A throw-away store of open cases with candidates, for benchmarks of what reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from pipeline.site import Site

_TIME = pa.timestamp("us", "UTC")


@contextmanager
def opened(debtors: int, candidates: int, grants: int = 1) -> Iterator[Site]:
    """A site whose store (SQLite) holds so many cases ``B00000000``…, each with so many candidates on so many grants."""
    import sample
    from pipeline.site import open_site

    with TemporaryDirectory() as folder:
        sample.write(sample.WORLDS["demo"], Path(folder), debtors=5, seed=7)
        site = open_site(folder)
        _fill(site, debtors, candidates, grants)
        yield site


def _fill(site: Site, debtors: int, candidates: int, grants: int) -> None:
    from store import CANDIDATE_ROWS

    rng, now = np.random.default_rng(7), datetime.now(UTC)
    ids = [f"B{i:08d}" for i in range(debtors)]
    cases = {
        "case_id": ids, "status": ["open"] * debtors, "portfolio": rng.choice(["a", "b", "c"], debtors),
        "balance": rng.gamma(2, 9000, debtors), "days_past_due": rng.integers(60, 900, debtors), "customer_token": ids,
    }  # fmt: skip
    site.store.save_cases(pa.table(cases), run_key="bench")
    m, n = debtors * grants, debtors * candidates
    granted = {
        "consent_id": [f"g{i}" for i in range(m)], "customer_token": [ids[i // grants] for i in range(m)],
        "id_token": pa.nulls(m, pa.string()), "purpose": [site.deployment.purpose] * m, "scope": ["delivery_address"] * m,
        "granted_at": pa.array([now - timedelta(days=9)] * m, _TIME),
        "expires_at": pa.array([now + timedelta(days=900)] * m, _TIME),
        "withdrawn_at": pa.nulls(m, _TIME), "notice_version": ["v"] * m,
    }  # fmt: skip
    site.store.save_grants(pa.table(granted), run_key="bench")
    kinds = ("phone", "address", "region")
    seen = pa.array([now - timedelta(days=30)] * n, _TIME)
    rows = {
        "candidate_id": [f"c{i}" for i in range(n)], "case_id": [ids[i // candidates] for i in range(n)],
        "rank": pa.array([i % candidates + 1 for i in range(n)], pa.int32()), "kind": [kinds[i % 3] for i in range(n)],
        "value_sealed": pa.array([b"x"] * n, pa.binary()), "value_masked": ["138****8000"] * n,
        "probability": np.sort(rng.beta(2, 2, (debtors, candidates)))[:, ::-1].ravel(), "holder": ["debtor"] * n,
        "first_seen": seen, "last_seen": seen, "sources": [["shop"]] * n, "origins": pa.array([1] * n, pa.int32()),
        "reasons": [["seen_by:deliveries"]] * n, "factors": [[{"factor": "source", "log_odds": 1.0, "detail": None}]] * n,
        "consent_ids": [[f"g{i // candidates * grants + i % grants}"] for i in range(n)],
    }  # fmt: skip
    site.store.publish(pa.table(rows).cast(CANDIDATE_ROWS), run_key="bench", at=now)
