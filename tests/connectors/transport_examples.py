"""For each transport, how to put the same few records where it finds them. A new transport needs an entry here."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Sequence
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from core.deployment import SourceSpec

Record = dict[str, Any]
Placed = tuple[str, dict[str, Any]]  # location and options

RECORDS: Sequence[Record] = [
    {"编号": "T1", "姓名": "测试甲", "电话": "19900000001", "时间": "2026-03-01 10:00:00", "备注": "不读"},
    {"编号": "T2", "姓名": ' 测试"乙", 先生 ', "电话": None, "时间": "2026-03-02 10:00:00", "备注": "不读"},
    {"编号": "T3", "姓名": "第一行\n第二行", "电话": "19900000003", "时间": "2026-03-03 10:00:00", "备注": None},
    {"编号": "T2", "姓名": "测试乙", "电话": "19900000002", "时间": "2026-03-02 10:00:00", "备注": "again"},
    {"编号": None, "姓名": None, "电话": "19900000005", "时间": "2026-03-05 10:00:00", "备注": None},
]
FIELDS = {"record_id": "编号", "name": "姓名", "contact_phone": "电话", "observed_at": "时间"}


def spec(transport: str, location: str, options: dict[str, Any] | None = None, **changes: Any) -> SourceSpec:
    """A source of phone updates with the fields of RECORDS, or of whatever the changes say."""
    given: dict[str, Any] = {
        "name": "example",
        "kind": "phone_updates",
        "transport": transport,
        "location": location,
        "options": options or {},
        "fields": FIELDS,
        "consent_scope": "phone_update",
    }
    return SourceSpec.model_validate(given | changes)


def _csv(folder: Path, records: Sequence[Record]) -> Placed:
    with (folder / "records.csv").open("w", encoding="utf-8", newline="") as f:
        writer = csv.DictWriter(f, fieldnames=list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return "records.csv", {}


def _excel(folder: Path, records: Sequence[Record]) -> Placed:
    book = openpyxl.Workbook()
    book.active.append(list(records[0]))
    for record in records:
        book.active.append(list(record.values()))
    book.save(folder / "records.xlsx")
    return "records.xlsx", {}


def _jsonl(folder: Path, records: Sequence[Record]) -> Placed:
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (folder / "records.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return "records.jsonl", {}


def _parquet(folder: Path, records: Sequence[Record]) -> Placed:
    pq.write_table(pa.Table.from_pylist(list(records)), folder / "records.parquet", row_group_size=2)
    return "records.parquet", {}


def _sqlite(folder: Path, records: Sequence[Record]) -> Placed:
    names = ", ".join(f'"{name}"' for name in records[0])
    with sqlite3.connect(folder / "records.sqlite") as connection:
        connection.execute(f"CREATE TABLE records ({names})")
        marks = ", ".join("?" * len(records[0]))
        connection.executemany(f"INSERT INTO records VALUES ({marks})", [tuple(r.values()) for r in records])
    connection.close()
    return "records.sqlite", {"table": "records"}


def _sql(folder: Path, records: Sequence[Record]) -> Placed:
    location, options = _sqlite(folder, records)
    return f"sqlite:///{location}", options


@cache
def _web_server() -> int:
    """The port of a server of this machine's temporary files, for as long as the tests run."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory="/"))
    Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])


def _http(folder: Path, records: Sequence[Record]) -> Placed:
    (folder / "records.json").write_text(json.dumps(list(records), ensure_ascii=False), encoding="utf-8")
    return f"http://127.0.0.1:{_web_server()}{folder}/records.json", {"max_attempts": 1}


PLACE: dict[str, Callable[[Path, Sequence[Record]], Placed]] = {
    "csv": _csv,
    "excel": _excel,
    "http": _http,
    "jsonl": _jsonl,
    "parquet": _parquet,
    "sql": _sql,
    "sqlite": _sqlite,
}
