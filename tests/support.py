"""What tests share: the day they speak of, a run with a fixed clock, a portfolio folder copied for breaking."""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipeline.run import Run, interval_of
from pipeline.site import Site

ROOT = Path(__file__).parent.parent
AS_OF = date(2026, 11, 1)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def run_of(site: Site, day: date = AS_OF) -> Run:
    return Run(site, interval_of(day), actor="service:test", clock=lambda: NOON)


def copy_of(portfolio: Path, into: Path) -> Path:
    folder = into / "lender"
    shutil.copytree(portfolio, folder)
    return folder


def read_csv(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as f:
        return list(csv.DictReader(f))


def canary_texts(planted: dict[str, Any]) -> list[str]:
    """Every planted value as text; business keys are not a person's values."""
    out: list[str] = []
    for canary in planted["canaries"]:
        for key, value in canary.items():
            if key not in {"case_id", "customer_no"}:
                out += value if isinstance(value, list) else [value]
    return out
