from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.reasons import Reason
from values import resident_id

EXAMPLE = "11010519491231002X"  # the worked example of GB 11643


def reason(text: str) -> str:
    with pytest.raises(BadInput) as bad:
        resident_id.parse(text)
    return bad.value.reason


@pytest.mark.parametrize(
    "text",
    [
        EXAMPLE,
        EXAMPLE.lower(),
        "１１０１０５１９４９１２３１００２ｘ",
        "110105 19491231 002X",
        "身份证号：11010519491231002X",
        "'11010519491231002X",
    ],
)
def test_a_number_is_the_same_however_it_is_written(text):
    assert resident_id.parse(text) == resident_id.ResidentId(EXAMPLE, date(1949, 12, 31), "110105", is_masked=False)


def test_fifteen_positions_become_eighteen():
    assert resident_id.parse("110105491231002").canonical == EXAMPLE


def test_a_wrong_check_character_has_its_own_reason():
    assert reason("110105194912310021") == Reason.BAD_CHECKSUM


@pytest.mark.parametrize(
    "text", ["110105194902300021", "990105" + "0" * 12, "010105194912310021", "E12345678", "12345"]
)
def test_an_impossible_date_or_province_is_no_number(text):
    assert reason(text) == Reason.NOT_AN_ID


def test_a_spreadsheet_that_lost_digits_is_named():
    assert reason("1.10105E+17") == Reason.SCIENTIFIC_NOTATION


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("320505********4291", "320505********4291"),
        ("3201**********1234", "3201**********1234"),
        ("3201****1234", "3201**********1234"),
        ("320505XXXXXXXX429X", "320505********429X"),
        ("32050519900101XXXX", "32050519900101****"),
        ("320505******291", "32050519******291*"),
        ("**************4291", "**************4291"),
        ("320505•••••••••••••", None),
    ],
)
def test_a_masked_number_keeps_its_positions(text, canonical):
    if canonical is None:
        assert resident_id.parse(text[:18]).canonical == "320505************"
        return
    parsed = resident_id.parse(text)
    assert parsed.canonical == canonical
    assert parsed.is_masked
    assert resident_id.parse(canonical) == parsed


@pytest.mark.parametrize(
    "text", ["******************", "3*****************", "320505199013********", "100505********4291"]
)
def test_a_mask_that_says_nothing_or_hides_an_impossible_number_is_refused(text):
    assert reason(text) == Reason.NOT_AN_ID


@pytest.mark.parametrize(
    ("a", "b", "fits"),
    [
        ("002X", EXAMPLE, True),
        ("0021", EXAMPLE, False),
        ("110***********002X", EXAMPLE, True),
        ("120***********002X", EXAMPLE, False),
        ("110***********002X", "**01051949********", True),
        ("002X", "110***********002X", True),
        (EXAMPLE, EXAMPLE[:-1], False),
    ],
)
def test_numbers_fit_when_every_known_position_agrees(a, b, fits):
    assert resident_id.fits(a, b) is resident_id.fits(b, a) is fits


@pytest.mark.parametrize("text", ["002x", " 002X ", EXAMPLE, "1101**********002X"])
def test_a_tail_is_the_last_four(text):
    assert resident_id.parse_tail(text) == "002X"


@pytest.mark.parametrize("text", ["02X", "abcd", "尾号", "00210"[:3]])
def test_what_is_no_tail_is_refused(text):
    with pytest.raises(BadInput):
        resident_id.parse_tail(text)


def test_a_column_answers_as_the_scalar_does():
    n = resident_id.normalise(
        pa.array([EXAMPLE, None, "110105194912310021", "320505********4291", "bad", "110105491231002", EXAMPLE.lower()])
    )
    assert n.values.to_pylist() == [EXAMPLE, None, None, "320505********4291", None, EXAMPLE, EXAMPLE]
    assert n.kinds.to_pylist() == ["full", None, None, "masked", None, "full", "full"]
    assert n.reasons.to_pylist() == [None, None, "bad_checksum", None, "not_an_id", None, None]


@st.composite
def numbers(draw):
    born = draw(st.dates(date(1900, 1, 1), date(2020, 12, 31)))
    first17 = f"3201{draw(st.integers(1, 99)):02d}{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first17 + resident_id.check_character(first17)


@given(numbers())
def test_a_made_number_is_valid_and_takes_the_fast_path_to_the_same_answer(number):
    assert resident_id.parse(number).canonical == number == resident_id.normalise(pa.array([number])).values[0].as_py()


@given(numbers(), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(number, position, step):
    wrong = number[:position] + str((int(number[position]) + step) % 10) + number[position + 1 :]
    assert reason(wrong) in {Reason.BAD_CHECKSUM, Reason.NOT_AN_ID}
    assert resident_id.normalise(pa.array([wrong])).values[0].as_py() is None


@given(numbers(), st.sets(st.integers(0, 17), min_size=1, max_size=14))
def test_a_number_fits_any_mask_of_itself(number, hidden):
    masked = "".join("*" if i in hidden else c for i, c in enumerate(number))
    assert resident_id.fits(resident_id.parse(masked).canonical, number)


@given(st.one_of(st.text(), st.text("0123456789Xx*.E +-", max_size=22)))
def test_any_text_gives_a_number_that_reads_as_itself_or_bad_input(text):
    try:
        parsed = resident_id.parse(text)
    except BadInput:
        return
    assert resident_id.parse(parsed.canonical) == parsed
