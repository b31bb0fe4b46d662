"""Parsers of what sources send: files of every transport, packed ones, servers' answers, and the options that say how to read them."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import connectors
from connectors import encoding, files, paths, session
from connectors.text import MARK, of_array, of_value, of_values
from connectors.transport import delimited
from core.deployment import SourceSpec
from core.errors import ConfigError, SourceUnusable, Transient
from fuzzing.damage import ANYTHING, Parser, damaged, encoded, lightly, sometimes, torn

UNUSABLE = (SourceUnusable, ConfigError, Transient)
_CSV = (
    'id,name,phone,day\nT1,张三,19900001234,2026-11-01\nT2,"李, 四",,\n',
    'id|name|phone|day\r\nT1|a "b" c|1|\r\n',
    "id;name;phone;day\n'T1';'x''y';2;3\n",
    "\ufeffid\tname\tphone\tday\nT1\tx\t3\t4",
    'sep=;\nid;name;phone;day\nT1;"two\nlines";="0199";2026-11-01 08:00\n\n\nT2;;;',
    "title\nid,name,phone,day\nT1,a,1,2\rT2,b,3,4\r\nT1,c,,",
)  # fmt: skip
_JSON = (
    '{"id": "T1", "day": "2026-11-01", "who": {"name": "张三", "phones": ["19900001234", null]}}',
    '{"id": 2, "who": []}',
    "[1, {}]",
    '{"id": 1e999}',
    '{"id": "\\ud800", "day": 20261101, "who": {"name": {"a": [1]}, "phones": "x"}}',
)
_PATHS = ("a.b", "a[0].b", "who.phones[1]", 'x["y.z"]', "[0]", "a..b")
_COLUMNS = {"record_id": "id", "observed_at": "day", "name": "name", "contact_phone": "phone"}
_OF_RECORDS = {
    "record_id": {"path": "id"},
    "observed_at": {"path": "day"},
    "name": {"path": "who.name"},
    "contact_phone": {"path": "who.phones[0]"},
}
_FIRST_PIECE = 200
_ODD = st.one_of(st.sampled_from(["T1", "张三", "2026-11-01", "19900001234", "\ud800", "\0"]), st.text(max_size=5), st.integers(-(10**20), 10**20), st.floats(), st.none(), st.booleans())  # fmt: skip
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "who", "phones", "y.z", ""]), inner, max_size=3)),
    max_leaves=8,
)  # fmt: skip


_CELLS = (
    "",
    "T1",
    "T2",
    "张三",
    "19900001234",
    "2026-11-01",
    "2026-11-01 08:00",
    "李, 四",
    'a "b" c',
    "two\nlines",
    '="0199"',
    " x ",
    "'",
    "\\",
    "\ufdd1",
    "\u3000",
    "a\rb",
    "x" * 300,
)


@st.composite
def csv_text(draw: st.DrawFn) -> str:
    """A CSV file as some program or other writes it: its header is whole, its rows are as they are."""
    delimiter = draw(st.sampled_from(",,,,;|\t"))
    names = draw(st.permutations(["id", "name", "phone", "day", "备注"]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    lines = [delimiter.join(names)]
    for _ in range(draw(st.integers(0, 6))):
        width = draw(sometimes(st.just(5), st.integers(0, 7), in_all=6))
        cells = [draw(sometimes(st.sampled_from(_CELLS), damaged(*_CELLS))) for _ in range(width)]
        lines.append(delimiter.join(_quoted(c, delimiter, draw(st.sampled_from("mmma-"))) for c in cells))
    before = draw(sometimes(st.just(""), st.sampled_from([f"sep={delimiter}{end}", "\ufeff", end, "title" + end])))
    return before + end.join(lines) + draw(st.sampled_from(["", end, end + end, end + '"', "\x1a"]))


def _quoted(cell: str, delimiter: str, how: str) -> str:
    """Where it must be, always, or never."""
    must = any(c in cell for c in (delimiter, '"', "\n", "\r"))
    return '"' + cell.replace('"', '""') + '"' if how == "a" or (how == "m" and must) else cell


@st.composite
def json_text(draw: st.DrawFn) -> str:
    """A record with most of what it should have, as JSON."""
    who = {"name": draw(_ODD), "phones": draw(sometimes(st.lists(_ODD, max_size=2), _VALUES))}
    record: dict[str, Any] = {"id": draw(_ODD), "day": draw(_ODD), "who": draw(sometimes(st.just(who), _VALUES)), "more": draw(_VALUES)}  # fmt: skip
    for name in draw(st.lists(st.sampled_from(sorted(record)), max_size=1)):
        del record[name]
    return json.dumps(record, ensure_ascii=draw(st.booleans()))


def spec(transport: str, location: str, options: Mapping[str, Any], fields: Mapping[str, Any] = _COLUMNS) -> SourceSpec:
    """A source of telephone numbers."""
    return SourceSpec.model_validate(
        {
            "name": "s",
            "kind": "phone_updates",
            "transport": transport,
            "location": location,
            "options": dict(options),
            "consent_scope": "c",
            "fields": dict(fields),
        }
    )


def rows_of(source: SourceSpec, base: Path, *, at_a_time: int = 65_536, since: str | None = None) -> tuple[pa.Table, pa.Table, str | None]:  # fmt: skip
    """All rows, all that are unreadable, and the last cursor; every batch's counts reconcile."""
    schema, cursor = connectors.pulled_schema(source.kind), None
    rows, bad = [schema.empty_table()], []
    for batch in connectors.pull(source, base=base, environ={}, batch_rows=at_a_time, since=since):
        batch.rows.validate(full=True)
        assert batch.rows.schema == schema
        assert batch.read == batch.rows.num_rows + batch.unreadable.num_rows + batch.deleted.num_rows
        assert pa.compute.all(pa.compute.is_valid(batch.unreadable["reason"])).as_py() is not False
        rows.append(batch.rows)
        bad.append(batch.unreadable)
        cursor = batch.cursor or cursor
    unreadable = pa.concat_tables(bad) if bad else pa.table({"row": pa.array([], pa.int64())})
    return pa.concat_tables(rows), unreadable.sort_by("row"), cursor


