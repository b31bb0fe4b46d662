"""Parsers of workbooks, Parquet, SQLite and packed files."""

from __future__ import annotations

import gzip
import io
import sqlite3
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from connectors.text import of_array, of_value, of_values
from fuzzing.damage import Parser, damaged, lightly, torn
from fuzzing.source import (
    COLUMNS,
    UNUSABLE,
    VALUES,
    csv_files,
    of_file,
    rows_of,
    spec,
    told,
)

_SHEET, _SHARED, _TYPES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "[Content_Types].xml"
_PARTS = (_SHEET, _SHEET, _SHARED, "xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", _TYPES)  # fmt: skip
_XML = (
    '<c r="B2" t="s"><v>1</v></c>', '<c t="n" s="1"><v>1e999</v></c>', '<c t="d"><v>2026-13-01</v></c>', '<row r="9">', "</row>",
    '<c r="XFD1"><v>-1</v></c>', "<is><t>x</t></is>", ' t="b"', ' r="A0"', ' s="99"', ' s="-1"', "&#0;", "&lt;", "<!DOCTYPE a>", "<v>nan</v>",
    ' count="x"', "<v>1_0</v>", '<c t="e"><v>#N/A</v></c>', "<numFmts/>", ' numFmtId="14"', ' date1904="1"', ' sheetId="a"',
)  # fmt: skip


@cache
def workbook(dates: bool) -> dict[str, bytes]:
    """The parts of a workbook as openpyxl writes it."""
    import datetime as dt

    import openpyxl

    book = openpyxl.Workbook()
    moment = dt.datetime(2026, 11, 1, 8)  # noqa: DTZ001 - cells have no zone
    header, first = ["id", "name", "phone", "day"], ["T1", "张三", 19900001234, moment if dates else "2026-11-01"]
    for row in (header, first, ["T2", None, True, 1.5]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    # As Excel writes them: texts are shared, openpyxl's stand in their cells.
    parts[_SHEET] = parts[_SHEET].replace(b't="inlineStr"><is><t>T2</t></is>', b't="s"><v>0</v>')
    parts[_SHARED] = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1"><si><t>T2</t></si><si><r><t>a</t></r></si></sst>'
    )
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
    parts[_TYPES] = parts[_TYPES].replace(b"</Types>", override)
    return parts


def zipped(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


def with_part(dates: bool, name: str, xml: str | None) -> bytes:
    parts = dict(workbook(dates))
    if xml is None:
        del parts[name]
    else:
        parts[name] = xml.encode(errors="replace")
    return zipped(parts)


def _with_xml(examples: list[str]) -> SearchStrategy[str]:
    """The part with a whole element, attribute or character of the format put somewhere between two others."""

    def put(text: str, where: float, piece: str, length: int) -> str:
        ends = [i + 1 for i, c in enumerate(text) if c in '>" '] or [0]
        at = ends[int(where * (len(ends) - 1))]
        return text[:at] + piece + text[at + length :]

    length = st.sampled_from([0, 0, 0, 1, 6])
    once = st.builds(put, st.sampled_from(examples), st.floats(0, 1), st.sampled_from(_XML), length)
    return st.one_of(once, st.builds(put, once, st.floats(0, 1), st.sampled_from(_XML), length))


def _workbooks() -> SearchStrategy[bytes]:
    def of_part(name: str) -> SearchStrategy[bytes]:
        whole = [workbook(d)[name].decode() for d in (True, False)]
        texts = [lightly(*whole), _with_xml(whole), damaged(*whole, *_XML), st.none()]
        return st.builds(with_part, st.booleans(), st.just(name), st.one_of(*texts))

    return st.one_of(*map(of_part, _PARTS), torn(st.builds(lambda d: zipped(workbook(d)), st.booleans())))


_TYPED = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=6), st.binary(max_size=6),
    st.datetimes(), st.dates(), st.times(), st.timedeltas(), st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.lists(st.integers(0, 9), max_size=2),
)  # fmt: skip
_ARROW = (
    pa.string(), pa.large_string(), pa.int64(), pa.uint8(), pa.float64(), pa.float32(), pa.float16(), pa.bool_(), pa.timestamp("us"), pa.timestamp("ns", "UTC"),
    pa.timestamp("s"), pa.date32(), pa.date64(), pa.time64("us"), pa.duration("us"), pa.decimal128(20, 2), pa.binary(), pa.list_(pa.int64()),
    pa.dictionary(pa.int32(), pa.string()), pa.null(), pa.struct([("a", pa.string())]), pa.map_(pa.string(), pa.int64()),
)  # fmt: skip


@st.composite
def _parquet(draw: st.DrawFn) -> bytes:
    columns = {}
    for name in COLUMNS.values():
        kind = draw(st.sampled_from(_ARROW))
        columns[name] = _array(draw(st.lists(_TYPED, min_size=3, max_size=3)), kind)
    out = io.BytesIO()
    try:
        pq.write_table(pa.table(columns), out, row_group_size=2)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        pq.write_table(pa.table({"id": ["T1"]}), out)
    return out.getvalue()


