"""A number one digit off another of the same debtor is that one."""

from __future__ import annotations

import pytest

from tests.ranking.book import NUMBER, Book, one_debtor

SHOWN = {"contact_name": "测试人"}
WRONG = "+8619900000803"
RIGHT = "+8619900000903"
SWAPPED = "+8619900009003"
ELSE = "+8619955500803"


def portfolio(step: int = 1_000_003) -> Book:
    """Debtor A among sixty others with two well attested numbers each, ``step`` apart."""
    book = one_debtor()
    for n in range(60):
        book.debtor(f"C{n}", name=f"某{chr(0x4E00 + n)}")
        for days, number in ((400, 19_900_100_000 + 97 * n), (60, 19_900_100_000 + 97 * n + step)):
            for later in (0, 20):
                book.seen(f"C{n}", days - later, contact_phone=f"+86{number}", contact_name=f"某{chr(0x4E00 + n)}")
    return book


@pytest.mark.parametrize("wrong", [WRONG, SWAPPED], ids=["a digit", "two digits swapped"])
def test_a_slip_in_a_newer_record_does_not_hide_the_number(wrong):
    book = portfolio()
    book.seen("A", 200, contact_phone=RIGHT, **SHOWN)
    book.seen("A", 150, contact_phone=RIGHT, **SHOWN)
    book.seen("A", 10, source="courier", contact_phone=wrong, **SHOWN)
    assert book.values() == [RIGHT]
    assert book.rows()[0]["origins"] == 3


def test_of_two_records_the_earlier_is_held_to_be_the_original():
    book = portfolio()
    book.seen("A", 10, source="courier", contact_phone=WRONG, **SHOWN)
    book.seen("A", 60, contact_phone=RIGHT, **SHOWN)
    assert book.values() == [RIGHT]


def test_neighbouring_numbers_that_several_records_show_are_two():
    book = portfolio()
    for days in (300, 200):
        book.seen("A", days, contact_phone=WRONG, **SHOWN)
        book.seen("A", days - 90, contact_phone=RIGHT, **SHOWN)
    assert set(book.values()) == {RIGHT, WRONG}


def test_another_persons_neighbouring_number_is_not_taken_for_a_slip():
    book = portfolio()
    book.seen("A", 60, contact_phone=RIGHT, **SHOWN)
    book.seen("A", 10, contact_phone=WRONG, contact_name="样本花")
    assert book.values() == [RIGHT]
    assert book.rows()[0]["origins"] == 1


def test_numbers_that_differ_in_more_are_two():
    book = portfolio()
    book.seen("A", 60, contact_phone=RIGHT, **SHOWN)
    book.seen("A", 10, contact_phone=ELSE, **SHOWN)
    assert set(book.values()) == {RIGHT, ELSE}


def test_a_number_the_customer_announced_is_no_slip():
    book = portfolio()
    book.seen("A", 60, contact_phone=RIGHT, **SHOWN)
    book.seen("A", 50, contact_phone=RIGHT, **SHOWN)
    book.seen("A", 10, source="crm", kind="phone_updates", retires_older=True, contact_phone=WRONG)
    assert book.values()[0] == WRONG


@pytest.mark.parametrize("book", [one_debtor(), portfolio(step=1)], ids=["too few debtors to tell", "numbers in a row"])
def test_where_neighbouring_numbers_may_be_usual_nothing_is_corrected(book):
    book.seen("A", 60, contact_phone=NUMBER[:-1] + "8", **SHOWN)
    book.seen("A", 10, contact_phone=NUMBER[:-1] + "9", **SHOWN)
    assert {NUMBER[:-1] + "8", NUMBER[:-1] + "9"} <= set(book.values())
