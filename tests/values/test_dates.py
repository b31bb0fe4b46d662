# ruff: noqa: DTZ001  # Hypothesis draws wall times
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.reasons import Reason
from values import dates

MIDNIGHT = datetime(2026, 1, 1, 16, tzinfo=UTC)  # 2 January 2026 in China


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02", "2026/1/2", "2026.1.2", "20260102", "20260102.0", "2026年1月2日", "2026年01月02号", "2 Jan 2026", "Jan 2, 2026",
        "02-Jan-2026", "January 2nd, 2026", "46024", "46024.0", "2026-01-02 00:00:00", "2026-01-02T00:00:00+08:00",
        "2026-01-01T16:00:00Z", "1767283200", "1767283200000", "1767283200000000", "２０２６－０１－０２", "2026-01-01 24:00",
        "2026-01-02 星期五", "20260102000000", "Thu, 01 Jan 2026 16:00:00 GMT",
    ],
)  # fmt: skip
def test_the_same_day_is_the_same_moment_however_it_is_written(text):
    assert dates.parse(text) == MIDNIGHT


@pytest.mark.parametrize(
    "text",
    ["2026-01-02 15:04", "2026/1/2 15:04:00", "2026年1月2日 下午3时4分", "2026年1月2日15:04", "2026-01-02 3:04 PM", "20260102150400",
     "2026-01-02T15:04:00.000+0800", "2026-01-02 07:04:00Z", "46024.6277777778", "2026年1月2日下午3点04分00秒"],
)  # fmt: skip
def test_the_same_minute_is_the_same_moment_however_it_is_written(text):
    assert abs(dates.parse(text) - datetime(2026, 1, 2, 7, 4, tzinfo=UTC)) < timedelta(milliseconds=10)


@pytest.mark.parametrize(
    ("text", "day_first", "month"),
    [("03/04/2026", True, 4), ("03/04/2026", False, 3), ("13/04/2026", None, 4), ("04/13/2026", None, 4)],
)
def test_day_and_month_are_told_apart_by_the_option_or_by_the_day(text, day_first, month):
    assert dates.parse_date(text, day_first=day_first).month == month


@pytest.mark.parametrize(
    "text",
    ["2026-02-30", "2026-13-01", "2025-02-29", "20261301", "0000-00-00", "2026", "202601", "abc", "03/04/2026", "2026-01-02 25:00",
     "9999-12-31", "12", "2026年13月1日", "2026-01-02 10:61"],
)  # fmt: skip
def test_impossible_and_ambiguous_dates_are_no_dates(text):
    with pytest.raises(BadInput) as bad:
        dates.parse(text)
    assert bad.value.reason == Reason.NOT_A_DATE


def test_the_option_is_meant_even_where_the_day_would_tell():
    with pytest.raises(BadInput):
        dates.parse("13/04/2026", day_first=False)


def test_a_date_without_time_is_midnight_of_the_given_zone():
    assert dates.parse("2026-01-02", timezone="America/New_York") == datetime(2026, 1, 2, 5, tzinfo=UTC)
    assert dates.parse("2026-07-02", timezone="Europe/London") == datetime(2026, 7, 1, 23, tzinfo=UTC)


def test_a_birth_date_is_the_day_that_was_written_whatever_the_zone():
    texts = [
        "1990-01-02",
        "1990年1月2日",
        "19900102",
        "32875",
        None,
        "1990-02-30",
        "1988-05-04",
        "1990-01-01T20:00:00Z",
    ]
    days, reasons = dates.normalise_dates(pa.array(texts))
    assert days.to_pylist() == [
        *[date(1990, 1, 2)] * 3,
        date(1990, 1, 2),
        None,
        None,
        date(1988, 5, 4),
        date(1990, 1, 2),
    ]
    assert reasons.to_pylist() == [None] * 5 + ["not_a_date", None, None]


def test_a_column_may_mix_every_style():
    texts = [
        "2026-01-02",
        "2026/1/2",
        "46024",
        None,
        "",
        "2026年1月2日",
        "2026-02-30",
        "1767283200",
        "2026-01-02T00:00:00+08:00",
        "2 Jan 2026",
    ]
    moments, reasons = dates.normalise(pa.array(texts))
    assert moments.type == dates.MOMENT
    assert moments.to_pylist() == [*[MIDNIGHT] * 3, None, None, MIDNIGHT, None, *[MIDNIGHT] * 3]
    assert reasons.to_pylist() == [*[None] * 6, "not_a_date", None, None, None]


@given(
    st.datetimes(datetime(1850, 1, 1), datetime(2199, 12, 30)),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/London"]),
    st.sampled_from(["", "Z", "+08:00", "-05:30"]),
)
def test_the_fast_path_agrees_with_the_scalar(moment, timezone, zone):
    text = moment.isoformat(sep=" ") + zone
    (fast,), _ = dates.normalise(pa.array([text]), timezone=timezone)
    assert fast.as_py() == dates.parse(text, timezone=timezone)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_moment_written_in_full_reads_as_itself(moment):
    assert dates.parse(dates.parse(moment.isoformat()).isoformat()) == moment


@given(st.one_of(st.text(), st.text("0123456789-/.:年月日时分 TZ+上下午AMPJanFeb,E", max_size=24)))
def test_any_text_gives_a_moment_or_bad_input_and_the_column_agrees(text):
    try:
        expected = dates.parse(text)
    except BadInput:
        expected = None
    assert dates.normalise(pa.array([text]))[0].to_pylist() == [expected]
