from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.column import encode
from matching.plain import fold, plain


@pytest.mark.parametrize(
    "writings",
    [
        ("García-LÓPEZ", "garcia-lopez", "GARCIA-LOPEZ", "Garci\u0301a-Lo\u0301pez"),
        ("Пётр Щукин", "Петр Щукин", "PETR SHCHUKIN"),
        ("Łukasz", "lukasz"),
        ("Nguyễn Thị Đào", "nguyen thi dao"),
        ("Straße 1", "strasse １"),
        ("Αθήνα", "athina"),
        ("１３８００００", "1380000"),
        ("smith  and　son", "smith and son", "Smith\tand  son "),
    ],
)
def test_writings_of_one_value_are_one_value(writings):
    assert len({fold(w) for w in writings}) == 1
    assert len(encode(pa.array(writings)).values) == 1


@pytest.mark.parametrize("pair", [("が", "か"), ("张伟", "章伟"), ("한국", "한구"), ("иван", "иваненко"), ("😀", "😃")])
def test_what_is_another_letter_stays_another(pair):
    assert fold(pair[0]) != fold(pair[1])


@given(st.lists(st.text(max_size=20) | st.text("aB é\t张", max_size=6) | st.none(), max_size=12))
def test_the_column_is_folded_as_each_value_is_and_once_is_enough(values):
    once = plain(pa.array(values, pa.string()))
    assert once.to_pylist() == [None if v is None else fold(v) for v in values]
    assert plain(once).equals(once)
