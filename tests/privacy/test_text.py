"""The bounds are loose on purpose: below what was measured, above what a broken table or rule would reach."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.screening import shows_a_person
from privacy.text import SIGNALS, SPANS, analyse, read
from tests.privacy import measure

HALVES = {"first": measure.measure(measure.load("first")), "second": measure.measure(measure.load("second"))}


def test_there_are_enough_notes_in_both_halves() -> None:
    assert min(len(measure.load(half)) for half in HALVES) >= 80


@pytest.mark.parametrize(("half", "least"), [("first", 0.97), ("second", 0.9)])
def test_spans_are_found_and_only_they(half: str, least: float) -> None:
    spans = HALVES[half].spans
    assert min(spans.precision(), spans.recall()) >= least


@pytest.mark.parametrize(("half", "least"), [("first", 0.95), ("second", 0.85)])
def test_signals_have_the_right_kind_value_and_owner(half: str, least: float) -> None:
    signals = HALVES[half].signals
    assert min(signals.precision(), signals.recall()) >= least


@pytest.mark.parametrize("half", HALVES)
def test_at_most_one_personal_character_in_a_hundred_stays_unmasked(half: str) -> None:
    assert HALVES[half].unmasked_characters <= 0.01 * HALVES[half].personal_characters


@pytest.mark.guide("R28")
@pytest.mark.guide("R29")
@pytest.mark.parametrize(
    ("note", "owner", "polarity", "reporter"),
    [
        ("我换了新手机号13800001111", "self", "new", "self"),
        ("客户妈妈来电，说他手机号是13800001111是她自己的，不要再打", "mother", "other", "mother"),
        ("室友说他的新号是13800001111", "self", "new", "roommate"),
        ("客户父亲：我闺女的电话13800001111", "self", "new", "father"),
        ("以前的号13800001111已停用", "self", "old", "self"),
        ("客户准备下个月换成13800001111", "self", "planned", "self"),
        ("13800001111不是我的号", "unknown", "denied", "self"),
        ("快递小哥电话13800001111", "courier", "other", "self"),
        ("告知客户我司电话010-66660000", "agent", "other", "agent"),
        ("Customer's mother called, says 07700 900123 is hers", "mother", "other", "mother"),
        ("Wife says his new number is 07700 900123", "self", "new", "spouse"),
    ],
)
def test_owner_polarity_and_reporter_are_read(note: str, owner: str, polarity: str, reporter: str) -> None:
    assert [(s.owner, s.polarity, s.reporter) for s in read(note).signals] == [(owner, polarity, reporter)]


def test_of_two_numbers_in_one_note_each_has_its_own_polarity() -> None:
    signals = read("不是13800001111，是13900002222").signals
    assert [(s.value, s.polarity) for s in signals] == [("13800001111", "denied"), ("13900002222", "new")]


@pytest.mark.guide("R28")
def test_a_place_of_business_or_origin_is_no_region_signal() -> None:
    assert read("客户在上海银行办过卡，包裹从广州发出，号码归属地是成都").signals == []


def test_only_the_customers_own_and_current_is_usable_and_hearsay_only_on_demand() -> None:
    found = analyse(
        pa.array(["室友说他的新号是13800001111", "我妈的号13900002222，我的15500003333", "旧号15500004444停用"])
    )
    assert found.usable().to_pydict()["value"] == ["15500003333"]
    assert found.usable(reported_by_others=True).to_pydict()["value"] == ["13800001111", "15500003333"]


def test_the_doors_tables_point_into_the_column() -> None:
    column = pa.chunked_array([["我叫张试样", None], ["手机13800001111", "手机13800001111"]])
    found = analyse(column)
    assert found.spans.schema == SPANS
    assert found.signals.schema == SIGNALS
    assert found.masked.to_pylist() == ["我叫张**", None, "手机138****1111", "手机138****1111"]
    assert found.signals["row"].to_pylist() == [2, 3]


def test_an_empty_column_has_empty_findings() -> None:
    found = analyse(pa.array([], pa.string()))
    assert (len(found.masked), found.spans.num_rows, found.signals.num_rows) == (0, 0, 0)


def test_the_subjects_own_name_is_masked_wherever_it_stands_and_is_the_customer() -> None:
    found = analyse(pa.array(["钟离测的号换了，新号13800001111"]), pa.array(["钟离测"]))
    assert found.masked.to_pylist() == ["钟离*的号换了，新号138****1111"]
    assert found.signals["owner"].to_pylist() == ["self"]


@settings(deadline=None)  # the tables load on first use
@given(text=st.text(max_size=60), number=st.integers(min_value=13_000_000_000, max_value=19_999_999_999))
def test_a_number_between_any_texts_is_masked_and_positions_fit(text: str, number: int) -> None:
    note = f"{text}，手机{number}，{text}"
    reading = read(note)
    assert str(number) not in reading.masked
    assert all(0 <= s.start < s.end <= len(note) for s in (*reading.spans, *reading.signals))


@pytest.mark.parametrize("half", HALVES)
def test_what_was_masked_shows_nobody(half: str) -> None:
    """But for orders and tickets, which a label excuses in a note and nothing excuses in screening."""
    masked = {n["note"]: read(n["text"]).masked for n in measure.load(half)}
    left = [i for i, text in masked.items() if shows_a_person(text) and not re.search(r"\d{10}", text)]
    assert len(left) <= 2, left


def test_a_caller_of_another_name_is_a_third_person_and_of_a_like_name_the_customer() -> None:
    notes = pa.array(["李样梅来电，新号13800001111", "王測試来电，新号13800001111"])
    found = analyse(notes, pa.array(["王测试", "王测试"]))
    assert found.signals["owner"].to_pylist() == ["other", "self"]
