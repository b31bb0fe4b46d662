"""Little or odd to go on: no debtors, one source, no regions, other countries. Nothing may break, and nothing be made up."""

from __future__ import annotations

import pytest

from core import schemas
from tests.ranking.book import HOME, NEW_NUMBER, NUMBER, Book, one_debtor

APP = {"source": "app", "kind": "app_regions"}
CARD = {"source": "cards", "kind": "transaction_regions"}
NOBODY, NOTHING_SEEN = Book(), one_debtor()


@pytest.mark.parametrize("book", [NOBODY, NOTHING_SEEN], ids=["no debtors", "nothing seen"])
def test_nothing_gives_an_empty_table_of_the_schema(book):
    found = book.rank().candidates
    assert found.num_rows == 0
    assert found.schema.equals(schemas.CANDIDATES)


@pytest.mark.parametrize("debtors", [1, 2])
def test_a_debtor_or_two_are_enough(debtors):
    book = Book()
    for n in range(debtors):
        book.debtor(f"C{n}")
        book.seen(f"C{n}", 10, contact_phone=f"+861990000010{n}", contact_address=HOME, contact_name="测试人")
    kinds = [r["kind"] for r in book.rank().candidates.to_pylist()]
    assert kinds.count("phone") == debtors
    assert kinds.count("address") == debtors


def test_phones_alone_are_ranked():
    book = one_debtor()
    book.seen("A", 10, contact_phone=NEW_NUMBER, contact_name="测试人")
    assert [r["kind"] for r in book.rank().candidates.to_pylist()] == ["phone"]


def test_app_regions_alone_name_the_city_and_no_contact():
    book = one_debtor()
    for days in (1, 8, 15):
        book.seen("A", days, region="330200", **APP)
    assert [(r["kind"], r["value"]) for r in book.rank().candidates.to_pylist()] == [("region", "330200")]


def test_one_source_of_records_without_any_contact_gives_nothing():
    book = one_debtor()
    book.seen("A", 5, contact_name="测试人")
    assert book.rank().candidates.num_rows == 0


@pytest.mark.parametrize(
    ("phone", "address", "region"),
    [
        ("+12025550143", "12 Example Street, Apt 4, Springfield, IL 62701", "US-IL-4250542"),
        ("+442079460018", "Flat 2, 1 Example Road, London SW1A 1AA", "GB-GTL-2643743"),
        ("+12025550143", "no such place", None),
    ],
)
def test_other_countries_have_regions_and_addresses_of_their_own(phone, address, region):
    book = Book()
    book.debtor("A", name="Test Person", phone=NUMBER)
    book.seen("A", 20, contact_phone=phone, contact_address=address, contact_name="Test Person")
    for days in (3, 10, 17) if region else ():
        book.seen("A", days, region=region, mcc="5411", **CARD)
    assert book.values() == [phone]
    assert book.values(kind="address") == [address]
    assert book.values(kind="region") == ([region] if region else [])


def test_an_attempt_at_nothing_recorded_of_a_case_that_is_gone_breaks_nothing():
    book = one_debtor()
    book.seen("A", 10, contact_phone=NEW_NUMBER, contact_name="测试人")
    book.tried("Z", NEW_NUMBER, "right_party", 1)
    book.tried("A", "", "right_party", 1, kind="address")
    assert book.values() == [NEW_NUMBER]
