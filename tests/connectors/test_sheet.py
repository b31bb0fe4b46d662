"""A sheet's rows are those that openpyxl reads, and what is no sheet is refused."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from xml.parsers.expat import ExpatError

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.sheet import Workbook

_SHEET = "xl/worksheets/sheet1.xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).filter(lambda t: not t.startswith("="))
CELLS = st.one_of(
    st.none(),
    TEXTS,
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1)),  # noqa: DTZ001  cells have no zone
    st.times(),
    st.timedeltas(dt.timedelta(0), dt.timedelta(days=9)),
)


def saved(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_sheet(xml: str) -> io.BytesIO:
    """A workbook whose sheet is this XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved([]))) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(name, xml if name == _SHEET else source.read(name))
    out.seek(0)
    return out


def sheet(body: str) -> io.BytesIO:
    return with_sheet(f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>')


def rows_of(stream: io.BytesIO, first: int = 1) -> list[tuple[object, ...]]:
    book = Workbook(stream)
    return list(book.rows(book.names[0], first))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # openpyxl writes slowly
@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=5))
def test_rows_are_those_that_openpyxl_reads(rows):
    blob = saved(rows)
    book = openpyxl.load_workbook(io.BytesIO(blob), read_only=True, data_only=True)
    book.active.reset_dimensions()
    theirs = [row for row in book.active.iter_rows(values_only=True) if row]
    assert [row for row in rows_of(io.BytesIO(blob)) if row] == theirs


def test_a_text_in_the_cell_is_its_runs_without_the_reading_aid_above_it():
    text = "<is><t>张</t><r><t>三</t></r><rPh><t>ZHANG</t></rPh></is>"
    assert rows_of(sheet(f'<row><c t="inlineStr">{text}</c><c t="inlineStr"><is/></c></row>')) == [("张三", None)]


def test_rows_before_the_first_and_rows_out_of_order_are_not_read():
    body = "".join(f'<row r="{n}"><c><v>{n}</v></c></row>' for n in (1, 3, 2, 900_000))
    assert rows_of(sheet(body), 2) == [(), (3,), (900_000,)]


def test_cells_stand_where_they_say_and_the_next_ones_after_them():
    assert rows_of(sheet('<row><c r="C1"><v>1</v></c><c><v>2</v></c></row>')) == [(None, None, 1, 2)]


@pytest.mark.parametrize(
    "body",
    [
        '<row r="1.5"/>',
        '<row><c r="ZZZ1"><v>1</v></c></row>',
        '<row><c t="s"><v>7</v></c></row>',
        "<row><c><v>one</v></c></row>",
        "<row><c>",
    ],
)
def test_what_is_no_sheet_is_refused(body):
    with pytest.raises((ValueError, IndexError, ExpatError)):
        rows_of(sheet(body))


def test_a_sheet_that_declares_entities_is_refused():
    bomb = f'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet xmlns="{_MAIN}"><sheetData/></worksheet>'
    with pytest.raises(ValueError, match="declares no document type"):
        rows_of(with_sheet(bomb))
