"""What each key of a FieldMap does to a column."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transport_examples import spec

from connectors import mapping
from connectors.block import Block
from core.deployment import FieldMap

COLUMNS = {
    "a": [" 测试 ", "", None, "X1"],
    "b": ["路 ", "号", None, " "],
    "date": ["01/03/2026 08:30", "2026-03-01", "31/31/2026", None],
    "day": ["20260301", "x", None, ""],
    "status": ["失联", "结清", "open", "别的"],
}

# FieldMap -> the column it gives
TABLE = {
    "strips white space and makes the empty null": ({"column": "a"}, ["测试", None, None, "X1"]),
    "strips nothing when told": ({"column": "a", "strip": False}, [" 测试 ", None, None, "X1"]),
    "strips other characters, too": ({"column": "a", "strip": "X试"}, ["测", None, None, "1"]),
    "takes a path for a column where there is no nesting": ({"path": "a"}, ["测试", None, None, "X1"]),
    "joins columns and leaves out the empty ones": (
        {"columns": ["a", "b"], "join": "-"},
        ["测试-路", "号", None, "X1"],
    ),
    "gives a constant": ({"constant": "CN"}, ["CN"] * 4),
    "takes a pattern's first group": ({"column": "a", "pattern": r"X(\d)"}, [None, None, None, "1"]),
    "takes the whole match of a pattern without a group": (
        {"column": "a", "pattern": "测."},
        ["测试", None, None, None],
    ),
    "takes null where an optional group is absent": ({"column": "a", "pattern": "测(x)?"}, [None] * 4),
    "reads dates and times of a format and leaves other texts": (
        {"column": "date", "date_format": "%d/%m/%Y %H:%M"},
        ["2026-03-01T08:30:00", "2026-03-01", "31/31/2026", None],
    ),
    "reads dates without times as dates": ({"column": "day", "date_format": "%Y%m%d"}, ["2026-03-01", "x", None, None]),
    "replaces words and leaves unknown ones": (
        {"column": "status", "values": {"失联": "open", "结清": "closed"}},
        ["open", "closed", "open", "别的"],
    ),
    "replaces a word by nothing": ({"column": "status", "values": {"失联": ""}}, [None, "结清", "open", "别的"]),
    "fills in a default last": ({"column": "a", "pattern": "测", "default": "无"}, ["测", "无", "无", "无"]),
}


def block(columns=COLUMNS):
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    rows = len(next(iter(arrays.values())))
    return Block("x", arrays, pa.array(range(1, rows + 1), pa.int64()))


@pytest.mark.parametrize(("how", "gives"), TABLE.values(), ids=TABLE.keys())
def test_a_field_map(how, gives):
    mapped = mapping.apply({"name": FieldMap(**how)}, block())
    assert mapped.columns["name"].to_pylist() == gives
    assert mapped.columns["name"].type == pa.string()


def test_texts_that_mean_nothing_are_null():
    mapped = mapping.apply({"name": FieldMap(column="status")}, block(), nulls=("别的", "失联"))
    assert mapped.columns["name"].to_pylist() == [None, "结清", "open", None]


def test_a_word_a_strict_field_does_not_know_sets_its_row_aside(tmp_path, pulled):
    (tmp_path / "x.csv").write_text(
        "id,phone,at,kind\n1,1,2026-03-01,甲\n2,2,2026-03-02,乙\n3,3,2026-03-03,\n4,4,x,A\n"
    )
    fields = {"record_id": "id", "contact_phone": "phone", "observed_at": "at"}
    fields["name"] = {"column": "kind", "values": {"甲": "A"}, "strict": True}
    good, bad = pulled(spec("csv", "x.csv", fields=fields))
    assert [(r["row"], r["name"]) for r in good] == [(1, "A"), (3, None), (4, "A")]
    assert bad == [(2, "not_in_vocabulary")]


def test_a_row_with_two_unknown_words_is_counted_once(tmp_path, pulled):
    (tmp_path / "x.csv").write_text("phone,at\n1,2\n")
    strict = {"values": {"a": "b"}, "strict": True}
    fields = {"contact_phone": {"column": "phone"} | strict, "observed_at": {"column": "at"} | strict}
    assert pulled(spec("csv", "x.csv", fields=fields)) == ([], [(1, "not_in_vocabulary")])


def test_null_values_are_an_option_of_every_source(tmp_path, pulled):
    (tmp_path / "x.csv").write_text("phone,at\nNULL,2026\n-,2026\n")
    fields = {"contact_phone": "phone", "observed_at": "at"}
    good, _ = pulled(spec("csv", "x.csv", {"null_values": ["NULL", "-"]}, fields=fields))
    assert [r["contact_phone"] for r in good] == [None, None]


@given(st.lists(st.one_of(st.none(), st.sampled_from("abc"))))
def test_a_function_of_distinct_values_is_the_function_of_each(values):
    calls = []

    def upper(value):
        calls.append(value)
        return value.upper()

    found = mapping.per_distinct(pa.array(values, pa.string()), upper).to_pylist()
    assert found == [None if v is None else v.upper() for v in values]
    assert len(calls) == len(set(calls))


@given(st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8")))))
def test_stripping_twice_is_stripping_once(values):
    fields = {"name": FieldMap(column="a")}
    once = mapping.apply(fields, block({"a": values})).columns["name"]
    twice = mapping.apply(fields, block({"a": once.to_pylist()})).columns["name"]
    assert once.to_pylist() == twice.to_pylist()
    assert "" not in once.to_pylist()