def _array(found: list[Any], kind: pa.DataType) -> pa.Array:
    """Those of the values that the type takes."""
    out = []
    for value in found:
        try:
            pa.array([value], kind)
        except (pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError):
            out.append(None)
        else:
            out.append(value)
    return pa.array(out, kind)


def _texts(array: pa.Array) -> None:
    """The text of a value does not change with what stands beside it."""
    found = of_array(array)
    assert found.type == pa.string()
    assert len(found) == len(array)
    found.validate(full=True)
    for i, text in enumerate(found.to_pylist()):
        assert of_array(array.slice(i, 1)).to_pylist() == [text]
    if pa.types.is_integer(array.type) or pa.types.is_boolean(array.type) or pa.types.is_date32(array.type):
        with suppress(OverflowError):  # a day that Python has no date for
            values = array.to_pylist()
            assert found.to_pylist() == [of_value(v) for v in values]


def _cells(values: list[Any]) -> None:
    """Values of a cell, a field or a record become one column of text, whatever stands beside them."""
    found = of_values(values)
    assert found.type == pa.string()
    assert len(found) == len(values)
    for alone, together in zip(values, found.to_pylist(), strict=True):
        if not isinstance(alone, str):
            assert of_values([alone]).to_pylist() == [together]


_MARKS = st.one_of(
    st.just("day"), st.sampled_from(["id", "phone"]).map(lambda c: {"column": c, "lag": 1}),
    st.sampled_from(["2h", "1d", 0, 3, 1.5, float("inf"), float("nan"), "99999999999999d", "800000d"]).map(lambda lag: {"column": "day", "lag": lag}),
)  # fmt: skip
_SQL = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=8), st.binary(max_size=8), st.sampled_from(["2026-11-01", "2026-11-01 08:00:00", "2026-11-02T08:00:00Z", "20261101T080000"]))  # fmt: skip


def database(rows: list[tuple[Any, ...]]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        connection = sqlite3.connect(Path(folder) / "s.db")
        connection.execute("create table t (id, name, phone, day)")
        cells = [tuple(v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in row) for row in rows]
        connection.executemany("insert into t values (?, ?, ?, ?)", cells)
        connection.commit()
        connection.close()
        return (Path(folder) / "s.db").read_bytes()


def _sqlite(given: tuple[bytes, dict[str, Any], list[tuple[Any, ...]]]) -> None:
    """A database is read once, and again from where it got to, after more rows came."""
    body, options, more = given
    source = spec("sqlite", "s.db", options)
    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        path = Path(folder) / "s.db"
        path.write_bytes(body)
        rows, bad, cursor = rows_of(source, Path(folder))
        assert told(source, Path(folder), at_a_time=1) == (rows.to_pylist(), bad.to_pylist())
        if cursor is None:
            return
        path.write_bytes(database(more))
        rows_of(source, Path(folder), since=cursor)


def _packed(given: tuple[bytes, str, bytes | None]) -> None:
    """A packed file has the rows of the plain one; a damaged one is refused."""
    body, name, instead = given
    source, plain = spec("csv", name, {}), spec("csv", "s.csv", {})
    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        packed = gzip.compress(body) if name.endswith(".gz") else zipped({"a/s.csv": body, "__MACOSX/._s.csv": b"x"})
        (Path(folder) / name).write_bytes(packed if instead is None else instead)
        (Path(folder) / "s.csv").write_bytes(body)
        rows, bad, _ = rows_of(source, Path(folder))
        if instead is None:
            assert told(plain, Path(folder)) == (rows.to_pylist(), bad.to_pylist())


def parsers() -> dict[str, Parser]:
    """By name."""
    csv = csv_files()
    databases = st.builds(database, st.lists(st.tuples(_SQL, _SQL, _SQL, _SQL), max_size=4))
    tables = st.fixed_dictionaries({"table": st.just("t")}, optional={"watermark": _MARKS})
    return {
        "xlsx": Parser(st.tuples(_workbooks(), st.just({})), of_file("excel", "s.xlsx"), UNUSABLE),
        "parquet": Parser(st.tuples(st.one_of(_parquet(), torn(_parquet())), st.just({})), of_file("parquet", "s.parquet"), UNUSABLE),
        "arrow columns": Parser(st.sampled_from(_ARROW).flatmap(lambda k: st.lists(_TYPED, max_size=4).map(lambda v: _array(v, k))), _texts),
        "cells": Parser(st.lists(st.one_of(_TYPED, VALUES), max_size=5), _cells),
        "sqlite": Parser(st.tuples(st.one_of(databases, torn(databases)), tables, st.lists(st.tuples(_SQL, _SQL, _SQL, _SQL), max_size=3)), _sqlite, UNUSABLE),
        "packed": Parser(st.tuples(csv, st.sampled_from(["s.csv.gz", "s.zip"]), st.one_of(st.none(), torn(csv.map(gzip.compress)), torn(csv.map(lambda b: zipped({"s.csv": b}))))), _packed, UNUSABLE),
    }  # fmt: skip
