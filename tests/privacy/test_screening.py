from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy import has_personal_data
from privacy.masking import mask
from privacy.screening import shows_a_person


@pytest.mark.parametrize(
    "value",
    [
        "13800001111", "+8613800001111", "tel:13800001111", "C13800001111", "138 0000 1111", "1-3-8-0-0-0-0-1-1-1-1",
        "a@b.test", "x.y@host.example", "ａ＠b.test", "110101190001010011", "11010119000101001x", "6222000000000000000",
        "01066660000", "0755-26660000", "07700 900123", "+44 20 7946 0018", "202-555-0143", "(202) 555-0143", "2025550143",
        "900-12-3456", "QQ123456C", "京A00T01", "微信wx_test01", "我叫张试样", "成都市武侯区科华北路88号3栋502",
        "14 Acacia Road, Leeds LS1 4AB",
    ],
)  # fmt: skip
def test_unmasked_values_are_caught_synthetic_ones_too(value: str) -> None:
    assert shows_a_person(value)


@pytest.mark.parametrize(
    "value",
    [
        "", "138****8000", "010****0100", "+44******0018", "110*************00", "***************0000", "张*", "欧阳**",
        "J*** S***", "a***@b***.test", "四川省成都市青羊区***", "w***1", "京A****1", "C2026000001", "CASE-2026-0000123",
        "PIA-2026-07", "2026-11-01", "2026/11/1 08:30", "2026-11-01T10:00:00.000123+00:00", "0.9321", "-1.5e-07", "510105",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "t1_00000000000000000000000000000000",
        "123e4567-e89b-12d3-a456-426614174000", "phone", "成都市", "delivery|phone_update", "newer_confirmed_elsewhere",
    ],
)  # fmt: skip
def test_masked_values_ids_dates_and_hashes_are_not(value: str) -> None:
    assert not shows_a_person(value)


@settings(deadline=None)  # the tables load on first use
@given(first=st.sampled_from("3456789"), rest=st.integers(min_value=0, max_value=10**9 - 1))
def test_every_mobile_is_caught_and_its_mask_is_not(first: str, rest: int) -> None:
    number = f"1{first}{rest:09}"
    assert shows_a_person(number)
    assert not shows_a_person(mask("phone", number))


@pytest.mark.parametrize(
    ("hint", "bare", "fine"),
    [
        ("name", "张伟", "张*"),
        ("name", "John Smith", "J*** S***"),
        ("name", "买买提·测试", "王先生"),
        ("address", "文汇街3号", "四川省成都市青羊区***"),
        ("region", "文汇小区", "成都市"),
        ("id", "a@b.test", "1380000111100"),
    ],
)
def test_a_hint_says_what_to_look_for(hint: str, bare: str, fine: str) -> None:
    assert has_personal_data(pa.array([bare, fine]), hint).to_pylist() == [True, False]  # type: ignore[arg-type]


def test_columns_of_any_type_are_screened() -> None:
    assert has_personal_data(pa.array([13800001111, 7, None])).to_pylist() == [True, False, False]
    assert has_personal_data(pa.array([13800001111.0, 0.25])).to_pylist() == [True, False]
    assert has_personal_data(pa.array([dt.date(2026, 1, 1)])).to_pylist() == [False]
    assert has_personal_data(pa.array(["a@b.test", "x"]).dictionary_encode()).to_pylist() == [True, False]
    assert has_personal_data(pa.chunked_array([["x"], ["13800001111"]])).to_pylist() == [False, True]
    assert has_personal_data(pa.array([], pa.string())).to_pylist() == []