def _told(source: SourceSpec, base: Path, *around: AbstractContextManager[Any], at_a_time: int = 65_536) -> Any:
    """Rows and faults as lists, or the kind of refusal."""
    with ExitStack() as stack:
        for each in around:
            stack.enter_context(each)
        try:
            rows, bad, _ = rows_of(source, base, at_a_time=at_a_time)
        except UNUSABLE as e:
            return type(e).__name__
    return rows.to_pylist(), bad.to_pylist()


def _of_file(transport: str, name: str, fields: Mapping[str, Any] = _COLUMNS) -> Callable[[tuple[bytes, dict[str, Any]]], None]:  # fmt: skip
    """The rows of a file are the same by one and all at once."""

    def check(given: tuple[bytes, dict[str, Any]]) -> None:
        body, options = given
        source = spec(transport, name, options, fields)
        with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
            (Path(folder) / name).write_bytes(body)
            rows, bad, _ = rows_of(source, Path(folder))
            alone = _told(source, Path(folder), at_a_time=1)
            # One record alone may be too few to tell that a path is there at all.
            assert alone == (rows.to_pylist(), bad.to_pylist()) or (transport == "jsonl" and isinstance(alone, str))

    return check


# --- text, by stream and whole -----------------------------------------------------------------------------------------------


def _in_pieces(size: int) -> AbstractContextManager[Any]:
    """Files come in pieces of so many bytes after the first, unless somebody asks for a size."""

    def chunks(self: files.File, asked: int = 0) -> Iterator[bytes]:
        with self.open() as stream:
            held = stream.read(asked or _FIRST_PIECE)
            while held:
                yield held
                held = stream.read(asked or size)

    return patch.object(files.File, "chunks", chunks)


