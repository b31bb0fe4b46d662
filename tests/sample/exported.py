"""Reads the written sources back, independently of the writers."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq

Row = list[object]


def delimited(path: Path, encoding: str = "utf-8", delimiter: str = ",") -> list[Row]:
    with path.open(encoding=encoding, newline="") as file:
        return [list(row) for row in csv.reader(file, delimiter=delimiter)]


def sources(folder: Path) -> dict[str, tuple[list[str], list[Row]]]:
    """Header and rows of each source; a JSON line is one cell."""
    data = folder / "data"
    sheet = openpyxl.load_workbook(data / "service" / "坐席备注.xlsx", read_only=True)["备注"]
    cards = pq.read_table(data / "cards" / "postings.parquet")
    with sqlite3.connect(data / "app" / "geo.db") as connection:
        cursor = connection.execute("SELECT * FROM geo_daily")
        app = [[c[0] for c in cursor.description], *map(list, cursor)]
    tables = {
        "registry": delimited(data / "委案名单.csv", "gb18030"),
        "consents": delimited(data / "授权台账.csv"),
        "shop": delimited(data / "shop" / "交易明细.csv", "utf-8-sig"),
        "courier": delimited(data / "courier" / "scans.txt", delimiter="|"),
        "crm": [["line"], *([x] for x in (data / "crm" / "contact_events.jsonl").read_text("utf-8").splitlines())],
        "cards": [cards.column_names, *map(list, zip(*(c.to_pylist() for c in cards.columns), strict=True))],
        "notes": [list(row) for row in sheet.iter_rows(values_only=True)],
        "app": app,
        "attempts": delimited(data / "外呼结果.csv"),
    }
    return {name: ([str(c) for c in rows[0]], rows[1:]) for name, rows in tables.items()}


def truth(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def planted(folder: Path) -> dict:
    return json.loads((folder / "truth" / "planted.json").read_text("utf-8"))
