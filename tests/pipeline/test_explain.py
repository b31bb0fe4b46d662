"""`policy explain` about a contact: hours in the right zone on the days the clocks change, and what is not said denies."""

from datetime import datetime

import pytest

from core.errors import ConfigError
from pipeline.explain import explain, explain_contact

SAID = {
    "has_consent": True, "is_opted_out": False, "has_complaint": False, "has_attorney": False, "has_ceased": False,
    "is_disputed": False, "is_vulnerable": False,
}  # fmt: skip


def asked(jurisdiction, at, *zones, channel="voice", contacts=(), facts=SAID, **more):
    at = datetime.fromisoformat(at)
    return explain_contact(jurisdiction, channel, at=at, zones=zones, facts=facts, contacts=contacts, **more)


@pytest.mark.parametrize(
    ("jurisdiction", "at", "zones", "allowed"),
    [
        ("cn", "2026-11-02T07:59:59+08:00", (), False),
        ("cn", "2026-11-02T08:00:00+08:00", (), True),
        ("cn", "2026-11-02T20:59:59+08:00", (), True),
        ("cn", "2026-11-02T21:00:00+08:00", (), False),
        ("us", "2026-03-07T12:30:00+00:00", ("America/New_York",), False),  # 07:30, standard time
        ("us", "2026-03-08T12:30:00+00:00", ("America/New_York",), True),  # 08:30, the clocks went forward at night
        ("us", "2026-11-01T00:30:00+00:00", ("America/New_York",), True),  # 20:30 of 31 October, summer time
        ("us", "2026-11-02T00:30:00+00:00", ("America/New_York",), True),  # 19:30, standard time
        ("us", "2026-11-02T02:00:00+00:00", ("America/New_York",), False),  # 21:00
        ("us", "2026-11-02T13:30:00+00:00", ("America/New_York", "America/Los_Angeles"), False),  # 05:30 in one of them
        ("us", "2026-11-02T15:00:00+00:00", (), False),  # where they are is not known
        ("us", "2026-11-02T15:00:00+00:00", ("Mars/Base",), False),
        ("uk", "2026-03-28T07:30:00+00:00", (), False),
        ("uk", "2026-03-29T07:30:00+00:00", (), True),  # 08:30, summer time began
        ("uk", "2026-10-25T20:30:00+00:00", (), True),  # 20:30, summer time ended
        ("uk", "2026-10-24T20:30:00+00:00", (), False),  # 21:30, still summer time
    ],
)
def test_hours_are_those_of_the_customers_place_on_that_day(jurisdiction, at, zones, allowed):
    assert asked(jurisdiction, at, *zones).allowed is allowed


def test_the_next_permitted_time_is_told_and_permitted():
    answer = asked("us", "2026-03-08T11:00:00+00:00", "America/New_York")
    assert answer.next_permitted_at == datetime.fromisoformat("2026-03-08T08:00:00-04:00")
    assert asked("us", answer.next_permitted_at.isoformat(), "America/New_York").allowed


@pytest.mark.parametrize("left_out", ["has_consent", "is_opted_out", "has_complaint"])
def test_a_fact_that_is_not_said_denies(left_out):
    facts = {k: v for k, v in SAID.items() if k != left_out}
    assert not asked("cn", "2026-11-02T12:00:00+08:00", facts=facts).allowed


def test_contacts_that_are_not_told_deny():
    assert not asked("cn", "2026-11-02T12:00:00+08:00", contacts=None).allowed


def test_what_there_is_not_is_refused_by_name():
    for more in ({"channel": "fax"}, {"facts": {"is_rich": True}}, {"party": "neighbour"}):
        with pytest.raises(ConfigError, match="there is no"):
            asked("cn", "2026-11-02T12:00:00+08:00", **more)


def test_card_transactions_need_both_separate_consents():
    day = datetime.fromisoformat("2026-11-01T00:00:00+00:00")
    given = {"purpose": "post_loan_contact", "at": day, "observed_at": datetime.fromisoformat("2026-10-20T00:00+00:00"),
             "granted_at": datetime.fromisoformat("2026-01-01T00:00+00:00"),
             "expires_at": datetime.fromisoformat("2027-01-01T00:00+00:00")}  # fmt: skip
    for one in ("financial_account", "whereabouts"):
        assert not explain("cn", "transaction_regions", (one,), **given).allowed
    assert explain("cn", "transaction_regions", ("financial_account", "whereabouts"), **given).allowed


def test_a_citation_read_in_a_secondary_copy_is_shown_as_such():
    answer = asked("cn", "2026-11-02T12:00:00+08:00")
    assert answer.rules[0][2].endswith("(law, read in a secondary copy only)")
    assert asked("cn", "2026-11-02T12:00:00+08:00", lang="zh").rules[0][2].endswith("(法律，仅见二手文本)")