def _csv_ways(given: tuple[bytes, dict[str, Any], int]) -> None:
    """A CSV file's rows are the same whole, in pieces, and the careful way."""
    body, options, size = given
    source = spec("csv", "s.csv", options)
    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        (Path(folder) / "s.csv").write_bytes(body)
        rows, bad, _ = rows_of(source, Path(folder))
        whole = (rows.to_pylist(), bad.to_pylist())
        by_hand = patch.object(delimited._File, "_by_arrow", lambda *_, **__: None)  # noqa: SLF001 - the other of its two ways
        assert _told(source, Path(folder), by_hand) == whole
        if _has_header_early(body, options):
            few = patch.object(delimited, "_HEAD", _FIRST_PIECE)
            assert _told(source, Path(folder), few, _in_pieces(size)) == whole


def _has_header_early(body: bytes, options: Mapping[str, Any]) -> bool:
    """Whether the first piece tells what the whole file would: its header's end, and how lines end."""
    try:
        name = encoding.canonical(options["encoding"]) if "encoding" in options else encoding.detect(iter([body]))
    except LookupError:
        return False
    start = b"".join(encoding.utf_8(iter([body[:_FIRST_PIECE]]), name))
    line = start.split(b"\n", 3)
    return len(line) > 3 and not any(part.count(b'"') for part in line[:2])


def _json_ways(given: tuple[bytes, int]) -> None:
    """JSON records are the same whole and in pieces."""
    body, size = given
    source = spec("jsonl", "s.jsonl", {}, _OF_RECORDS)
    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        (Path(folder) / "s.jsonl").write_bytes(body)
        rows, bad, _ = rows_of(source, Path(folder))
        assert _told(source, Path(folder), _in_pieces(size)) == (rows.to_pylist(), bad.to_pylist())


def _encoding(given: tuple[bytes, str, list[int]]) -> None:
    """Whatever the bytes, what comes out is UTF-8 without NUL or mark of order, and the same however it is cut."""
    body, name, cuts = given
    try:
        codec = encoding.canonical(name) if name else encoding.detect(iter([body]))
    except LookupError:
        return
    whole = b"".join(encoding.utf_8(iter([body]), codec))
    text = whole.decode()
    assert "\0" not in text
    at = sorted({0, len(body), *(c % (len(body) + 1) for c in cuts)})
    if codec not in ("utf-16", "utf-32") or min(at[1:2], default=0) >= 4:  # the first piece tells their order
        pieces = [body[a:b] for a, b in pairwise(at)]
        assert b"".join(encoding.utf_8(iter(pieces), codec)) == whole
    if not name and MARK not in text:
        assert codecs.lookup(codec)


def _path(given: tuple[Any, str]) -> None:
    """Steps are the same twice, and what a record's own leaves lead to is there."""
    record, path = given
    try:
        steps = paths.steps(path)
    except (ConfigError, ValueError):
        return
    paths.find(record, path)
    assert steps == paths.steps(path)
    for leaf in paths.leaves(record):
        assert isinstance(leaf, str)


# --- workbooks, Parquet, SQLite ------------------------------------------------------------------------------------------------

_SHEET, _SHARED, _TYPES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "[Content_Types].xml"
_PARTS = (_SHEET, _SHEET, _SHARED, "xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", _TYPES)  # fmt: skip
_XML = (
    '<c r="B2" t="s"><v>1</v></c>', '<c t="n" s="1"><v>1e999</v></c>', '<c t="d"><v>2026-13-01</v></c>', '<row r="9">', "</row>",
    '<c r="XFD1"><v>-1</v></c>', "<is><t>x</t></is>", ' t="b"', ' r="A0"', ' s="99"', ' s="-1"', "&#0;", "&lt;", "<!DOCTYPE a>", "<v>nan</v>",
    ' count="x"', "<v>1_0</v>", '<c t="e"><v>#N/A</v></c>', "<numFmts/>", ' numFmtId="14"', ' date1904="1"', ' sheetId="a"',
)  # fmt: skip


