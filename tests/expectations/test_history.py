"""A source against its own history."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations import Profile, against_history

USUAL = [Profile(n, 2, {"phone": n - 50}, {"scope": {"a": n // 2, "b": n - n // 2}}) for n in (1000, 1040, 980, 1010)]


def measures(now: Profile, before: list[Profile] = USUAL, **how: bool) -> list[str]:
    return [v.measure for v in against_history(now, before, **how)]


def test_a_day_like_the_others_passes() -> None:
    assert measures(Profile(1005, 3, {"phone": 950}, {"scope": {"a": 500, "b": 505}})) == []


@pytest.mark.parametrize(
    ("now", "measure"),
    [
        (Profile(300, 0, {"phone": 285}, {"scope": {"a": 150, "b": 150}}), "volume"),
        (Profile(3000, 3, {"phone": 2850}, {"scope": {"a": 1500, "b": 1500}}), "volume"),
        (Profile(1000, 2, {"phone": 600}, {"scope": {"a": 500, "b": 500}}), "fill"),
        (Profile(1000, 120, {"phone": 950}, {"scope": {"a": 500, "b": 500}}), "duplicates"),
        (Profile(1000, 2, {"phone": 950}, {"scope": {"a": 990, "b": 10}}), "categories"),
        (Profile(1000, 2, {"phone": 950}, {"scope": {"c": 1000}}), "categories"),
    ],
)
def test_what_is_unusual_is_named_and_only_warns(now: Profile, measure: str) -> None:
    found = against_history(now, USUAL)
    assert [v.measure for v in found] == [measure]
    assert found[0].outcome == "warn"


def test_few_rows_of_an_increment_are_no_sign() -> None:
    assert measures(Profile(30, 0, {"phone": 28}, {"scope": {"a": 15, "b": 15}}), is_whole=False) == []


def test_a_source_that_brings_nothing_today_is_unusual() -> None:
    assert measures(Profile(0)) == ["volume"]


@given(st.integers(0, 10_000))
def test_without_history_nothing_is_unusual(rows: int) -> None:
    assert measures(Profile(rows), USUAL[:2]) == []
