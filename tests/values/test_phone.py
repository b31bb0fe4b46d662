from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.reasons import Reason
from values import phone

MOBILE = "+8613800138000"


@pytest.mark.parametrize(
    "text",
    [
        "13800138000", "+86 138 0013 8000", "0086-138-0013-8000", "86-13800138000", "8613800138000", "(+86)13800138000",
        "１３８００１３８０００", "13800138000.0", "1.3800138000E10", "'13800138000", '="13800138000"', "电话：13800138000",
        "手机号:138 0013 8000", "Tel. 13800138000", "013800138000", "17951 13800138000", "138－0013－8000",
        "\u202d138 0013 8000\u202c", "13800138000(微信同号)", "13800138000/13900139000", "13800138000 010-62345678",
    ],
)  # fmt: skip
def test_a_mobile_is_the_same_however_it_is_written(text):
    assert phone.parse(text) == phone.Phone(MOBILE, "mobile", "CN")


@pytest.mark.parametrize(
    "prefix", ["130", "147", "149", "150", "159", "162", "165", "170", "178", "180", "190", "193", "199"]
)
def test_every_mobile_range_is_known(prefix):
    assert phone.parse(f"{prefix}00000001").kind == "mobile"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("010-62345678", "+861062345678"),
        ("1062345678", "+861062345678"),
        ("(0755)2345 6789转801", "+8675523456789;ext=801"),
        ("010-62345678-801", "+861062345678;ext=801"),
        ("0755-23456789 ext. 801", "+8675523456789;ext=801"),
        ("+86-0755-23456789", "+8675523456789"),
        ("0571-8888888", "+865718888888"),
        ("8601062345678", "+861062345678"),
    ],
)
def test_landlines_keep_area_code_and_extension(text, canonical):
    assert phone.parse(text) == phone.Phone(canonical, "landline", "CN")


@pytest.mark.parametrize(
    "text", ["95588", "010-95588", "10086", "400-800-1234", "800-810-0000", "12306", "110", "106901234567"]
)
def test_service_numbers_are_hotlines(text):
    assert phone.parse(text).kind == "hotline"


def test_a_mobile_with_an_extension_is_a_relay_and_nobodys_own():
    assert phone.parse("17012345678-1234").kind == phone.parse("17012345678转1234").kind == "hotline"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("138****8000", "138****8000"),
        ("138XXXX8000", "138****8000"),
        ("138••••8000", "138****8000"),
        ("138-****-8000", "138****8000"),
        ("+86 138****8000", "138****8000"),
        ("１３８＊＊＊＊８０００", "138****8000"),
        ("138***8000", "138****8000"),
        ("138…8000", "138****8000"),
        ("13812****00", "13812****00"),
        ("1**12*4*678", "1**12*4*678"),
        ("尾号8000", "*******8000"),
        ("010-6234****", "0106234****"),
    ],
)
def test_a_masked_number_keeps_its_positions(text, canonical):
    assert phone.parse(text) == phone.Phone(canonical, "masked", "CN")


@pytest.mark.parametrize(
    "text",
    [
        "62345678",
        "12345678901",
        "abc",
        "138001380001",
        "***********",
        "1**********",
        "13800138000(妈妈)",
        "妈妈 13800138000",
    ],
)
def test_what_is_no_number_or_says_it_is_someone_elses_is_refused(text):
    with pytest.raises(BadInput) as bad:
        phone.parse(text)
    assert bad.value.reason == Reason.NOT_A_PHONE


@pytest.mark.parametrize("text", ["1.38E+10", "1.3800138E10", "1.38e10"])
def test_lost_digits_are_named_as_what_they_are(text):
    with pytest.raises(BadInput) as bad:
        phone.parse(text)
    assert bad.value.reason == Reason.SCIENTIFIC_NOTATION