@cache
def _workbook(dates: bool) -> dict[str, bytes]:
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


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


def _with_part(dates: bool, name: str, xml: str | None) -> bytes:
    parts = dict(_workbook(dates))
    if xml is None:
        del parts[name]
    else:
        parts[name] = xml.encode(errors="replace")
    return _zipped(parts)


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
        whole = [_workbook(d)[name].decode() for d in (True, False)]
        texts = [lightly(*whole), _with_xml(whole), damaged(*whole, *_XML), st.none()]
        return st.builds(_with_part, st.booleans(), st.just(name), st.one_of(*texts))

    return st.one_of(*map(of_part, _PARTS), torn(st.builds(lambda d: _zipped(_workbook(d)), st.booleans())))


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
    for name in _COLUMNS.values():
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
        assert found.to_pylist() == [of_value(v) for v in array.to_pylist()]


def _cells(values: list[Any]) -> None:
    """Values of a cell, a field or a record become one column of text, whatever stands beside them."""
    found = of_values(values)
    assert found.type == pa.string()
    assert len(found) == len(values)
    for alone, together in zip(values, found.to_pylist(), strict=True):
        if not isinstance(alone, str):
            assert of_values([alone]).to_pylist() == [together]


_SQL = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=8), st.binary(max_size=8), st.sampled_from(["2026-11-01", "2026-11-01 08:00:00", "2026-11-02T08:00:00Z", "20261101T080000"]))  # fmt: skip


def _database(rows: list[tuple[Any, ...]]) -> bytes:
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
        assert _told(source, Path(folder), at_a_time=1) == (rows.to_pylist(), bad.to_pylist())
        if cursor is None:
            return
        path.write_bytes(_database(more))
        rows_of(source, Path(folder), since=cursor)


def _packed(given: tuple[bytes, str, bytes | None]) -> None:
    """A packed file has the rows of the plain one; a damaged one is refused."""
    body, name, instead = given
    source, plain = spec("csv", name, {}), spec("csv", "s.csv", {})
    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        packed = gzip.compress(body) if name.endswith(".gz") else _zipped({"a/s.csv": body, "__MACOSX/._s.csv": b"x"})
        (Path(folder) / name).write_bytes(packed if instead is None else instead)
        (Path(folder) / "s.csv").write_bytes(body)
        rows, bad, _ = rows_of(source, Path(folder))
        if instead is None:
            assert _told(plain, Path(folder)) == (rows.to_pylist(), bad.to_pylist())


# --- servers ---------------------------------------------------------------------------------------------------------------------

_PAGES = (
    '{"data": {"items": [{"id": "T1", "day": "2026-11-01T00:00:00Z", "who": {"name": "x", "phones": ["1"]}}], "next": "abc", "more": true}}',
    '{"data": {"items": [], "next": null}}',
    '{"data": {"items": [{"id": 1, "day": 20261101}, 7, null], "next": "/v1?page=2", "more": "yes"}}',
    '[{"id": "T9"}]',
)
_HEADERS = (
    "",
    "<https://api.example/v1?page=2>; rel=next",
    "<http://[>; rel=next",
    "<//x:99999/>; rel=next",
    "soon",
    "²",
    "120",
)
_REST = st.fixed_dictionaries(
    {"records": st.sampled_from(["data.items"] * 5 + ["data", ""]), "max_attempts": st.just(1), "max_pages": st.integers(1, 4)},
    optional={
        "pagination": st.one_of(
            st.fixed_dictionaries({"kind": st.just("cursor"), "param": st.just("c"), "next": st.just("data.next")}, optional={"more": st.just("data.more")}),
            st.fixed_dictionaries({"kind": st.sampled_from(["page", "offset"]), "param": st.just("p")}, optional={"start": sometimes(st.integers(0, 3), ANYTHING), "size": st.just(2), "size_param": st.just("n")}),
            st.fixed_dictionaries({"kind": st.just("link")}, optional={"next": st.just("data.next")}),
        ),
        "watermark": sometimes(st.sampled_from([{"param": "since", "path": "day", "lag": "2h"}, {"param": "since", "path": "day"}]), ANYTHING, in_all=8),
        "params": sometimes(st.just({"a": 1}), ANYTHING, in_all=8),
        "auth": sometimes(st.just("bearer"), ANYTHING, in_all=8),
        "headers": sometimes(st.just({"X-A": "b"}), ANYTHING, in_all=8),
    },
)  # fmt: skip


