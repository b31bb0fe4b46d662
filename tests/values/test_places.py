"""Places of the United States and the United Kingdom: what a name means, and what it does not."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from values import places, regions
from values.places_table import state_of_zip, table


@pytest.mark.parametrize(
    ("text", "home", "name"),
    [
        ("LEEDS", "GB", "Leeds, West Yorkshire"),
        ("NEW YORK NY", "US", "New York City, New York"),
        ("St. Louis", "US", "St. Louis, Missouri"),
        ("SAINT LOUIS MO", "GB", "St. Louis, Missouri"),
        ("FT WORTH TX USA", "US", "Fort Worth, Texas"),
        ("Austin, Travis County, Texas", "US", "Austin, Texas"),
        ("US-TX-Austin", "US", "Austin, Texas"),
        ("Brooklyn NY", "US", "Brooklyn, New York City, New York"),
        ("Washington, D.C.", "US", "Washington, District of Columbia"),
        ("Hull", "GB", "Kingston upon Hull, East Riding of Yorkshire"),
        ("Camden, London", "GB", "Camden Town, London, Greater London"),
        ("Headingley, Leeds", "GB", "Leeds, West Yorkshire"),
        ("West Yorks", "GB", "West Yorkshire"),
        ("Lisburn, Co Antrim", "GB", "Lisburn, Lisburn and Castlereagh"),
        ("NEWCASTLE UPO", "GB", "Newcastle upon Tyne, Tyne and Wear"),
        ("US-TX", "GB", "Texas"),
        ("GB-ENG", "US", "England"),
        ("GB-LDS", "GB", "Leeds, West Yorkshire"),
        ("Cook County, Illinois", "US", "Illinois"),
    ],
)
def test_a_name_is_read_however_it_is_written(text: str, home: str, name: str) -> None:
    found = places.resolve(text, home=home)
    assert found is not None
    assert places.full_name(found.code) == name
    assert places.resolve(found.code) == found


@pytest.mark.parametrize(
    ("text", "home", "name"),
    [
        ("Boston", "US", "Boston, Massachusetts"),
        ("Boston", "GB", "Boston, Lincolnshire"),
        ("Boston, Lincolnshire", "US", "Boston, Lincolnshire"),
        ("Boston MA", "GB", "Boston, Massachusetts"),
        ("Newport NP20", "GB", "Newport"),
        ("Newport, Isle of Wight", "GB", "Newport, Isle of Wight"),
        ("Richmond TW9 1AA", "GB", "Richmond, London, Greater London"),
        ("Richmond DL10 4AA", "GB", "Richmond, North Yorkshire"),
        ("Springfield 62704", "US", "Springfield, Illinois"),
        ("Portland", "US", "Portland, Oregon"),
        ("Bristol", "GB", "Bristol"),
        ("New York", "US", "New York City, New York"),
        ("England", "US", "England"),
    ],
)
def test_a_shared_name_is_settled_by_what_stands_with_it_then_by_country_then_by_size(
    text: str, home: str, name: str
) -> None:
    found = places.resolve(text, home=home)
    assert found is not None
    assert places.full_name(found.code) == name


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("Springfield", "US"),
        ("Richmond", "US"),
        ("Washington", "US"),
        ("Toronto", "US"),
        ("London", "US"),
        ("AMZN.COM/BILL", "US"),
        ("United Kingdom", "GB"),
        ("Leeds and back", "GB"),
        ("US-ZZ", "US"),
        ("GB-WYK-1", "GB"),
        ("", "US"),
        ("12 High Street, Leeds", "GB"),
    ],
)
def test_what_is_unknown_or_one_of_several_names_no_place(text: str, home: str) -> None:
    assert places.resolve(text, home=home) is None


def test_the_ambiguity_of_a_name_is_told() -> None:
    names = {places.full_name(d.code) for d in places.candidates("Springfield", home="US")}
    assert {"Springfield, Illinois", "Springfield, Massachusetts", "Springfield, Missouri"} <= names


def test_codes_say_what_they_lie_in() -> None:
    brooklyn = places.resolve("Brooklyn, NY")
    assert brooklyn is not None
    city = places.city_of(brooklyn.code)
    assert city is not None
    assert places.name_of(city) == "New York City"
    assert places.province_of(brooklyn.code) == "US-NY"
    assert (places.city_of("GB-WYK"), places.province_of("GB-WYK"), places.parent("GB-WYK")) == (
        None,
        "GB-WYK",
        "GB-ENG",
    )
    assert places.province_of("GB-ENG") is None
    assert places.is_within(brooklyn.code, "US-NY")
    assert places.is_within("GB-WYK", "GB-ENG")


def test_every_place_lies_in_a_province_of_its_country_and_every_alias_leads_to_one() -> None:
    known = table()
    for place in known.places.values():
        if place.level in ("city", "district"):
            assert known.places[place.province].level == "province"
            assert known.places[place.parent].country == place.country
    assert all(target in known.places for target in known.aliases.values())
    assert len(known.areas) == 121
    assert sum(p.level == "province" and p.country == "US" for p in known.places.values()) == 51


@pytest.mark.parametrize(
    ("prefix", "state"), [("100", "NY"), ("787", "TX"), ("006", None), ("902", "CA"), ("201", "VA"), ("200", "DC")]
)
def test_a_zip_tells_its_state(prefix: str, state: str | None) -> None:
    assert state_of_zip(prefix) == state


@given(st.text(max_size=40), st.sampled_from(["US", "GB", None]))
def test_reading_never_raises_and_what_is_found_has_a_name(text: str, home: str | None) -> None:
    for found in places.candidates(text, home=home):
        assert places.full_name(found.code)
        assert places.division(found.code) == found


@given(st.sampled_from(sorted(c for c, p in table().places.items() if p.level in ("city", "province"))))
def test_a_full_name_leads_back_to_its_place_or_to_several(code: str) -> None:
    found = places.candidates(places.full_name(code) or "", home=code[:2])
    assert code in {d.code for d in found} or (
        len(found) == 1 and found[0].province == places.name_of(places.province_of(code) or "")
    )


def test_a_column_is_normalised_once_a_distinct_value_and_says_why_not() -> None:
    column = pa.array(["LEEDS", None, "nowhere at all", "Leeds", "GB-WYK"])
    normalised = regions.normalise(column, "GB")
    assert normalised.values.to_pylist() == ["GB-WYK-2644688", None, None, "GB-WYK-2644688", "GB-WYK"]
    assert normalised.kinds.to_pylist() == ["city", None, None, "city", "province"]
    assert normalised.reasons.to_pylist() == [None, None, "not_a_region", None, None]


def test_the_three_countries_share_one_door() -> None:
    assert regions.city_of("330212") == "330200"
    assert regions.province_of("US-TX-4671654") == "US-TX"
    assert regions.full_name("330212") == "浙江省宁波市鄞州区"
    assert regions.full_name("GB-WYK-2644688") == "Leeds, West Yorkshire"
    assert regions.resolve("Leeds") is None
    assert regions.is_code("US-TX")
    assert not regions.is_code("LEEDS")
    found = regions.resolve_parts("Texas", "Austin", "", "US")
    assert found is not None
    assert found.code == regions.resolve_parts("", "US-TX-4671654", "", "US").code == "US-TX-4671654"
