from __future__ import annotations

import pyarrow as pa
import pytest

from core.errors import BadInput
from values import columns


def upper(text: str) -> tuple[str, str]:
    if text == "bad":
        raise BadInput("field", "broken")
    return text.upper(), "word"


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", None, "", "bad", " a ", "\u3000", "N/A", "无"]),
        pa.chunked_array([["a", None], ["", "bad", " a ", "\u3000", "N/A", "无"]]),
        pa.array(["a", None, "", "bad", " a ", "\u3000", "N/A", "无"]).dictionary_encode(),
        pa.array(["a", None, "", "bad", " a ", "\u3000", "N/A", "无"], pa.large_string()),
    ],
    ids=["array", "chunks", "dictionary", "large"],
)
def test_absent_values_are_null_and_bad_ones_have_a_reason_whatever_the_array(column):
    n = columns.normalise(column, upper)
    assert n.values.to_pylist() == ["A", None, None, None, "A", None, None, None]
    assert n.kinds.to_pylist() == ["word", None, None, None, "word", None, None, None]
    assert n.reasons.to_pylist() == [None, None, None, "broken", None, None, None, None]


@pytest.mark.parametrize("column", [pa.nulls(3), pa.array([], pa.string()), pa.chunked_array([], pa.string())])
def test_a_column_of_nothing_stays_nothing(column):
    n = columns.normalise(column, upper)
    assert n.values.null_count == len(column) == len(n.values)
    assert n.values.type == pa.string()


def test_the_scalar_runs_once_per_distinct_value():
    seen = []
    columns.map_distinct(pa.array(["a", "b", " a", "b", None] * 50), lambda t: seen.append(t) or t)
    assert sorted(seen) == ["a", "b"]


def test_numbers_are_read_as_text():
    assert columns.map_distinct(pa.array([1, 2, None]), lambda t: t + "!").to_pylist() == ["1!", "2!", None]


def test_merged_halves_come_back_in_their_order():
    def half(prefix: str, n: int) -> columns.Normalised:
        values = pa.array([f"{prefix}{i}" for i in range(n)])
        return columns.Normalised(values, values, pa.nulls(n, pa.string()))

    merged = columns.merge(pa.array([True, False, True, False, False]), half("a", 2), half("b", 3))
    assert merged.values.to_pylist() == ["a0", "b0", "a1", "b1", "b2"]
