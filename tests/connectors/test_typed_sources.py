"""Sources whose values have types: what a number, a date or a formula is as text; and what is broken about each."""

from __future__ import annotations

import datetime as dt
import sqlite3
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transport_examples import spec

from connectors import text
from core.errors import SourceUnusable, Transient

FIELDS = {"contact_phone": "phone", "observed_at": "at"}
EXCEL_CELLS = [
    ("#N/A", None),
    (dt.time(10, 30), "10:30:00"),
]
TIME = dt.datetime(2026, 3, 1, 10, 30)  # noqa: DTZ001 - cells have no zone

# value -> text
CELLS = [
    (13800138000, "13800138000"),
    (13800138000.0, "13800138000"),
    (1.10101199003078e17, "1.10101199003078E+17"),  # an id typed into Excel as a number: its tail is lost
    (12.5, "12.5"),
    ("010-12345678", "010-12345678"),
    ("  ", None),
    (None, None),
    (True, "true"),
    (TIME, "2026-03-01T10:30:00"),
    (TIME.replace(hour=0, minute=0), "2026-03-01"),
]


@pytest.mark.parametrize(("value", "read"), [*CELLS, *EXCEL_CELLS])
def test_an_excel_cell_is_read_as_its_text(value, read, tmp_path, pulled):
    book = openpyxl.Workbook()
    book.active.append(["phone", "at", None])
    book.active.append([value, "2026-03-01"])
    book.save(tmp_path / "x.xlsx")
    good, _ = pulled(spec("excel", "x.xlsx", fields=FIELDS))
    assert good[0]["contact_phone"] == read


def test_a_whole_number_of_excel_whose_tail_was_lost_shows_it():
    assert text.of_value(text.of_cell(110101199003078000)) == "1.10101199003078E+17"
    assert text.of_value(text.of_cell(110101199003078888)) == "110101199003078888"


def test_sheet_and_header_row_can_be_chosen_and_blank_rows_are_no_rows(tmp_path, pulled):
    book = openpyxl.Workbook()
    sheet = book.create_sheet("号码")
    for row in (["一月导出"], ["phone", "at"], [1, "a"], [None, None], [2], [3, "c", "beyond"], [4, "d"]):
        sheet.append(row)
    book.save(tmp_path / "x.xlsx")
    for name in ("号码", 2):
        good, bad = pulled(spec("excel", "x.xlsx", {"sheet": name, "header_row": 2}, fields=FIELDS))
        assert [(r["row"], r["contact_phone"]) for r in good] == [(1, "1"), (2, "2"), (4, "4")]
        assert bad == [(3, "ragged_row")]
    with pytest.raises(SourceUnusable, match="no sheet 'x'; sheets there: Sheet, 号码"):
        pulled(spec("excel", "x.xlsx", {"sheet": "x"}, fields=FIELDS))


