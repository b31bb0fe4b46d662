from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

import policy
from policy import forgetting, periods, rights, working_days

SHANGHAI = ZoneInfo("Asia/Shanghai")


def last_day(received: datetime, days: int = 5, jurisdiction: str = "cn") -> date:
    return working_days.due(jurisdiction, received, days).at.date() - timedelta(days=1)


@pytest.mark.guide("R62")
@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (date(2026, 3, 2), date(2026, 3, 9)),  # a plain Monday
        (date(2026, 2, 13), date(2026, 2, 27)),  # Saturday 02-14 is worked, 02-15..23 are not
        (
            date(2025, 9, 26),
            date(2025, 10, 10),
        ),  # 09-28 (Sunday) is worked, 10-01..08 are not, nor is the Saturday after
        (date(2025, 1, 24), date(2025, 2, 7)),  # 01-26 (Sunday) is worked, 01-28..02-04 are not
    ],
)
def test_five_chinese_working_days_with_adjusted_holidays(received, expected):
    at = datetime(received.year, received.month, received.day, 10, tzinfo=SHANGHAI)
    assert last_day(at) == expected
    assert not working_days.due("cn", at, 5).is_provisional


def test_the_day_of_receipt_is_the_local_one():
    assert last_day(datetime(2026, 3, 2, 17, tzinfo=UTC)) == date(2026, 3, 10)  # already Tuesday in Beijing


def test_beyond_the_published_calendar_the_date_is_defined_and_said_to_be_provisional():
    year = working_days.last_known_year("cn") + 1
    monday = next(d for d in range(9, 16) if date(year, 11, d).weekday() == 0)  # far from any holiday
    answer = working_days.due("cn", datetime(year, 11, monday, 10, tzinfo=SHANGHAI), 5)
    assert answer.is_provisional
    assert answer.at.date() == date(year, 11, monday) + timedelta(days=8)
    assert not working_days.due("cn", datetime(year - 1, 11, 10, 10, tzinfo=SHANGHAI), 5).is_provisional


def test_a_date_that_crosses_into_an_unpublished_year_is_provisional_too():
    year = working_days.last_known_year("cn")
    assert working_days.due("cn", datetime(year, 12, 30, 10, tzinfo=SHANGHAI), 5).is_provisional


def test_certain_holidays_never_count():
    year = working_days.last_known_year("cn") + 5
    free = [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)]
    assert [d for d in free if working_days.provisional(date(year, *d))] == []


def test_a_provisional_date_was_never_later_than_the_published_calendar_made_it():
    """Every day of the years since the modern rules of adjusted weekends, as if their calendars were not known."""
    import chinese_calendar

    def fifth(day: date, works) -> date:
        left = 5
        while left:
            day += timedelta(days=1)
            left -= works(day)
        return day

    day, later = date(2014, 1, 1), []
    while day < date(2026, 12, 20):
        if fifth(day, working_days.provisional) > fifth(day, chinese_calendar.is_workday):
            later.append(day)
        day += timedelta(days=1)
    assert later == []


def test_requests_are_due_as_the_packs_say():
    at = datetime(2026, 1, 31, 4, tzinfo=UTC)
    cn = rights.due(policy.load("cn"), "access", at)
    assert (cn.due_at - at).days == 15
    assert (cn.acknowledge_by - at).days == 1
    assert (cn.outer_due_at - at).days == 30
    assert (rights.due(policy.load("us"), "deletion", at).due_at - at).days == 45
    uk = rights.due(policy.load("uk"), "access", at)
    assert (uk.due_at - at).days == 28
    assert uk.outer_due_at.date() == date(2026, 2, 28)


def test_of_overlapping_packs_the_earlier_date_counts():
    at = datetime(2026, 1, 31, 4, tzinfo=UTC)
    both = policy.combine([policy.load("us"), policy.load("cn")])
    assert rights.due(both, "access", at).due_at == rights.due(policy.load("cn"), "access", at).due_at


def test_a_complaint_has_its_outer_bound():
    due = rights.due(policy.load("cn"), "complaint", datetime(2026, 3, 2, 2, tzinfo=UTC))
    assert due.rule_id == "CN-COMPLAINT-01"
    assert due.outer_due_at.date() == date(2026, 3, 17)


def test_an_unknown_request_is_refused():
    with pytest.raises(ValueError, match="kind"):
        rights.due(policy.load("cn"), "fame", datetime(2026, 1, 1, tzinfo=UTC))


def test_periods_end_on_the_last_day_of_a_short_month_and_leap_years_count():
    assert periods.after(datetime(2026, 1, 31), "P1M") == datetime(2026, 2, 28)  # noqa: DTZ001
    assert periods.after(datetime(2024, 2, 29), "P1Y") == datetime(2025, 2, 28)  # noqa: DTZ001
    assert periods.after(datetime(2026, 1, 1), "case_close_plus_P30D") == datetime(2026, 1, 31)  # noqa: DTZ001
    assert periods.before(datetime(2026, 3, 31), "P1M") == datetime(2026, 2, 28)  # noqa: DTZ001


@pytest.mark.guide("R58")
def test_what_is_under_a_minimum_may_not_be_deleted():
    made = datetime(2024, 1, 1, tzinfo=UTC)
    cn = policy.load("cn")
    assert not forgetting.may_delete(cn, "recording", made, made.replace(year=2025, month=12, day=31))
    assert forgetting.may_delete(cn, "recording", made, made.replace(year=2026))


def test_deadlines_of_withdrawal_and_closure():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert (forgetting.withdrawal_deadline(policy.load("cn"), at).due_at - at).days == 15
    assert (forgetting.withdrawal_deadline(policy.load("uk"), at).due_at - at).days == 30
    assert forgetting.withdrawal_deadline(policy.load("us"), at).due_at == at
    assert (forgetting.closure_deadline(policy.load("cn"), at).due_at - at).days == 30


def test_consent_is_not_asked_again_within_the_cool_down():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert (rights.may_ask_again_at(policy.load("cn"), at) - at).days == 180
