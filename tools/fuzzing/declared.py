"""A file that nobody has mapped yet, and the options and fields that say how to read one."""

from __future__ import annotations

import io
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import connectors
from core.deployment import SourceSpec
from fuzzing.damage import ANYTHING, Parser, damaged
from fuzzing.source import (
    CELLS,
    COLUMNS,
    CSV,
    JSON,
    OF_RECORDS,
    UNUSABLE,
    VALUES,
    quoted,
    rows_of,
    spec,
)
from fuzzing.stored import database, workbook, zipped

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
        return "\n".join(delimiter.join(quoted(c, delimiter, "m") for c in line) for line in lines).encode("utf-8", "replace")  # fmt: skip

    cells = st.lists(st.sampled_from(CELLS), max_size=6)
    csv = st.builds(
        table, st.lists(names, min_size=1, max_size=6), st.lists(cells, max_size=4), st.sampled_from(",;\t")
    )
    lines = (
        st.lists(st.dictionaries(names, VALUES, max_size=4).map(json.dumps), max_size=3).map("\n".join).map(str.encode)
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
    fields = dict(OF_RECORDS if transport == "jsonl" else COLUMNS)
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
        return CSV[0].encode()
    if transport == "jsonl":
        return "\n".join(JSON[:2]).encode()
    if transport == "excel":
        return zipped(workbook(True))
    if transport == "sqlite":
        return database([("T1", "x", "19900001234", "2026-11-01"), ("T2", "y", 2, 20261101)])
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


def _named_options() -> SearchStrategy[tuple[str, dict[str, Any], dict[str, Any]]]:
    def of(transport: str) -> SearchStrategy[tuple[str, dict[str, Any], dict[str, Any]]]:
        some = st.dictionaries(st.sampled_from(sorted(_option_names(transport))), ANYTHING, max_size=3)
        table = {"table": "t"} if transport == "sqlite" else {}
        return st.tuples(st.just(transport), some.map(lambda o: table | o), _HOW)

    return st.sampled_from(["csv", "jsonl", "excel", "parquet", "sqlite"]).flatmap(of)


def parsers() -> dict[str, Parser]:
    """By name."""
    return {
        "drafts": Parser(_unmapped_files(), _draft, UNUSABLE),
        "source options": Parser(_named_options(), _options, UNUSABLE),
    }
