from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest

import policy
from policy.contact import _CHECKS
from tests.policy import contact_cases as cases

JURISDICTIONS = tuple(cases.ZONE)


def duties():
    return [
        (j, d.id)
        for j in JURISDICTIONS
        for d in policy.load(j).duties
        if d.topic in _CHECKS and not (d.topic == "complaint" and "effect" not in d.terms)
    ]


@pytest.mark.guide("R01")
@pytest.mark.guide("R15")
@pytest.mark.guide("R16")
@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_over_the_whole_grid_the_pack_answers_as_its_duties_say(jurisdiction):
    pack = policy.load(jurisdiction)
    wrong = [
        r
        for r in cases.grid(jurisdiction)
        if policy.contact_check(r, pack).decision.allowed != cases.expected(jurisdiction, r)
    ]
    assert wrong == []


@pytest.mark.parametrize(("jurisdiction", "duty_id"), duties())
def test_each_duty_alone_answers_as_it_says(jurisdiction, duty_id):
    tried, wrong = cases.violations(policy.load(jurisdiction), duty_id, jurisdiction, stride=7)
    assert tried > 700
    assert wrong == 0


@pytest.mark.parametrize("pair", list(combinations(JURISDICTIONS, 2)))
def test_of_overlapping_packs_the_strictest_wins(pair):
    packs = [policy.load(j) for j in pair]
    both = policy.combine(packs)
    for i, r in enumerate(cases.grid(pair[0])):
        if i % 23 == 0:
            each = [policy.contact_check(r, p).decision.allowed for p in packs]
            assert policy.contact_check(r, both).decision.allowed == all(each)


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_the_next_permitted_time_is_permitted_and_the_moment_before_is_not(jurisdiction):
    pack = policy.load(jurisdiction)
    found = 0
    for i, r in enumerate(cases.grid(jurisdiction)):
        answer = policy.contact_check(r, pack)
        if i % 17 or answer.decision.allowed or answer.next_permitted_at is None:
            continue
        found += 1
        then = answer.next_permitted_at
        assert then > r.at
        assert policy.contact_check(replace(r, at=then), pack).decision.allowed
        assert not policy.contact_check(replace(r, at=then - timedelta(microseconds=1)), pack).decision.allowed
    assert found > 20


def test_the_hours_follow_the_clock_when_it_changes():
    for j, day in (
        ("us", date(2026, 3, 8)),
        ("us", date(2026, 11, 1)),
        ("uk", date(2026, 3, 29)),
        ("uk", date(2026, 10, 25)),
    ):
        night = cases.in_order(j, cases.at(j, day - timedelta(days=1), "22:00"))
        assert policy.contact_check(night, policy.load(j)).next_permitted_at == cases.at(j, day, "08:00")


def test_a_letter_waits_for_the_day_after_six_months():
    r = cases.in_order(
        "cn", cases.at("cn", date(2026, 7, 1), "12:30"), channel="lawyer_letter", lost_since=date(2026, 1, 31)
    )
    assert policy.contact_check(r, policy.load("cn")).next_permitted_at.date() == date(2026, 8, 1)


def test_a_denial_names_a_rule_of_its_pack_and_a_permission_the_grant():
    for j in JURISDICTIONS:
        pack = policy.load(j)
        known = {x.id for x in (*pack.rules, *pack.duties)}
        for i, r in enumerate(cases.grid(j)):
            if i % 11 == 0:
                decision = policy.contact_check(r, pack).decision
                assert decision.rule_ids
                assert set(decision.rule_ids) <= known


def test_a_time_without_a_zone_is_refused():
    naive = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="zone"):
        policy.contact_check(cases.in_order("cn", naive), policy.load("cn"))


def test_before_a_pack_is_in_force_nothing_is_permitted():
    r = cases.in_order("cn", datetime(1999, 1, 1, 4, tzinfo=UTC))
    assert not policy.contact_check(r, policy.load("cn")).decision.allowed
