"""Addresses of the United States and the United Kingdom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values import address


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("123 N Main St Apt 4B, Springfield, IL 62704-1234", ("IL", "Springfield", "62704", "123", "N MAIN ST", "4B")),
        (
            "123 North Main Street #4B, Springfield, Illinois 62704",
            ("IL", "Springfield", "62704", "123", "N MAIN ST", "4B"),
        ),
        (
            "500 Fifth Avenue, Suite 1200, New York, NY 10110, USA",
            ("NY", "New York", "10110", "500", "5TH AVE", "1200"),
        ),
        ("9 Elm Rd, Washington DC 20500", ("DC", "Washington", "20500", "9", "ELM RD", None)),
    ],
)
def test_an_american_address_has_state_city_zip_number_street_and_unit(
    text: str, parts: tuple[str | None, ...]
) -> None:
    a = address.parse(text, "US")
    assert (a.province, a.city, a.district, a.number, a.road, a.room) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Flat 2, 10 High Street, Camden, London NW1 7JR", ("NW", "NW1", "NW1 7JR", "10", "HIGH ST", "2")),
        ("10 high st, london, sw1a2aa, UK", ("SW", "SW1A", "SW1A 2AA", "10", "HIGH ST", None)),
    ],
)
def test_a_british_address_has_its_postcode_split(text: str, parts: tuple[str | None, ...]) -> None:
    a = address.parse(text, "GB")
    assert (a.province, a.district, a.postcode, a.number, a.road, a.room) == parts


@pytest.mark.parametrize(
    ("text", "country", "parts"),
    [
        ("12-34 56th Rd #5F Queens NY 11378", "US", ("Queens", None, "12-34", "56TH RD", None, None, "5F")),
        ("221 Elm St. Springfield Massachusetts 01103", "US", ("Springfield", None, "221", "ELM ST", None, None, None)),
        ("Bldg 7 Apt 204, 900 W Oak Dr, Boise, ID 83702", "US", ("Boise", None, "900", "W OAK DR", "7", None, "204")),
        ("75 Spring Street 6th Floor New York NY 10012", "US", ("New York", None, "75", "SPRING ST", None, "6", None)),
        ("Rose Cottage, Mill Lane, Bath, Somerset BA1 5AA", "GB", (None, "Bath", None, "MILL LN", None, None, None)),
        ("2/3, 88 High Street Glasgow G2 3DE", "GB", (None, "Glasgow", "88", "HIGH ST", None, None, "2/3")),
        ("Second Floor, 5 George St, Hove, East Sussex BN3 3EA", "GB", (None, "Hove", "5", "GEORGE ST", None, "2", None)),
    ],
)  # fmt: skip
def test_city_town_building_floor_and_flat_are_found_however_they_are_written(
    text: str, country: str, parts: tuple[str | None, ...]
) -> None:
    a = address.parse(text, country)
    assert (a.city, a.town, a.number, a.road, a.building, a.floor, a.room) == parts


def test_spellings_of_one_american_home_share_a_key_and_another_unit_does_not() -> None:
    home = address.parse("123 N Main St Apt 4B, Springfield, IL 62704", "US")
    same = address.parse("123 North Main Street, Unit 4b, Springfield Illinois 62704-9999", "US")
    other = address.parse("123 N Main St Apt 5B, Springfield, IL 62704", "US")
    assert address.canonical(home) == address.canonical(same)
    assert address.same_place(home, same) == 1.0
    assert address.same_place(home, other) < 0.3


def test_a_post_office_box_is_nobodys_home() -> None:
    assert address.parse("PO Box 12, Austin TX 78701", "US").pickup


@given(st.text(max_size=60), st.sampled_from(["US", "GB"]))
def test_parsing_never_raises(text: str, country: str) -> None:
    parsed = address.parse(text, country)
    assert 0 <= address.same_place(parsed, parsed) <= 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("12 Sample St Apt 4, Austin, TX 78701", "US-TX-4671654"),
        ("12 Sample St, Springfield, Illinois", "US-IL-4250542"),
        ("Flat 2, 10 Sample Road, Leeds LS1 4AB", "GB-WYK-2644688"),
        ("10 Sample Road, Richmond, Surrey TW9 1AA", "GB-GTL-2639389"),
        ("10 Sample Road, Nowhere in the World, LS1 4AB", None),
        ("no such place", None),
        ("宁波市鄞州区测试路1号", "330212"),
    ],
)
def test_the_country_of_an_address_shows_and_its_city_has_a_code(text: str, code: str | None) -> None:
    assert address.parse(text).division_code == code


def test_two_homes_of_one_city_do_not_share_a_key_and_two_towns_of_one_postcode_are_one_place() -> None:
    one, other = (address.parse(f"10 High Street, London {code}") for code in ("NW1 7JR", "SW1A 2AA"))
    assert address.canonical(one) != address.canonical(other)
    town, post_town = (address.parse(f"10 High Street, {place} LS27 0AA") for place in ("Morley", "Leeds"))
    assert address.same_place(town, post_town) == 1.0
