"""`link` takes every file a transport reads, not only those the engine reads itself."""

from __future__ import annotations

import csv
import gzip
import io
import sqlite3
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import SourceUnusable
from pipeline import link

NAMES = ["王小明", "李思思", "张测试", "赵样本", "陈示例", "林用例", "何数据", "高某某"]
ROWS = [
    {"id": f"r{n}", "name": NAMES[n % 8], "born": f"19{50 + n % 40}-0{1 + n % 9}-1{n % 9}", "phone": f"1380000{n:04d}"}
    for n in range(160)
]
SPEC = """
name: tables
left: {id: id}
right: {id: id}
comparisons:
  - {kind: han_name, column: name}
  - {kind: date, column: born}
  - {kind: phone, column: phone}
"""


def text(delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROWS[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(ROWS)
    return out.getvalue()


def workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(ROWS[0]))
    for row in ROWS:
        sheet.append(list(row.values()))
    book.save(path)


def database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table people (id text, name text, born text, phone text)")
        connection.executemany("insert into people values (:id, :name, :born, :phone)", ROWS)
    connection.close()


WRITERS = {
    "plain.csv": lambda p: p.write_text(text(), encoding="utf-8"),
    "gbk.csv": lambda p: p.write_bytes(text().encode("gbk")),
    "wide.csv": lambda p: p.write_bytes(text().encode("utf-16")),
    "semicolons.csv": lambda p: p.write_text(text(";"), encoding="utf-8"),
    "packed.csv.gz": lambda p: p.write_bytes(gzip.compress(text().encode("utf-8"))),
    "bars.txt": lambda p: p.write_text(text("|"), encoding="utf-8"),
    "book.xlsx": workbook,
    "base.sqlite": database,
}


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("right")
    pq.write_table(pa.Table.from_pylist(ROWS), folder / "right.parquet")
    (folder / "spec.yaml").write_text(SPEC, encoding="utf-8")
    return folder / "right.parquet"


def linked(left: Path, right: Path) -> tuple[pa.Table, dict[str, object]]:
    out = left.parent / "pairs.parquet"
    spec = right.parent / "spec.yaml"
    found = link.link_files(left, right, spec=spec, out=out, model=None, stats=None, evidence=False)
    return pq.read_table(out), found


@pytest.mark.parametrize("name", WRITERS)
def test_every_registered_format_gives_the_same_pairs(tmp_path: Path, right: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    pairs, found = linked(tmp_path / name, right)
    assert found["n_left"] == len(ROWS)
    assert pairs.equals(linked(right, right)[0])
    sure = {(r["id_l"], r["id_r"]) for r in pairs.to_pylist() if r["prob"] > 0.9}
    assert sure == {(r["id"], r["id"]) for r in ROWS}


def test_rows_that_cannot_be_read_are_counted_and_the_rest_goes_on(tmp_path: Path, right: Path) -> None:
    lines = text().encode("gbk").splitlines()
    lines[3] = b"r2,\xff\xff\xff,1950-01-01,13800000002"
    (tmp_path / "gbk.csv").write_bytes(b"\n".join(lines))
    _, found = linked(tmp_path / "gbk.csv", right)
    assert (found["unreadable"], found["n_left"]) == ({"gbk.csv": 1}, len(ROWS) - 1)


def test_a_file_of_no_known_ending_is_named(tmp_path: Path, right: Path) -> None:
    (tmp_path / "left.doc").write_bytes(b"x")
    with pytest.raises(SourceUnusable, match=r"left\.doc"):
        linked(tmp_path / "left.doc", right)
