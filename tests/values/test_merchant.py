from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from values import merchant


@pytest.mark.parametrize(
    ("mcc", "group"),
    [
        ("5411", "groceries"), ("5812", "restaurant"), ("5814", "restaurant"), ("5912", "pharmacy"), ("5541", "fuel"),
        ("3501", "lodging"), ("7011", "lodging"), ("3001", "airline"), ("4511", "airline"), ("4112", "rail"), ("4121", "taxi"),
        ("4131", "bus"), ("4814", "telecom"), ("4900", "utilities"), ("5311", "retail"), ("5964", "online"), ("6011", "cash"),
        ("5411.0", "groceries"), (" 5411 ", "groceries"),
    ],
)  # fmt: skip
def test_a_code_has_its_group(mcc, group):
    assert merchant.group(mcc) == group


@pytest.mark.parametrize(
    "mcc",
    [
        "8011",
        "8062",
        "8099",
        "4119",
        "5122",
        "5976",
        "7995",
        "7800",
        "8661",
        "8651",
        "7273",
        "7277",
        "9211",
        "0000",
        "x",
        "",
    ],
)
def test_health_gambling_belief_and_the_unknown_are_other(mcc):
    assert merchant.group(mcc) == merchant.OTHER


def test_ranges_are_in_order_and_do_not_overlap():
    assert all(first <= last for first, last, _ in merchant.TABLE)
    assert all(a[1] < b[0] for a, b in pairwise(merchant.TABLE))


@given(st.text())
def test_any_text_has_a_group(text):
    assert merchant.group(text) in merchant.GROUPS


def test_a_column_of_codes_has_a_group_a_row():
    assert merchant.groups(pa.array(["5411", None, "8011"])).to_pylist() == ["groceries", None, "other"]
