"""What is published, in which order, and why."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ranking
from tests.ranking.book import AS_OF, HOME, NEW_NUMBER, NUMBER, OTHER_NUMBER, Book, one_debtor

CRM = {"source": "crm", "kind": "phone_updates", "retires_older": True}


@pytest.fixture
def book() -> Book:
    return one_debtor()


def test_the_factors_shown_sum_to_the_score(ran):
    site, _ = ran
    rows = site.store.candidates(at=datetime(2026, 11, 2, tzinfo=UTC)).to_pylist()
    assert len(rows) > 50
    for row in rows:
        total = sum(f["log_odds"] for f in row["factors"])
        assert math.isclose(1 / (1 + math.exp(-total)), row["probability"], abs_tol=1e-6)


def test_an_announced_number_retires_the_older_one(book):
    book.seen("A", 200, contact_phone=OTHER_NUMBER, contact_name="测试人")
    book.seen("A", 100, contact_phone=NEW_NUMBER, **CRM)
    assert book.values()[0] == NEW_NUMBER
    assert book.p(OTHER_NUMBER) < 0.3


def test_a_stale_default_that_is_repeated_does_not_beat_an_announced_change(book):
    for days in (400, 350, 300, 250):
        book.seen("A", days, contact_phone=OTHER_NUMBER, contact_name="测试人")
    book.seen("A", 60, contact_phone=NEW_NUMBER, **CRM)
    book.seen("A", 20, contact_phone=OTHER_NUMBER, contact_name="测试人")
    assert book.values()[0] == NEW_NUMBER


def test_a_declared_contact_alone_is_no_candidate_and_a_confirmed_one_is(book):
    book.seen("A", 30, contact_phone=NEW_NUMBER, contact_name="测试人")
    assert book.values() == [NEW_NUMBER]
    book.seen("A", 20, contact_phone=NUMBER, contact_name="测试人")
    assert set(book.values()) == {NUMBER, NEW_NUMBER}


@pytest.mark.guide("R25")
def test_a_gift_receivers_number_is_never_published_though_a_masked_name_would_fit(book):
    book.seen("A", 90, contact_phone=OTHER_NUMBER, contact_name="测友好")
    book.seen("A", 10, contact_phone=OTHER_NUMBER, contact_name="测**")
    assert book.values() == []
    assert "supporting" not in book.rank().fates["fate"].to_pylist()


def test_an_emergency_contacts_number_is_never_published(book):
    book.seen("A", 10, contact_phone=OTHER_NUMBER, contact_name="测试人", is_emergency=True)
    assert book.values() == []


def test_a_number_seen_later_as_somebody_elses_falls(book):
    book.debtor("B", name="样本花")
    book.seen("A", 400, contact_phone=OTHER_NUMBER, contact_name="测试人")
    alone = book.p(OTHER_NUMBER)
    book.seen("B", 30, contact_phone=OTHER_NUMBER, contact_name="样本花")
    assert book.p(OTHER_NUMBER) < alone / 2
    assert book.rows("A")[0]["holder"] == "uncertain"


def test_spellings_of_one_address_are_one_candidate(book):
    book.seen("A", 50, contact_address="浙江省宁波市鄞州区 测试路12号梅园小区3栋2单元501", contact_name="测试人")
    book.seen("A", 20, contact_address="宁波市鄞州区梅园小区3-2-501", contact_name="测试人")
    assert len(book.values(kind="address")) == 1
    assert book.rows(kind="address")[0]["origins"] == 2


def test_a_missing_room_is_no_contradiction_but_a_pickup_point_is_another_place(book):
    book.seen("A", 50, contact_address=HOME, contact_name="测试人")
    book.seen("A", 40, contact_address="浙江省宁波市鄞州区测试路12号梅园小区", contact_name="测试人")
    book.seen("A", 30, contact_address="浙江省宁波市鄞州区测试路12号梅园小区菜鸟驿站", contact_name="测试人")
    found = book.rows(kind="address")
    assert len(found) == 2
    assert found[0]["value"] == HOME
    assert found[1]["probability"] < 0.1


def test_a_masked_number_that_fits_one_known_number_supports_it_and_is_not_published(book):
    book.seen("A", 300, contact_phone=OTHER_NUMBER, contact_name="测试人")
    alone = book.p(OTHER_NUMBER)
    book.seen("A", 10, source="courier", contact_phone="199****0003", contact_name="测试人")
    assert book.values() == [OTHER_NUMBER]
    assert book.p(OTHER_NUMBER) > alone


def test_a_disconnection_before_a_later_confirmation_counts_less_than_one_after(book):
    book.seen("A", 400, contact_phone=OTHER_NUMBER, contact_name="测试人")
    book.tried("A", OTHER_NUMBER, "disconnected", 200)
    after = book.p(OTHER_NUMBER)
    assert after < 0.2
    book.seen("A", 50, contact_phone=OTHER_NUMBER, contact_name="测试人")
    repeated = book.p(OTHER_NUMBER)  # it may be what the shop's account saved long ago
    assert repeated > after + 0.05
    book.seen("A", 49, source="crm", kind="phone_updates", contact_phone=OTHER_NUMBER, contact_name="测试人")
    assert book.p(OTHER_NUMBER) > after + 0.2


def test_an_account_that_goes_on_showing_what_another_source_retired_is_held_to_be_stale(book):
    """Of its repeats none is news; and what it says of the debtor's home is believed less as well."""
    for days in (500, 400, 300):
        book.seen("A", days, contact_phone=OTHER_NUMBER, contact_address=HOME, contact_name="测试人")
    home = book.p(HOME, kind="address")
    facts = {"source": "crm", "kind": "phone_updates", "retires_older": True, "contact_name": "测试人"}
    book.seen("A", 350, contact_phone=NEW_NUMBER, **facts)
    assert book.p(NEW_NUMBER) > book.p(OTHER_NUMBER)
    assert book.p(HOME, kind="address") < home - 0.05


