"""Notes in many hands: what is found, what stays unmasked, whose contacts are published."""

from __future__ import annotations

import pytest

from tests.privacy.field_notes import Measured, load, measure


@pytest.fixture(scope="module", params=["first", "second", "fresh", "second_look", "third_look", "last_look"])
def measured(request: pytest.FixtureRequest) -> Measured:
    return measure(load(request.param))


def test_spans_and_signals_are_found(measured: Measured) -> None:
    assert measured.spans.precision() >= 0.96
    assert measured.spans.recall() >= 0.93
    assert measured.signals.precision() >= 0.79  # an owner that is unclear counts as a wrong one
    assert measured.signals.recall() >= 0.79


def test_at_most_one_personal_character_in_a_hundred_stays_unmasked(measured: Measured) -> None:
    assert measured.unmasked <= measured.personal / 100


def test_nobody_elses_contact_is_published_and_no_old_one(measured: Measured) -> None:
    assert measured.published > 25
    assert measured.of_others == []
