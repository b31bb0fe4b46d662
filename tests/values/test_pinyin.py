from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values import pinyin, surnames


@pytest.mark.parametrize(
    ("name", "syllables"),
    [
        ("张三", ("zhang1", "san1")),
        ("单雄信", ("shan4", "xiong2", "xin4")),
        ("曾国藩", ("zeng1", "guo2", "fan1")),
        ("尉迟恭", ("yu4", "chi2", "gong1")),
        ("万俟卨", ("mo4", "qi2", "xie4")),
        ("解晓东", ("xie4", "xiao3", "dong1")),
        ("李乐", ("li3", "le4")),
        ("王*明", ("wang2", "*", "ming2")),
        ("艾力·江", ("ai4", "li4", "jiang1")),
        ("", ()),
    ],
)
def test_surnames_are_read_as_families_read_them(name, syllables):
    assert pinyin.syllables(name) == syllables


def test_every_reading_of_the_tables_is_a_syllable_with_a_tone():
    readings = [
        *surnames.READINGS.values(),
        *surnames.GIVEN_READINGS.values(),
        *(r for pair in surnames.COMPOUND.values() for r in pair),
    ]
    assert all(r[:-1].isalpha() and r[-1] in "1234" for r in readings)


@given(st.text())
def test_there_is_a_syllable_for_every_audible_character(text):
    assert len(pinyin.syllables(text)) == len([c for c in text if c not in "· "])
    assert len(pinyin.toneless(text)) == len(pinyin.syllables(text))