def test_a_right_party_contact_raises_and_a_wrong_party_lowers(book):
    book.seen("A", 100, contact_phone=NEW_NUMBER, contact_name="测试人")
    book.seen("A", 110, contact_phone=OTHER_NUMBER, contact_name="测试人")
    before = book.values()
    assert before[0] == NEW_NUMBER
    book.tried("A", OTHER_NUMBER, "right_party", 10)
    book.tried("A", NEW_NUMBER, "wrong_party", 10)
    assert book.values()[0] == OTHER_NUMBER


# --- bad input flips nothing ------------------------------------------------------------------------------------------
def two_numbers() -> Book:
    """NEW_NUMBER is the better one by two sources."""
    b = one_debtor()
    b.seen("A", 300, contact_phone=OTHER_NUMBER, contact_name="测试人")
    b.seen("A", 40, contact_phone=NEW_NUMBER, contact_name="测试人")
    b.seen("A", 30, contact_phone=NEW_NUMBER, **CRM)
    return b


def test_an_outcome_of_a_number_nobody_recorded_changes_nothing():
    book = two_numbers()
    before = book.rows()
    book.tried("A", "+8619900009999", "right_party", 5)
    assert [r["value"] for r in book.rows()] == [r["value"] for r in before]
    assert book.p(NEW_NUMBER) == pytest.approx(before[0]["probability"])


def test_contradicting_outcomes_do_not_flip():
    book = two_numbers()
    for days in (3, 2):
        book.tried("A", NEW_NUMBER, "wrong_party", days)
        book.tried("A", NEW_NUMBER, "right_party", days)
    assert book.values()[0] == NEW_NUMBER


