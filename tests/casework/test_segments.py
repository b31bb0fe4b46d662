"""Segments come from counts of the institution's own history, and from nothing a person is."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import casework
from casework import facts, segments
from casework.batch import ABSENT
from tests.casework.histories import DECLARED, START, TERMS, case, histories

TRAITS = {"name", "sex", "gender", "age", "birth_date", "id_number", "ethnicity", "religion", "health", "family", "marital", "region", "dwelling",
          "address_type", "employer", "education", "phone_brand", "nationality", "postcode", "portfolio"}  # fmt: skip


def risk(*rows):
    done = casework.replay(case(DECLARED, *rows), TERMS)
    return segments.BANDS[segments.segment(done.state, START * 2).risk[0]]


GOOD = [{"kind": "payment", "code": "part", "amount": 1.0}] * 2
BAD = [{"kind": "missed"}] * 2


@pytest.mark.guide("R04")
@pytest.mark.guide("R08")
@pytest.mark.guide("R10")
def test_willingness_times_ability():
    ample, none = {"kind": "assets", "code": "ample"}, {"kind": "assets", "code": "none"}
    assert risk(*GOOD, ample) == risk(*GOOD) == risk(*GOOD, none) == "low"
    assert (risk(ample), risk(), risk(none)) == ("low", "medium", "medium")
    assert risk(*BAD, ample) == risk(*BAD) == risk(*BAD, none) == "high"


@pytest.mark.guide("R08")
def test_the_reasons_are_the_counts_that_were_added():
    done = casework.replay(
        case(*GOOD, *BAD, {"kind": "hardship", "code": "illness"}, {"kind": "assets", "code": "some"}), TERMS
    )
    assert segments.reasons(done.state, 0, START) == ["payments:2", "missed:2", "assets:some", "hardship:illness"]


@pytest.mark.guide("R02")
def test_a_hardship_brings_offers_and_only_its_code_is_kept():
    assert segments.offers("unemployed") == ["deferral", "instalments", "reduction"]
    assert segments.offers("forgot") == ["reminder"]
    assert set(segments.table()["offers"]) == {str(h) for h in casework.vocabulary.Hardship}
    done = casework.replay(case({"kind": "hardship", "code": "diagnosis"}), TERMS)
    assert done.refusals[0].as_py() == "CW-CODE-01"


@pytest.mark.guide("R09")
def test_assets_are_what_the_customer_declared_as_a_band_and_unknown_is_the_middle():
    state = casework.replay(case({"kind": "assets", "code": "ample"}, {"kind": "missed"}), TERMS).state
    assert segments.BANDS[segments.segment(state, START).ability[0]] == "high"
    nothing = casework.replay(case({"kind": "missed"}), TERMS).state
    assert nothing.assets[0] == ABSENT
    assert segments.BANDS[segments.segment(nothing, START).ability[0]] == "medium"


@pytest.mark.guide("R11")
def test_treatments_follow_the_risk():
    assert segments.treatments("low") == ["negotiate"]
    assert segments.treatments("medium") == ["instalments", "deferral"]
    assert segments.treatments("high") == ["lawyer_letter", "entrust"]


@pytest.mark.guide("R04")
@pytest.mark.guide("R45", "refusal")
def test_no_trait_of_a_person_can_reach_a_segment_or_a_step():
    """Neither the events, nor the facts, nor the functions take one; and what the facts do hold changes no segment."""
    assert set(casework.EVENTS.names).isdisjoint(TRAITS)
    assert set(facts.FACTS.names).isdisjoint(TRAITS)
    assert set(inspect.signature(segments.segment).parameters) == {"state", "at"}
    events = histories(400, seed=5)
    before = segments.segment(casework.replay(events, TERMS).state, START * 2)
    renamed = events.set_column(
        0, "case_id", [np.char.add("Z", events["case_id"].to_numpy(zero_copy_only=False).astype(str))]
    )
    again = casework.replay(renamed, TERMS)
    order = np.argsort([int(c.as_py()[2:]) for c in again.case_ids])
    first = np.argsort([int(c[1:]) for c in casework.replay(events, TERMS).case_ids.to_pylist()])
    assert np.array_equal(before.risk[first], segments.segment(again.state, START * 2).risk[order])
