"""Names that a word announces, and those that only look like one: found in notes, never a reason to refuse a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import screening
from privacy.recognizers import discover
from privacy.text import read
from tests.privacy.field_notes import load, measure

HAN = "客户说妈妈王李张欧阳于何江建国丽的了在接，、：是叫·周一关系战友由 "


def names(text):
    return [text[s.start : s.end] for s in read(text).spans if s.type == "name"]


def test_nine_of_ten_names_are_found_and_hardly_a_word_is_taken_for_one():
    measured = measure(load("names_look"))
    assert measured.spans.recall("name") >= 0.93
    assert measured.spans.precision("name") >= 0.95
    assert measured.of_others == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("上次接通的是毕晓峰，这次没人接", ["毕晓峰"]),
        ("核验通过：袁文静，尾号0012", ["袁文静"]),
        ("他同学金立接的", ["金立"]),
        ("来电人古丽娜尔·艾山，要求改地址", ["古丽娜尔·艾山"]),
        ("附言 from Brian Kowalski 已收", ["Brian Kowalski"]),
        ("Left word with his attorney, Louise Brandt", ["Louise Brandt"]),
        ("N. Okafor picked up, says he moved", ["N. Okafor"]),
    ],
)
def test_a_name_is_found_where_the_sentence_or_its_look_tells(text, found):
    assert names(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "客户关系良好，金额不大，时间充裕",
        "于周二到访，转这张卡，两项费用",
        "客户喜形于色，兴高采烈",
        "在桂林出差，路过宁德",
        "Moved to Austin Street, pays in April Payment Plan",
        "Called the Victoria Branch on Monday",
    ],
)
def test_words_places_and_days_are_no_names(text):
    assert names(text) == []


@given(st.text(HAN, max_size=14))
def test_any_text_is_read_and_what_is_found_does_not_overlap(text):
    end = 0
    for span in read(text).spans:
        assert end <= span.start < span.end <= len(text)
        end = span.end


def test_a_text_may_end_within_a_name():
    assert read("客户妈妈刘").masked
    assert read("欧阳").masked


def test_what_only_looks_like_a_name_refuses_no_table():
    assert names("核验通过：袁文静，尾号0012") == ["袁文静"]
    assert not screening.shows_a_person("核验通过：袁文静，尾号0012")
    assert {r.entity for r in discover() if r.is_guess} == {"CN_NAME_LOOKS", "LATIN_NAME_LISTED"}