@pytest.mark.parametrize(
    ("text", "country", "canonical", "kind"),
    [
        ("(212) 555-0123", "US", "+12125550123", "mobile"),
        ("+1-555-555-0199", "US", "+15555550199", "mobile"),
        ("212-555-0123 x45", "US", "+12125550123;ext=45", "landline"),
        ("1 (800) 555-0100", "US", "+18005550100", "hotline"),
        ("(212) ***-0123", "US", "212***0123", "masked"),
        ("07700 900123", "GB", "+447700900123", "mobile"),
        ("+44 (0)20 7946 0958", "GB", "+442079460958", "landline"),
        ("01632 960001", "GB", "+441632960001", "landline"),
        ("028 9649 6001", "GB", "+442896496001", "landline"),
        ("(242) 300-0123", "US", "+12423000123", "foreign"),
        ("+44 7700 ***123", "GB", "07700***123", "masked"),
        ("+852 9123 4567", "CN", "+85291234567", "foreign"),
        ("0044 7700 900123", "CN", "+447700900123", "foreign"),
        ("+86 13800138000", "US", MOBILE, "foreign"),
    ],
)
def test_numbers_of_other_countries_and_those_reserved_for_fiction(text, country, canonical, kind):
    parsed = phone.parse(text, country)
    assert (parsed.canonical, parsed.kind) == (canonical, kind)


def test_seven_digits_are_no_american_number():
    with pytest.raises(BadInput):
        phone.parse("555-0123", "US")


def test_a_column_answers_as_the_scalar_does():
    texts = [
        "13800138000",
        None,
        "",
        "abc",
        "138****8000",
        "+86 139 0013 9000",
        "1.38E+10",
        "010-62345678",
        "13800138000",
    ]
    n = phone.normalise(pa.array(texts))
    assert n.values.to_pylist() == [
        MOBILE, None, None, None, "138****8000", "+8613900139000", None, "+861062345678", MOBILE,
    ]  # fmt: skip
    assert n.kinds.to_pylist()[:5] == ["mobile", None, None, None, "masked"]
    assert n.reasons.to_pylist()[3] == "not_a_phone"
    assert n.reasons.to_pylist()[6] == "scientific_notation"


@pytest.mark.parametrize(
    ("masked", "full", "fits"),
    [
        ("138****8000", MOBILE, True),
        ("138****8001", MOBILE, False),
        ("0106234****", "+861062345678", True),
        ("07700***123", "+447700900123", True),
        ("212***0123", "+12125550123", True),
        ("138****8000", "13800*****0", True),
        ("138****8000", "+861062345678", False),
    ],
)
def test_a_mask_fits_when_every_known_position_agrees(masked, full, fits):
    assert phone.mask_fits(masked, full) is phone.mask_fits(full, masked) is fits


def test_how_many_numbers_fit_a_mask_is_counted_over_distinct_numbers():
    fulls = pa.array([MOBILE, MOBILE, "+8613812348000", "+8613900139000", None, "138****8000"])
    masks = pa.array(["138****8000", None, "139********", "150****0000"])
    assert phone.count_fitting(masks, fulls).to_pylist() == [2, None, 1, 0]


mobiles = st.integers(13_000_000_000, 19_999_999_999).map(str)


@given(mobiles, st.sets(st.integers(0, 10), max_size=8))
def test_a_number_fits_any_mask_of_itself(number, hidden):
    masked = "".join("*" if i in hidden else c for i, c in enumerate(number))
    full = phone.parse(number).canonical
    assert phone.mask_fits(phone.parse(masked).canonical, full)


@given(mobiles)
def test_every_mobile_takes_the_fast_path_to_the_same_answer(number):
    parsed = phone.parse(number)
    n = phone.normalise(pa.array([number]))
    assert (n.values[0].as_py(), n.kinds[0].as_py()) == (parsed.canonical, parsed.kind) == ("+86" + number, "mobile")


@given(st.one_of(st.text(), st.text("0123456789*xX+-() .转,/#E", max_size=20)), st.sampled_from(["CN", "US", "GB"]))
def test_any_text_gives_a_number_that_reads_as_itself_or_bad_input(text, country):
    try:
        parsed = phone.parse(text, country)
    except BadInput:
        return
    again = phone.parse(parsed.canonical, country)
    assert (again.canonical, again.kind) == (parsed.canonical, parsed.kind)
