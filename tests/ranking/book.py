"""A small portfolio written by hand: ``Book`` collects records of debtors and ranks them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

import ranking
from core import schemas

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
HOME = "浙江省宁波市鄞州区测试路12号梅园小区3号楼2单元501室"
NUMBER, NEW_NUMBER, OTHER_NUMBER = "+8619900000001", "+8619900000002", "+8619900000003"


class Book:
    """Records, debtors and attempts; ``rank()`` gives the ranking."""

    def __init__(self) -> None:
        self.signals: list[dict[str, Any]] = []
        self.links: list[dict[str, Any]] = []
        self.cases: list[dict[str, Any]] = []
        self.attempts: list[dict[str, Any]] = []
        self.emergency: list[bool] = []

    def debtor(self, case_id: str, name: str = "测试人", **facts: Any) -> None:
        facts = {"customer_no": f"K{case_id}", "lost_since": date(2026, 1, 1), "case_status": "open"} | facts
        self.cases.append({"case_id": case_id, "name": name} | facts)

    def seen(self, case_id: str, days_ago: float, *, is_emergency: bool = False, **facts: Any) -> None:
        n = f"s{len(self.signals):04d}"
        defaults = {
            "signal_id": n, "source": "shop", "kind": "deliveries", "record_id": n, "origin_id": n, "retires_older": False,
            "observed_at": AS_OF - timedelta(days=days_ago), "confidence": 1.0,
        }  # fmt: skip
        self.signals.append(defaults | facts)
        self.links.append({"signal_id": n, "case_id": case_id, "probability": 0.999, "consent_id": "K1"})
        self.emergency.append(is_emergency)

    def tried(self, case_id: str, value: str, disposition: str, days_ago: float, kind: str = "phone") -> None:
        at = AS_OF - timedelta(days=days_ago)
        facts = {"case_id": case_id, "kind": kind, "contact_value": value, "disposition": disposition, "at": at}
        self.attempts.append(facts)

    def tables(self) -> tuple[pa.Table, pa.Table, pa.Table, pa.Table, pa.Array]:
        return (
            _table(self.links, schemas.LINKS),
            _table(self.signals, schemas.ADMITTED),
            _table(self.cases, schemas.CLEAN_REGISTRY),
            _table(self.attempts, schemas.CLEAN_OUTCOMES),
            pa.array(self.emergency, pa.bool_()),
        )

    def rank(self, **changes: Any) -> ranking.Ranking:
        options = {
            "as_of": AS_OF,
            "params": ranking.default_params(),
            "min_probability": 0.0,
            "max_per_kind": 9,
        } | changes
        return ranking.rank(*self.tables(), **options)

    def values(self, case_id: str = "A", kind: str = "phone", **changes: Any) -> list[str]:
        """Values of the case's candidates of this kind, best first."""
        return [r["value"] for r in self.rows(case_id, kind, **changes)]

    def rows(self, case_id: str = "A", kind: str = "phone", **changes: Any) -> list[dict[str, Any]]:
        return [r for r in self.rank(**changes).candidates.to_pylist() if r["case_id"] == case_id and r["kind"] == kind]

    def p(self, value: str, case_id: str = "A", kind: str = "phone") -> float:
        return next(r["probability"] for r in self.rows(case_id, kind) if r["value"] == value)


def _table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.table({f.name: pa.array([r.get(f.name) for r in rows], f.type) for f in schema}, schema=schema)


def one_debtor() -> Book:
    b = Book()
    b.debtor("A", phone=NUMBER, address=HOME)
    return b
