"""Where a debtor lives: cities, provinces, or nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from ranking import default_params, region
from tests.ranking.book import HOME, one_debtor

CARD = {"source": "cards", "kind": "transaction_regions"}
NINGBO, HANGZHOU, WENZHOU = "330200", "330100", "330300"


@pytest.mark.guide("R40")
def test_groceries_at_home_outweigh_hotels_elsewhere():
    book = one_debtor()
    for days in (5, 20, 40):
        book.seen("A", days, region="330212", mcc="5411", **CARD)
        book.seen("A", days - 1, region=HANGZHOU, mcc="7011", **CARD)
    assert book.values(kind="region")[0] == NINGBO


@pytest.mark.guide("R46")
def test_card_use_older_than_ninety_days_says_nothing():
    book = one_debtor()
    book.seen("A", 120, region=NINGBO, mcc="5411", **CARD)
    assert book.values(kind="region") == []


@pytest.mark.guide("R40")
def test_cities_that_contradict_leave_the_province():
    book = one_debtor()
    for city in (NINGBO, HANGZHOU, WENZHOU):
        book.seen("A", 10, region=city, mcc="5411", **CARD)
    assert book.values(kind="region") == ["330000"]


def test_an_address_in_another_city_than_the_cards_falls():
    book = one_debtor()
    book.seen("A", 200, contact_address=HOME, contact_name="测试人")
    before = book.p(HOME, kind="address")
    for days in (5, 20, 40):
        book.seen("A", days, region=HANGZHOU, mcc="5411", **CARD)
    assert book.p(HOME, kind="address") < before - 0.1


@pytest.mark.guide("R40")
def test_where_people_move_often_an_old_address_tells_less_of_the_city():
    params = default_params()
    own = pd.DataFrame({"at_home": [0.95, 0.95], "age": [10.0, 900.0]})
    seldom, often = (region._weight(own.at_home, own.age, params, moves) for moves in (0.05, 0.8))
    assert (seldom > often).all()
    assert 0 < seldom.iloc[0] - seldom.iloc[1] < (often.iloc[0] - often.iloc[1]) / 2


AUSTIN, DALLAS, TEXAS, LEEDS, ENGLAND = "US-TX-4671654", "US-TX-4684888", "US-TX", "GB-WYK-2644688", "GB-ENG"


@pytest.mark.parametrize(("city", "wider"), [(NINGBO, "330000"), (AUSTIN, TEXAS), (LEEDS, "GB-WYK"), (LEEDS, ENGLAND)])
def test_a_province_says_nothing_beside_a_city_in_it(city, wider):
    book = one_debtor()
    for days in (3, 10):
        book.seen("A", days, region=city, mcc="5411", **CARD)
    for days in (1, 8, 15, 22):
        book.seen("A", days, region=wider, mcc="5411", **CARD)
    assert book.values(kind="region") == [city]


def test_a_province_alone_is_told_and_a_nation_is_not():
    state, nation = one_debtor(), one_debtor()
    for days in (1, 8, 15):
        state.seen("A", days, region=TEXAS, mcc="5411", **CARD)
        nation.seen("A", days, region=ENGLAND, mcc="5411", **CARD)
    assert state.values(kind="region") == [TEXAS]
    assert nation.values(kind="region") == []


def test_american_cities_that_contradict_leave_the_state():
    book = one_debtor()
    for city in (AUSTIN, DALLAS, "US-TX-4699066"):
        book.seen("A", 10, region=city, mcc="5411", **CARD)
    assert book.values(kind="region") == [TEXAS]


def test_an_american_address_in_another_city_than_the_cards_falls():
    book, address = one_debtor(), "12 Sample St Apt 4, Austin, TX 78701"
    book.seen("A", 200, contact_address=address, contact_name="测试人")
    before = book.p(address, kind="address")
    for days in (5, 20, 40):
        book.seen("A", days, region=DALLAS, mcc="5411", **CARD)
    assert book.p(address, kind="address") < before - 0.1
