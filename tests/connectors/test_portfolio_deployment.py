"""The deployment under examples/portfolio, on the portfolio that came from elsewhere (skipped where it is not there)."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import connectors
from core.deployment import Deployment, parse

FOLDER = Path(__file__).parents[2] / "examples" / "portfolio"


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    return parse((FOLDER / "deployment.yaml").read_text(encoding="utf-8"), environ=os.environ)


@pytest.fixture(scope="module")
def base(deployment) -> Path:
    path = (FOLDER / deployment.root).resolve()
    if not path.is_dir():
        pytest.skip("the portfolio is not here; name its folder in SKIPTRACE_PORTFOLIO")
    return path


@pytest.fixture(scope="module")
def pulled(deployment, base):
    def pull(source):
        batches = list(connectors.pull(source, base=base, environ={}))
        return [r for b in batches for r in b.rows.to_pylist()], sum(b.unreadable.num_rows for b in batches)

    return {source.name: pull(source) for source in deployment.sources}


def _rows_in_the_raw_files(base: Path) -> dict[str, int]:
    def rows(path, encoding="utf-8-sig"):
        with (base / path).open(encoding=encoding, newline="") as f:
            return sum(1 for _ in csv.reader(f)) - 1

    with sqlite3.connect(f"file:{base / 'app/app.sqlite'}?mode=ro&immutable=1", uri=True) as app:
        (locations,) = app.execute("SELECT count(*) FROM coarse_location").fetchone()
    return {
        "registry": rows("registry/案件清单.csv", "gb18030"),
        "consents": rows("consent/consents.csv"),
        "shop": rows("shop/orders.csv"),
        "crm": len((base / "crm/updates.jsonl").read_text(encoding="utf-8").splitlines()),
        "cards": pq.read_metadata(base / "cards/transactions.parquet").num_rows,
        "service": rows("service/notes.csv"),
        "app": locations,
        "outcomes": rows("outcomes/attempts.csv"),
    }


def test_every_row_of_every_raw_file_is_counted(base, pulled):
    assert {name: len(rows) + bad for name, (rows, bad) in pulled.items()} == _rows_in_the_raw_files(base)


@pytest.mark.guide("R07")
def test_every_mapped_field_holds_values(deployment, pulled):
    for source in deployment.sources:
        rows, _ = pulled[source.name]
        assert [f for f in source.fields if all(r[f] is None for r in rows)] == []


def test_every_case_is_open_or_closed(pulled):
    assert {r["case_status"] for r in pulled["registry"][0]} == {"open", "closed"}


@pytest.mark.guide("R26")
def test_what_a_card_was_used_for_is_not_read(base, pulled):
    assert "amount" not in pulled["cards"][0][0]
    assert "amount" in pq.read_schema(base / "cards/transactions.parquet").names


def test_nested_updates_come_out_as_they_were_written(base, pulled):
    raw = json.loads((base / "crm/updates.jsonl").read_text(encoding="utf-8").splitlines()[0])
    first = pulled["crm"][0][0]
    assert (first["record_id"], first["customer_no"]) == (raw["id"], raw["cust"]["no"])
    assert first["contact_phone"] == raw["change"]["value"]
