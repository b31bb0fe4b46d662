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
