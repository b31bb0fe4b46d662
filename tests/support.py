"""What tests share: the day they speak of, a run with a fixed clock, a portfolio folder copied for breaking."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Collection
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
    return copied(portfolio, into / "lender")


def copied(folder: Path, into: Path, *, without: Collection[str] = ()) -> Path:
    """A copy of a folder, made by another process: a store that is open in this one would lose its locks (``store.raw``)."""
    code = "import shutil, sys; shutil.copytree(*sys.argv[1:3], ignore=shutil.ignore_patterns(*sys.argv[3:]))"
    subprocess.run([sys.executable, "-S", "-c", code, str(folder), str(into), *without], check=True)
    return into


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