def test_a_formula_is_read_by_its_last_value_and_an_old_workbook_refused(tmp_path, pulled):
    book = openpyxl.Workbook()
    for row in (["phone", "at"], ["=1+1", "2026-03-01"]):
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")  # never computed: no last value
    assert pulled(spec("excel", "x.xlsx", fields=FIELDS))[0][0]["contact_phone"] is None
    (tmp_path / "x.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(SourceUnusable, match=r"x\.xls is an old \.xls or has a password"):
        pulled(spec("excel", "x.xls", fields=FIELDS))
    whole = (tmp_path / "x.xlsx").read_bytes()
    for broken in (whole[:-40], whole.replace(b"\x00", b"\x07"), whole[:300] + bytes(2000) + whole[2300:]):
        (tmp_path / "broken.xlsx").write_bytes(broken)
        with pytest.raises(SourceUnusable, match=r"broken\.xlsx is not a whole Excel workbook"):
            pulled(spec("excel", "broken.xlsx", fields=FIELDS))
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(SourceUnusable, match=r"empty\.xlsx is empty"):
        pulled(spec("excel", "empty.xlsx", fields=FIELDS))


ARROW = [
    (pa.array([13800138000, None]), ["13800138000", None]),
    (
        pa.array([13800138000.0, 12.5, float("nan"), 1.10101199003078e17]),
        ["13800138000", "12.5", None, "1.10101199003078E+17"],
    ),
    (pa.array([TIME], pa.timestamp("us")), ["2026-03-01T10:30:00"]),
    (pa.array([TIME.replace(microsecond=250_000)], pa.timestamp("ns")), ["2026-03-01T10:30:00.250000000"]),
    (pa.array([TIME], pa.timestamp("ms", "Asia/Shanghai")), ["2026-03-01T18:30:00+0800"]),
    (pa.array([None], pa.timestamp("us")), [None]),
    (pa.array([dt.date(2026, 3, 1)]), ["2026-03-01"]),
    (pa.array([Decimal("12.50")]), ["12.50"]),
    (pa.array([True, False]), ["true", "false"]),
    (pa.array(["a", None], pa.large_string()), ["a", None]),
    (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
    (pa.array(["测".encode(), b"\xff"]), ["测", text.MARK]),
    (pa.array([None, None]), [None, None]),
    (pa.array([["a", "b"]]), ['["a", "b"]']),
]


@pytest.mark.parametrize(("array", "read"), ARROW, ids=lambda a: str(a.type) if isinstance(a, pa.Array) else "")
def test_a_parquet_column_of_any_type_is_read_as_text(array, read):
    assert text.of_array(array).to_pylist() == read
    assert text.of_array(array).type == pa.string()


@given(st.lists(st.one_of(st.none(), st.integers(-(2**40), 2**40), st.booleans(), st.text(max_size=5), st.dates())))
def test_any_mixture_of_values_becomes_text(values):
    found = text.of_values(values)
    assert len(found) == len(values)
    assert found.null_count == sum(v is None for v in values)


def test_nested_parquet_columns_are_found_by_path(tmp_path, pulled):
    table = pa.table(
        {"who": [{"phones": [{"no": "1"}, {"no": "2"}]}, {"phones": [{"no": "3"}]}, None], "at": ["a", "b", "c"]}
    )
    pq.write_table(table, tmp_path / "x.parquet")
    fields = {"contact_phone": {"path": "who.phones[1].no"}, "observed_at": "at"}
    good, _ = pulled(spec("parquet", "x.parquet", fields=fields))
    assert [r["contact_phone"] for r in good] == ["2", None, None]
    with pytest.raises(SourceUnusable, match=r"no column 'who\.fax'; columns there: .*who, at"):
        pulled(spec("parquet", "x.parquet", fields=fields | {"name": {"path": "who.fax"}}))


def test_a_truncated_parquet_file_is_refused(tmp_path, pulled):
    pq.write_table(pa.table({"phone": ["1"] * 1000, "at": ["a"] * 1000}), tmp_path / "x.parquet")
    whole = (tmp_path / "x.parquet").read_bytes()
    for broken in (whole[:-30], whole[:4] + bytes(40) + whole[44:], b""):
        (tmp_path / "x.parquet").write_bytes(broken)
        with pytest.raises(SourceUnusable, match=r"x\.parquet is not a whole Parquet file"):
            pulled(spec("parquet", "x.parquet", fields=FIELDS))


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "app.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE calls (phone, at, secret)")
    connection.executemany("INSERT INTO calls VALUES (?, ?, 'canary')", [(i, "2026-03-01") for i in range(5)])
    connection.commit()
    yield connection
    connection.close()


def test_a_query_can_stand_for_a_table(database, pulled):
    query = "SELECT phone, at FROM calls WHERE phone >= 3"
    good, _ = pulled(spec("sqlite", "app.sqlite", {"query": query}, fields=FIELDS))
    assert [r["contact_phone"] for r in good] == ["3", "4"]
    for options in ({}, {"query": query, "table": "calls"}):
        with pytest.raises(SourceUnusable, match="one of the options table and query"):
            pulled(spec("sqlite", "app.sqlite", options, fields=FIELDS))


@pytest.mark.parametrize("value", CELLS, ids=str)
def test_a_database_value_is_read_as_its_text(value, database, pulled):
    given_value, read = value
    database.execute("UPDATE calls SET phone = ?", (str(given_value) if hasattr(given_value, "year") else given_value,))
    database.commit()
    found = pulled(spec("sqlite", "app.sqlite", {"table": "calls"}, fields=FIELDS))[0][0]["contact_phone"]
    if isinstance(given_value, bool) or hasattr(given_value, "year"):
        return  # SQLite has neither type
    assert found == read


def test_what_is_missing_in_a_database_is_named(database, pulled):
    with pytest.raises(SourceUnusable, match=r"app\.sqlite has no table 'orders'; tables there: calls"):
        pulled(spec("sqlite", "app.sqlite", {"table": "orders"}, fields=FIELDS))
    with pytest.raises(SourceUnusable, match="has no table 'orders'"):
        pulled(spec("sqlite", "app.sqlite", {"query": "SELECT phone, at FROM orders"}, fields=FIELDS))
    with pytest.raises(SourceUnusable, match=r"has no column 'calls\.fax'"):
        pulled(spec("sqlite", "app.sqlite", {"query": "SELECT calls.fax, at FROM calls"}, fields=FIELDS))
    with pytest.raises(SourceUnusable, match="not SQL this database understands"):
        pulled(spec("sqlite", "app.sqlite", {"query": "SELEKT 'canary'"}, fields=FIELDS))
    with pytest.raises(SourceUnusable, match="no driver here for pigeon"):
        pulled(spec("sql", "pigeon://user@host/db", {"table": "calls"}, fields=FIELDS))


def test_a_database_is_never_written_to(database, tmp_path, pulled):
    with pytest.raises((SourceUnusable, Transient)):
        pulled(spec("sqlite", "app.sqlite", {"query": "DELETE FROM calls RETURNING phone, at"}, fields=FIELDS))
    assert database.execute("SELECT count(*) FROM calls").fetchone() == (5,)
    with pytest.raises(SourceUnusable, match=r"new\.sqlite is not there"):
        pulled(spec("sqlite", "new.sqlite", {"table": "calls"}, fields=FIELDS))
    assert not (tmp_path / "new.sqlite").exists()


def test_a_locked_database_is_worth_another_attempt(database, pulled):
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Transient, match=r"source example: app\.sqlite is locked"):
        pulled(spec("sqlite", "app.sqlite", {"table": "calls", "timeout_seconds": 0.05}, fields=FIELDS))
    database.rollback()


def test_text_of_another_encoding_in_a_database_costs_its_row_only(database, pulled):
    database.execute("UPDATE calls SET phone = CAST(X'D6D0' AS TEXT) WHERE phone = 2")
    database.commit()
    good, bad = pulled(spec("sqlite", "app.sqlite", {"table": "calls"}, fields=FIELDS))
    assert (len(good), bad) == (4, [(3, "bad_encoding")])


def test_a_server_that_cannot_be_reached_is_worth_another_attempt_and_keeps_its_password(pulled):
    options = {"table": "calls", "credentials": "env:DB"}
    with pytest.raises(Transient, match="the postgresql database cannot be reached") as e:
        pulled(spec("sql", "postgresql://user@127.0.0.1:1/db", options, fields=FIELDS), environ={"DB": "canary"})
    assert "canary" not in str(e.value)


def test_the_query_of_a_database_url_is_no_pattern_of_file_names(database, pulled):
    source = spec("sql", "sqlite:///app.sqlite?cache=private", {"table": "calls"}, fields=FIELDS)
    assert [r["record_id"] for r in pulled(source)[0]] == ["1", "2", "3", "4", "5"]
