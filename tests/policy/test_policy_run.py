from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import policy
from core.deployment import Deployment, ImpactAssessment
from core.errors import Fatal
from tests.policy.policy_cases import AT, PURPOSE, source

_OWN = [
    {
        "name": "cases",
        "kind": "declared_contacts",
        "transport": "csv",
        "location": "x",
        "fields": {"case_id": "c", "name": "n"},
    },
    {
        "name": "consents",
        "kind": "consents",
        "transport": "csv",
        "location": "x",
        "fields": {"customer_no": "c", "purpose": "p", "scope": "s", "granted_at": "g"},
    },
]


def deployment(valid_until: str = "2027-06-30", *, pia: str = "PIA-TEST-1", purpose: str = PURPOSE) -> Deployment:
    return Deployment(
        deployment="test",
        jurisdiction="cn",
        purpose=purpose,
        impact_assessment=ImpactAssessment(id=pia, valid_until=valid_until),
        sources=(source(), *_OWN),
    )


def test_a_run_with_a_current_assessment_and_a_known_purpose_may_start(cn):
    assert policy.require_run(deployment(), cn, AT) is None


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"pia": ""}, "CN-PIA-01"),
        ({"pia": "  "}, "CN-PIA-01"),
        ({"valid_until": ""}, "CN-PIA-01"),
        ({"valid_until": "2026-10-31"}, "CN-PIA-02"),
        ({"valid_until": "next summer"}, "CN-PIA-02"),
        ({"purpose": "marketing"}, "CN-PURPOSE-01"),
        ({"purpose": "marketing", "pia": ""}, "CN-PIA-01"),
    ],
)
def test_a_run_that_may_not_start_stops_and_names_the_rule(cn, wrong, rule):
    with pytest.raises(Fatal, match=rule):
        policy.require_run(deployment(**wrong), cn, AT)


def test_an_assessment_is_valid_through_its_last_day(cn):
    last = datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC)
    policy.require_run(deployment(), cn, last)
    with pytest.raises(Fatal):
        policy.require_run(deployment(), cn, last + timedelta(seconds=1))


def test_an_explanation_names_every_rule_that_spoke_the_deciding_one_first(cn):
    grant = policy.Grant(PURPOSE, "transaction_region", AT - timedelta(days=9), AT, None)
    asked = policy.Request(
        source("transaction_regions", ("transaction_region",)).kind,
        ("transaction_region",),
        PURPOSE,
        AT,
        AT - timedelta(days=91),
        (grant,),
        case_status="closed",
    )
    decision = policy.decide(asked, cn)
    assert not decision.allowed
    assert decision.rule_ids == ("CN-CASE-01", "CN-AGE-06", "CN-CONSENT-03")
    deciding = cn.rule("CN-CASE-01")
    assert (decision.reason, decision.citation) == (deciding.text.en, deciding.ref)