def test_an_outcome_of_tomorrow_counts_nothing():
    book = two_numbers()
    before = book.p(NEW_NUMBER)
    book.tried("A", NEW_NUMBER, "disconnected", -1)
    assert book.p(NEW_NUMBER) == pytest.approx(before)


def test_a_source_from_tomorrow_is_not_believed():
    book = two_numbers()
    for _ in range(5):
        book.seen("A", -1, source="liar", contact_phone="+8619900000077", contact_name="测试人")
    assert "+8619900000077" not in book.values()
    assert book.values()[0] == NEW_NUMBER


def test_one_source_flooding_an_old_number_does_not_flip():
    book = two_numbers()
    for i in range(300):
        book.seen("A", 299 - i / 2, contact_phone=OTHER_NUMBER, contact_name="测试人", account_id=f"V{i}")
    book.seen("A", 20, source="notes", kind="service_notes", contact_phone=NEW_NUMBER)
    assert book.values()[0] == NEW_NUMBER


def test_a_copying_source_counts_once():
    book = two_numbers()
    alone = book.p(OTHER_NUMBER)
    for days in (200, 150, 100, 50, 10):
        book.seen("A", days, source="courier", origin_id="s0000", contact_phone=OTHER_NUMBER, contact_name="测试人")
    assert book.values()[0] == NEW_NUMBER
    assert book.p(OTHER_NUMBER) == pytest.approx(alone, abs=0.05)
    assert next(r for r in book.rows() if r["value"] == OTHER_NUMBER)["origins"] == 1


def test_unanswered_calls_never_bury_a_good_number():
    book = two_numbers()
    for days in range(1, 40):
        book.tried("A", NEW_NUMBER, "no_answer", days)
    assert book.values()[0] == NEW_NUMBER


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 900), st.sampled_from([NUMBER, NEW_NUMBER, OTHER_NUMBER])), max_size=9))
def test_the_numbers_of_a_debtor_never_share_more_than_certainty(records):
    book = one_debtor()
    for days, number in records:
        book.seen("A", days, contact_phone=number, contact_name="测试人")
    rows = book.rows()
    assert sum(r["probability"] for r in rows) <= 1 + 1e-6
    for row in rows:
        total = sum(f["log_odds"] for f in row["factors"])
        assert math.isclose(1 / (1 + math.exp(-total)), row["probability"], abs_tol=1e-9)


def test_nothing_linked_gives_nothing(book):
    assert book.rank().candidates.num_rows == 0


def test_a_rerun_gives_the_same_bytes(book):
    book.seen("A", 50, contact_phone=NEW_NUMBER, contact_address=HOME, contact_name="测试人")
    assert book.rank().candidates.equals(book.rank().candidates)


def test_the_order_of_the_rows_changes_no_byte():
    """The fitted laws, too, are sums over rows; what comes out may not depend on how a source sorts its file."""
    rng = np.random.default_rng(11)
    book = Book()
    for n in range(60):
        book.debtor(f"C{n}", phone=f"+861990001{n:04d}", address=HOME)
        for days in rng.integers(1, 700, 4).tolist():
            number = f"+86199000{int(rng.integers(2, 5))}{n:04d}"
            book.seen(f"C{n}", days, contact_phone=number, contact_address=HOME, contact_name="测试人")
        book.tried(f"C{n}", f"+861990002{n:04d}", "no_answer", 20)
        book.tried(f"C{n}", f"+861990003{n:04d}", "right_party", 30)
    tables = book.tables()
    options = {"as_of": AS_OF, "params": ranking.default_params(), "min_probability": 0.0, "max_per_kind": 9}
    once = ranking.rank(*tables, **options).candidates
    mixed = [rng.permutation(len(t)) for t in tables[:4]]
    mixed.append(mixed[0])  # the flags belong to the links
    again = ranking.rank(*(t.take(pa.array(o)) for t, o in zip(tables, mixed, strict=True)), **options).candidates
    assert once.num_rows > 100
    assert again.equals(once)
