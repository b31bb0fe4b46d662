from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import schemas
from store import arrow_json

text = st.text(st.characters(codec="utf-8"), max_size=12)
number = st.floats(allow_nan=False, allow_infinity=False)
factor = st.fixed_dictionaries({"factor": text, "log_odds": st.none() | number, "detail": st.none() | text})


@given(st.lists(st.none() | st.lists(st.none() | factor, max_size=4), max_size=8))
def test_lists_of_structs_come_back_as_they_went(rows):
    column = pa.array(rows, schemas.FACTORS)
    texts = arrow_json.dumps(column)
    assert [None if t is None else json.loads(t) for t in texts.to_pylist()] == rows
    assert arrow_json.loads(texts, schemas.FACTORS).to_pylist() == rows


@given(st.lists(st.none() | st.lists(st.none() | text, max_size=4), max_size=8), st.integers(0, 8))
def test_a_slice_of_a_column_is_itself(rows, start):
    column = pa.array(rows, pa.list_(pa.string())).slice(start)
    texts = arrow_json.dumps(column)
    assert [None if t is None else json.loads(t) for t in texts.to_pylist()] == rows[start:]
    assert arrow_json.loads(texts, column.type).to_pylist() == rows[start:]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1, None], pa.int32()), ["1", None]),
        (pa.array([True, None]), ["true", None]),
        (pa.array([float("nan"), float("inf"), 0.1]), [None, None, "0.1"]),
        (pa.array([date(2026, 1, 2), None]), ['"2026-01-02"', None]),
        (pa.array([datetime(2026, 1, 2, tzinfo=UTC)], pa.timestamp("us", "UTC")), ['"2026-01-02T00:00:00.000000Z"']),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ['"a"', '"b"', '"a"']),
        (pa.chunked_array([["张"], ['"\n']]), ['"张"', '"\\"\\n"']),
        (pa.array([], pa.list_(pa.string())), []),
    ],
    ids=["int", "bool", "float", "date", "time", "dictionary", "chunks", "empty"],
)
def test_each_type_is_written_as_json_reads_it(column, expected):
    assert arrow_json.dumps(column).to_pylist() == expected


def test_a_value_larger_than_a_read_block_is_read():
    rows = [["x" * 3_000_000], ["y"]]
    assert arrow_json.loads(arrow_json.dumps(pa.array(rows)), pa.list_(pa.string())).to_pylist() == rows