def _rest(given: tuple[list[tuple[bytes, str, int]], dict[str, Any]]) -> None:
    """What a server answers is rows or a refusal, and so it is read on from a cursor."""
    pages, options = given
    turn = iter(pages * 3)

    def answer(_: httpx.Request) -> httpx.Response:
        body, header, status = next(turn, (b"[]", "", 200))
        said = header.encode("latin-1", "replace")
        return httpx.Response(status, content=body, headers=[(b"Link", said), (b"Retry-After", said)])

    def client(**kw: Any) -> httpx.Client:
        return real(transport=httpx.MockTransport(answer), **kw)

    real = httpx.Client
    source = spec("http", "https://api.example/v1", options, _OF_RECORDS)
    with patch.object(session.httpx, "Client", client), patch.object(session.time, "sleep", lambda _: None):
        _, _, cursor = rows_of(source, Path())
        if cursor is not None:
            rows_of(source, Path(), since=cursor)


# --- a file that nobody has mapped yet -------------------------------------------------------------------------------------------


def _draft(given: tuple[str, bytes]) -> None:
    """A draft's entry is YAML that maps the columns it names, and holds no more than that."""
    name, body = given
    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        (Path(folder) / name).write_bytes(body)
        found = connectors.infer(Path(folder) / name, base=Path(folder))
        (entry,) = yaml.safe_load(found.yaml())
        mapped = {field: how if isinstance(how, str) else how.get("column", how.get("path")) for field, how in (entry["fields"] or {}).items()}  # fmt: skip
        assert mapped == dict(found.fields)
        if not found.lacks:
            SourceSpec.model_validate(entry)


def _unmapped_files() -> SearchStrategy[tuple[str, bytes]]:
    names = st.one_of(st.sampled_from(_HEADINGS), damaged(*_HEADINGS))

    def table(columns: list[str], rows: list[list[str]], delimiter: str) -> bytes:
        lines = [columns, *([*row, *[""] * 8][: len(columns)] for row in rows)]
        return "\n".join(delimiter.join(_quoted(c, delimiter, "m") for c in line) for line in lines).encode("utf-8", "replace")  # fmt: skip

    cells = st.lists(st.sampled_from(_CELLS), max_size=6)
    csv = st.builds(
        table, st.lists(names, min_size=1, max_size=6), st.lists(cells, max_size=4), st.sampled_from(",;\t")
    )
    lines = (
        st.lists(st.dictionaries(names, _VALUES, max_size=4).map(json.dumps), max_size=3).map("\n".join).map(str.encode)
    )
    files = st.sampled_from(["orders.csv", "9.csv", "客户.csv", f"{'a' * 60}.csv", "x y.csv"])
    return st.one_of(st.tuples(files, csv), st.tuples(st.just("s.jsonl"), lines))


_HEADINGS = ("客户姓名", "custPhoneNo", "contact_address2", "证件号码（后四位）", "MerchantCity", "order_id", "下单时间", "收货人", "收货电话", "created_at", "a\nb", "a: b", "# x", "[a]", "- a", "yes", "1", " ", "'", '"', "a, b")  # fmt: skip


