"""Who is worked first."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from core import schemas
from ranking.queue import SCHEMA, order

AT = datetime(2026, 11, 1, tzinfo=UTC)
ALLOWED = {"case_id", "position", "expected_value", "probability", "balance", "time_factor", "days_past_due"}


def queue(*, balances: list[float], p: list[float], due: list[int]) -> list[dict]:
    ids = [f"C{i}" for i in range(len(p))]
    candidates = pa.table({"case_id": ids, "kind": ["phone"] * len(p), "probability": p})
    registry = schemas.conform(
        pa.table({"case_id": ids, "balance": balances, "days_past_due": due}), schemas.CLEAN_REGISTRY
    )
    return order(candidates, registry, as_of=AT).to_pylist()


def test_the_parts_shown_make_the_order():
    rows = queue(balances=[100.0, 1000.0, 1000.0], p=[0.9, 0.5, 0.5], due=[0, 0, 720])
    assert [r["case_id"] for r in rows] == ["C1", "C2", "C0"]
    for r in rows:
        assert r["expected_value"] == pytest.approx(r["probability"] * r["balance"] * r["time_factor"])


def test_no_trait_of_a_person_is_in_it():
    assert set(SCHEMA.names) == ALLOWED
