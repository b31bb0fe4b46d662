"""A made-up source of telephone numbers: its files as some program or other writes them, how it is declared, and how it is read."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import connectors
from core.deployment import SourceSpec
from core.errors import ConfigError, SourceUnusable, Transient
from fuzzing.damage import damaged, encoded, lightly, sometimes

UNUSABLE = (SourceUnusable, ConfigError, Transient)
CSV = (
    'id,name,phone,day\nT1,张三,19900001234,2026-11-01\nT2,"李, 四",,\n',
    'id|name|phone|day\r\nT1|a "b" c|1|\r\n',
    "id;name;phone;day\n'T1';'x''y';2;3\n",
    "\ufeffid\tname\tphone\tday\nT1\tx\t3\t4",
    'sep=;\nid;name;phone;day\nT1;"two\nlines";="0199";2026-11-01 08:00\n\n\nT2;;;',
    "title\nid,name,phone,day\nT1,a,1,2\rT2,b,3,4\r\nT1,c,,",
)  # fmt: skip
JSON = (
    '{"id": "T1", "day": "2026-11-01", "who": {"name": "张三", "phones": ["19900001234", null]}}',
    '{"id": 2, "who": []}',
    "[1, {}]",
    '{"id": 1e999}',
    '{"id": "\\ud800", "day": 20261101, "who": {"name": {"a": [1]}, "phones": "x"}}',
)
COLUMNS = {"record_id": "id", "observed_at": "day", "name": "name", "contact_phone": "phone"}
OF_RECORDS = {
    "record_id": {"path": "id"},
    "observed_at": {"path": "day"},
    "name": {"path": "who.name"},
    "contact_phone": {"path": "who.phones[0]"},
}
_ODD = st.one_of(st.sampled_from(["T1", "张三", "2026-11-01", "19900001234", "\ud800", "\0"]), st.text(max_size=5), st.integers(-(10**20), 10**20), st.floats(), st.none(), st.booleans())  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "who", "phones", "y.z", ""]), inner, max_size=3)),
    max_leaves=8,
)  # fmt: skip


CELLS = (
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
        cells = [draw(sometimes(st.sampled_from(CELLS), damaged(*CELLS))) for _ in range(width)]
        lines.append(delimiter.join(quoted(c, delimiter, draw(st.sampled_from("mmma-"))) for c in cells))
    before = draw(sometimes(st.just(""), st.sampled_from([f"sep={delimiter}{end}", "\ufeff", end, "title" + end])))
    return before + end.join(lines) + draw(st.sampled_from(["", end, end + end, end + '"', "\x1a"]))


def quoted(cell: str, delimiter: str, how: str) -> str:
    """Where it must be, always, or never."""
    must = any(c in cell for c in (delimiter, '"', "\n", "\r"))
    return '"' + cell.replace('"', '""') + '"' if how == "a" or (how == "m" and must) else cell


@st.composite
def json_text(draw: st.DrawFn) -> str:
    """A record with most of what it should have, as JSON."""
    who = {"name": draw(_ODD), "phones": draw(sometimes(st.lists(_ODD, max_size=2), VALUES))}
    record: dict[str, Any] = {"id": draw(_ODD), "day": draw(_ODD), "who": draw(sometimes(st.just(who), VALUES)), "more": draw(VALUES)}  # fmt: skip
    for name in draw(st.lists(st.sampled_from(sorted(record)), max_size=1)):
        del record[name]
    return json.dumps(record, ensure_ascii=draw(st.booleans()))


def spec(transport: str, location: str, options: Mapping[str, Any], fields: Mapping[str, Any] = COLUMNS) -> SourceSpec:
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


def told(source: SourceSpec, base: Path, *around: AbstractContextManager[Any], at_a_time: int = 65_536) -> Any:
    """Rows and faults as lists, or the kind of refusal."""
    with ExitStack() as stack:
        for each in around:
            stack.enter_context(each)
        try:
            rows, bad, _ = rows_of(source, base, at_a_time=at_a_time)
        except UNUSABLE as e:
            return type(e).__name__
    return rows.to_pylist(), bad.to_pylist()


def of_file(transport: str, name: str, fields: Mapping[str, Any] = COLUMNS) -> Callable[[tuple[bytes, dict[str, Any]]], None]:  # fmt: skip
    """The rows of a file are the same by one and all at once."""

    def check(given: tuple[bytes, dict[str, Any]]) -> None:
        body, options = given
        source = spec(transport, name, options, fields)
        with tempfile.TemporaryDirectory(prefix="skiptrace-fuzz-") as folder:
            (Path(folder) / name).write_bytes(body)
            rows, bad, _ = rows_of(source, Path(folder))
            alone = told(source, Path(folder), at_a_time=1)
            # One record alone may be too few to tell that a path is there at all.
            assert alone == (rows.to_pylist(), bad.to_pylist()) or (transport == "jsonl" and isinstance(alone, str))

    return check


def csv_files() -> SearchStrategy[bytes]:
    """CSV files, most of them sound."""
    return encoded(sometimes(csv_text(), st.one_of(csv_text().flatmap(lightly), damaged(*CSV)), in_all=5))


def records() -> SearchStrategy[list[str]]:
    """Some JSON records, most of them sound."""
    one = sometimes(json_text(), st.one_of(json_text().flatmap(lightly), damaged(*JSON)), in_all=6)
    return st.lists(one, max_size=4)
