from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.reasons import Reason
from values import numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.23E+4", 12300), ("1,234.50", 1234.5), ("￥3,000", 3000), ("¥3,000.00元", 3000), ("1.5万元", 15000), ("2亿", 2e8),
        ("(1,234.50)", -1234.5), ("-￥3,000", -3000), ("￥-3,000", -3000), ("5-", -5), ("１２３", 123), ("CNY 1,000", 1000),
        ("£1,000", 1000), ("12%", 0.12), ("-0.5", -0.5), ("+7", 7), (".5", 0.5), ("'42", 42), ("-5元", -5),
    ],
)  # fmt: skip
def test_a_number_is_read_however_it_is_written(text, number):
    assert math.isclose(numbers.parse(text), number)


@pytest.mark.parametrize("text", ["abc", "1,23", "1,2345", "--5", "nan", "inf", "1e999", "1.2.3", "12三", "5 6"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(BadInput) as bad:
        numbers.parse(text)
    assert bad.value.reason == Reason.NOT_A_NUMBER


def test_a_column_gives_values_and_reasons():
    values, reasons = numbers.normalise(pa.array(["1", "2.5", "￥3,000", None, "", "x", "1"]))
    assert values.to_pylist() == [1, 2.5, 3000, None, None, None, 1]
    assert reasons.to_pylist() == [None, None, None, None, None, "not_a_number", None]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_as_itself_in_both_forms(number):
    assert numbers.parse(repr(number)) == number
    assert numbers.normalise(pa.array([repr(number)]))[0].to_pylist() == [number]


@given(st.one_of(st.text(), st.text("0123456789,.-+E%万亿￥元() ", max_size=20)))
def test_any_text_gives_a_finite_number_or_bad_input(text):
    try:
        assert math.isfinite(numbers.parse(text))
    except BadInput:
        return
