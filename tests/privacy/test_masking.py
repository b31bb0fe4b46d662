from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.masking import MASKS, mask, mask_column

EXAMPLES = [
    ("phone", "+8613800138000", "138****8000"),
    ("phone", "13800138000", "138****8000"),
    ("phone", "138-0013-8000", "138****8000"),
    ("phone", "138****8000", "138****8000"),
    ("phone", "+861065550100", "010****0100"),
    ("phone", "0755-26550100", "0755****0100"),
    ("phone", "+442079460018", "+44******0018"),
    ("phone", "+12025550143", "+1******0143"),
    ("id_number", "110101199003070000", "110*************00"),
    ("card", "6222020000000000000", "***************0000"),
    ("name", "张三丰", "张**"),
    ("name", "张伟", "张*"),
    ("name", "欧阳修", "欧阳*"),
    ("name", "欧阳", "欧*"),
    ("name", "王先生", "王先生"),
    ("name", "John Smith", "J*** S***"),
    ("email", "test@mail.example", "t***@m***.example"),
    ("email", "not an address", "***"),
    ("address", "四川省成都市青羊区文汇街3号幸福里2栋", "四川省成都市青羊区***"),
    ("address", "重庆市渝北区文汇街392号", "重庆市渝北区***"),
    ("address", "文汇街392号幸福里", "***"),
    ("region", "成都市", "成都市"),
    ("messaging", "wx_test_01", "w***1"),
    ("plate", "京A12345", "京A****5"),
]


@pytest.mark.guide("R05")
@pytest.mark.parametrize(("kind", "value", "masked"), EXAMPLES)
def test_each_kind_shows_what_the_packs_allow_and_no_more(kind: str, value: str, masked: str) -> None:
    assert mask(kind, value) == masked


@pytest.mark.parametrize(("kind", "value", "masked"), EXAMPLES)
def test_masking_twice_changes_nothing(kind: str, value: str, masked: str) -> None:
    assert mask(kind, masked) == masked


@settings(deadline=None)  # the tables load on first use
@given(kind=st.sampled_from(sorted(set(MASKS) - {"region"})), value=st.text(max_size=30))
def test_any_text_can_be_masked_and_is_never_shown_whole(kind: str, value: str) -> None:
    masked = mask(kind, value)
    assert "*" in masked or not value.strip() or masked == mask(kind, masked)


def test_a_column_keeps_its_nulls_and_masks_every_value() -> None:
    column = pa.array(["张伟", None, "张伟", "李娜"])
    assert mask_column("name", column).to_pylist() == ["张*", None, "张*", "李*"]


def test_a_kind_without_a_mask_is_an_error() -> None:
    with pytest.raises(KeyError):
        mask("shoe_size", "42")