# --- what a deployment says of a source ------------------------------------------------------------------------------------------


@cache
def _option_names(transport: str) -> tuple[str, ...]:
    from connectors.discovery import transports

    # What waits, writes or talks to somebody is left out.
    waits = {"settle_seconds", "endpoint", "known_hosts", "region", "requests_per_second"}
    return (*(set(transports()[transport].options) - waits), "null_values", "version", "deleted", "credentials")


def _options(given: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    """Whatever options and fields say, a source is read or refused."""
    transport, options, how = given
    name = {"csv": "s.csv", "jsonl": "s.jsonl", "excel": "s.xlsx", "parquet": "s.parquet", "sqlite": "s.db"}[transport]
    fields = dict(_OF_RECORDS if transport == "jsonl" else _COLUMNS)
    try:
        source = spec(transport, name, options, fields | {"email": how})
    except ValueError:  # the deployment's own model says so
        return
    with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
        (Path(folder) / name).write_bytes(_sample(transport))
        rows_of(source, Path(folder))


@cache
def _sample(transport: str) -> bytes:
    if transport == "csv":
        return _CSV[0].encode()
    if transport == "jsonl":
        return "\n".join(_JSON[:2]).encode()
    if transport == "excel":
        return _zipped(_workbook(True))
    if transport == "sqlite":
        return _database([("T1", "x", "19900001234", "2026-11-01"), ("T2", "y", 2, 20261101)])
    out = io.BytesIO()
    pq.write_table(pa.table({"id": ["T1"], "name": ["x"], "phone": [19900001234], "day": ["2026-11-01"]}), out)
    return out.getvalue()


_HOW = st.fixed_dictionaries(
    {"column": st.just("day")},
    optional={
        "strip": ANYTHING,
        "pattern": st.one_of(st.sampled_from(["(a)?b|(2)", "a{99999999999}", "(" * 200, "(?P<a>.)(?P<a>.)", "\\", "(?i)2"]), st.text(max_size=6)),
        "date_format": st.one_of(st.lists(st.sampled_from(["%Y", "%m", "%d", "%H", "%", "%z", "%%", "-", "%q", "%:z", "("]), max_size=4).map("".join), st.text(max_size=6)),
        "values": st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2),
        "strict": st.booleans(),
        "default": st.text(max_size=4),
        "join": st.text(max_size=2),
    },
)  # fmt: skip
_MARKS = st.one_of(
    st.just("day"), st.sampled_from(["id", "phone"]).map(lambda c: {"column": c, "lag": 1}),
    st.sampled_from(["2h", "1d", 0, 3, 1.5, float("inf"), float("nan"), "99999999999999d", "800000d"]).map(lambda lag: {"column": "day", "lag": lag}),
)  # fmt: skip


def _named_options() -> SearchStrategy[tuple[str, dict[str, Any], dict[str, Any]]]:
    def of(transport: str) -> SearchStrategy[tuple[str, dict[str, Any], dict[str, Any]]]:
        some = st.dictionaries(st.sampled_from(sorted(_option_names(transport))), ANYTHING, max_size=3)
        table = {"table": "t"} if transport == "sqlite" else {}
        return st.tuples(st.just(transport), some.map(lambda o: table | o), _HOW)

    return st.sampled_from(["csv", "jsonl", "excel", "parquet", "sqlite"]).flatmap(of)


_DIALECTS = st.fixed_dictionaries(
    {},
    optional={
        "delimiter": sometimes(st.just(","), st.sampled_from([",", ";", "|", "\t"])),
        "encoding": sometimes(st.just("utf-8"), st.sampled_from(["gb18030", "utf-16"])),
        "quoted": st.booleans(),
        "skip_rows": sometimes(st.just(0), st.integers(0, 2)),
    },
)


