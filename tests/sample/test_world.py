from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

import sample
from sample.rows import Whose
from tests.sample import exported

LAWS = {"gifts": 0.5, "masked_phones": 0.4, "closed_cases": 0.3, "bad_rows": 0.05}


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A world whose laws are far from every default."""
    world = sample.World(**LAWS, consents=sample.Consents(delivery_address=0.2, app_location=0.9))
    return sample.write(world, tmp_path_factory.mktemp("odd"), debtors=600, seed=4).folder


def test_a_world_is_frozen_and_refuses_shares_out_of_range():
    with pytest.raises(dataclasses.FrozenInstanceError):
        sample.DEMO.gifts = 0.5
    with pytest.raises(ValueError, match="gifts"):
        sample.World(gifts=1.2)
    with pytest.raises(ValueError, match="moves_a_year"):
        sample.World(moves_a_year=-0.1)


def test_the_worlds_are_named_as_they_are_listed():
    assert {n: w.name for n, w in sample.WORLDS.items()} == {n: n for n in ("demo", "settled", "restless", "echo")}


def test_gifts_are_as_many_as_the_law_says(odd):
    whose = Counter(row["whose"] for row in exported.truth(odd, "signals") if row["source"] == "shop")
    foreign = whose[Whose.GIFT.name.lower()] + whose[Whose.RELATIVE.name.lower()]
    assert foreign / whose.total() == pytest.approx(LAWS["gifts"], abs=0.04)


def test_numbers_are_masked_as_often_as_the_law_says(odd):
    rows = [row for row in exported.sources(odd)["shop"][1] if len(row) == 9]
    assert np.mean(["*" in row[5] for row in rows]) == pytest.approx(LAWS["masked_phones"], abs=0.04)


def test_cases_are_closed_as_often_as_the_law_says(odd):
    now = exported.truth(odd, "current")
    assert np.mean([row["case_status"] == "closed" for row in now]) == pytest.approx(LAWS["closed_cases"], abs=0.06)


def test_bad_rows_are_as_many_as_the_law_says(odd):
    told = exported.planted(odd)["sources"]["cards"]
    assert 1 - told["good"] / told["rows"] == pytest.approx(LAWS["bad_rows"], abs=0.01)


def test_each_scope_is_granted_as_often_as_the_law_says(odd):
    rows = exported.sources(odd)["consents"][1]
    scopes = Counter(row[3] for row in rows if len(row) == 9)
    customers = 600 * (1 + sample.DEMO.others_per_debtor)
    assert scopes["S01"] / customers == pytest.approx(0.2, abs=0.03)
    assert scopes["S05"] / customers == pytest.approx(0.9, abs=0.04)


def test_a_copying_source_repeats_more_in_the_world_that_is_named_for_it(tmp_path):
    share = {}
    for world in (sample.DEMO, sample.ECHO):
        made = sample.write(world, tmp_path / world.name, debtors=100)
        share[world.name] = made.rows["courier"] / made.rows["shop"]
    assert share["echo"] > 5 * share["demo"]