def parsers() -> dict[str, Parser]:
    """By name."""
    csv = encoded(sometimes(csv_text(), st.one_of(csv_text().flatmap(lightly), damaged(*_CSV)), in_all=5))
    records = st.lists(
        sometimes(json_text(), st.one_of(json_text().flatmap(lightly), damaged(*_JSON)), in_all=6), max_size=4
    )
    json_lines = encoded(records.map("\n".join))
    json_array = encoded(records.map(lambda some: f"[{','.join(some)}]"))
    database = st.builds(_database, st.lists(st.tuples(_SQL, _SQL, _SQL, _SQL), max_size=4))
    tables = st.fixed_dictionaries({"table": st.just("t")}, optional={"watermark": _MARKS})
    page = st.builds(
        lambda some, tail: f'{{"data": {{"items": [{",".join(some)}], {tail}}}}}',
        records,
        st.sampled_from(
            [
                '"next": "abc", "more": true',
                '"next": null',
                '"next": "/v1?page=2"',
                '"next": "https://[", "more": 1',
                '"next": 7, "more": "no"',
            ]
        ),
    )
    bodies = st.one_of(
        page.map(lambda t: t.encode("utf-8", "replace")),
        page.map(lambda t: t.encode("utf-8", "replace")),
        encoded(damaged(*_PAGES)),
    )
    pages = st.lists(st.tuples(bodies, damaged(*_HEADERS), st.sampled_from([200] * 9 + [404, 429, 301])), min_size=1, max_size=3)  # fmt: skip
    piece = st.integers(1, 40)
    return {
        "csv": Parser(st.tuples(csv, _DIALECTS), _of_file("csv", "s.csv"), UNUSABLE),
        "csv ways": Parser(st.tuples(csv, _DIALECTS, piece), _csv_ways, UNUSABLE),
        "jsonl": Parser(st.tuples(json_lines, st.just({})), _of_file("jsonl", "s.jsonl", _OF_RECORDS), UNUSABLE),
        "json ways": Parser(st.tuples(st.one_of(json_lines, json_array), piece), _json_ways, UNUSABLE),
        "json paths": Parser(st.tuples(_VALUES, damaged(*_PATHS)), _path, (ConfigError,)),
        "encodings": Parser(st.tuples(csv, st.one_of(st.just(""), st.sampled_from(["utf-8", "gbk", "utf-16", "utf-32", "big5", "cp1252", "rot13", "base64", "idna", "utf-7", "hex", "unicode_escape"]), st.text(max_size=6)), st.lists(st.integers(0, 500), max_size=4)), _encoding, UNUSABLE),
        "xlsx": Parser(st.tuples(_workbooks(), st.just({})), _of_file("excel", "s.xlsx"), UNUSABLE),
        "parquet": Parser(st.tuples(st.one_of(_parquet(), torn(_parquet())), st.just({})), _of_file("parquet", "s.parquet"), UNUSABLE),
        "arrow columns": Parser(st.sampled_from(_ARROW).flatmap(lambda k: st.lists(_TYPED, max_size=4).map(lambda v: _array(v, k))), _texts),
        "cells": Parser(st.lists(st.one_of(_TYPED, _VALUES), max_size=5), _cells),
        "sqlite": Parser(st.tuples(st.one_of(database, torn(database)), tables, st.lists(st.tuples(_SQL, _SQL, _SQL, _SQL), max_size=3)), _sqlite, UNUSABLE),
        "packed": Parser(st.tuples(csv, st.sampled_from(["s.csv.gz", "s.zip"]), st.one_of(st.none(), torn(csv.map(gzip.compress)), torn(csv.map(lambda b: _zipped({"s.csv": b}))))), _packed, UNUSABLE),
        "rest answers": Parser(st.tuples(pages, _REST), _rest, UNUSABLE),
        "drafts": Parser(_unmapped_files(), _draft, UNUSABLE),
        "source options": Parser(_named_options(), _options, UNUSABLE),
    }  # fmt: skip
