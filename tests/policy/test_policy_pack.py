from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from importlib import resources

import pytest
import yaml

import policy
from core.errors import ConfigError
from core.kinds import SourceKind
from policy.conditions import PRECEDENCE, Condition
from tests.policy.policy_cases import AT, request

PACKS = [policy.load(j) for j in policy.jurisdictions()]
EXAMPLES = [
    pytest.param(pack, rule, example, id=f"{rule.id}-{i}")
    for pack in PACKS
    for rule in pack.rules
    for i, example in enumerate(rule.examples)
]


@cache
def text(jurisdiction: str) -> str:
    return json.dumps(
        yaml.safe_load((resources.files("policy") / "packs" / f"{jurisdiction}.yaml").read_text("utf-8")), default=str
    )


def raw(jurisdiction: str) -> dict:
    return json.loads(text(jurisdiction))


def parsed(data: dict) -> policy.Pack:
    return policy.parse(json.dumps(data))  # JSON is YAML


def test_the_three_jurisdictions_have_packs():
    assert policy.jurisdictions() == ("cn", "uk", "us")


@pytest.mark.parametrize(("pack", "rule", "example"), EXAMPLES)
def test_every_example_of_a_rule_comes_out_as_the_pack_says(pack, rule, example):
    decision = policy.decide(request(example.given, pack), pack)
    assert decision.allowed == (example.then == "permit")
    if example.then == "deny":
        assert rule.id in decision.rule_ids


@pytest.mark.parametrize("pack", PACKS, ids=lambda p: p.jurisdiction)
def test_every_rule_denies_in_at_least_one_of_its_examples_or_is_the_one_that_permits(pack):
    for rule in pack.rules:
        assert any(e.then == rule.effect for e in rule.examples), rule.id


@pytest.mark.parametrize("pack", PACKS, ids=lambda p: p.jurisdiction)
@pytest.mark.parametrize("condition", PRECEDENCE)
def test_a_pack_without_a_rule_for_a_condition_does_not_load(pack, condition):
    data = raw(pack.jurisdiction)
    data["rules"] = [r for r in data["rules"] if r["when"] != condition.value]
    with pytest.raises(ConfigError, match=condition.value):
        parsed(data)


@pytest.mark.parametrize("key", ["version", "purposes", "kinds", "scopes", "rules", "schema", "jurisdiction"])
def test_a_pack_without_a_part_does_not_load(key):
    data = raw("cn")
    del data[key]
    with pytest.raises(ConfigError):
        parsed(data)


@pytest.mark.parametrize("key", ["id", "when", "effect", "text", "basis", "ref", "valid", "examples"])
def test_a_rule_without_a_part_does_not_load(key):
    data = raw("cn")
    del data["rules"][0][key]
    with pytest.raises(ConfigError):
        parsed(data)


def test_a_kind_without_a_maximum_age_does_not_load():
    data = raw("cn")
    data["rules"] = [r for r in data["rules"] if r.get("kinds") != ["app_regions"]]
    with pytest.raises(ConfigError, match="no maximum age for app_regions"):
        parsed(data)


def test_a_denial_may_not_be_turned_into_a_permission():
    data = raw("cn")
    next(r for r in data["rules"] if r["when"] == "expired")["effect"] = "permit"
    with pytest.raises(ConfigError, match="only valid_grant permits"):
        parsed(data)


def test_a_rule_cited_as_anything_but_our_choice_names_its_source():
    data = raw("cn")
    next(r for r in data["rules"] if r["basis"] == "law")["ref"] = ""
    with pytest.raises(ConfigError, match="cites its source"):
        parsed(data)


def test_two_rules_of_one_name_do_not_load():
    data = raw("cn")
    data["rules"].append(data["rules"][0])
    with pytest.raises(ConfigError, match="named twice"):
        parsed(data)


def test_an_unknown_jurisdiction_is_a_configuration_error_that_names_the_known():
    with pytest.raises(ConfigError, match="cn, uk, us"):
        policy.load("fr")


def test_a_day_before_its_rules_are_in_force_is_denied_by_default(cn):
    before = datetime(2001, 1, 1, tzinfo=UTC)
    for condition in PRECEDENCE:
        assert cn.deciding(condition, before).effect == "deny"


def test_card_use_and_app_regions_are_kept_for_ninety_days_everywhere():
    for pack in PACKS:
        for kind in (SourceKind.TRANSACTION_REGIONS, SourceKind.APP_REGIONS):
            assert pack.deciding(Condition.TOO_OLD, AT, kind).max_age_days == 90


def test_combined_packs_need_every_class_of_each():
    both = policy.combine([policy.load("cn"), policy.load("us")])
    classes = set(both.kinds[SourceKind.TRANSACTION_REGIONS].classes)
    assert classes == {"financial_account", "whereabouts", "card_transactions"}
    assert set(both.purposes) == {"post_loan_contact", "debt_collection", "lost_contact_tracing"}


def test_the_shorter_age_of_combined_packs_decides():
    data = raw("uk")
    next(r for r in data["rules"] if r.get("kinds") == ["deliveries"])["max_age_days"] = 30
    both = policy.combine([policy.load("cn"), parsed(data)])
    rule = both.deciding(Condition.TOO_OLD, AT, SourceKind.DELIVERIES)
    assert (rule.jurisdiction, rule.max_age_days) == ("UK", 30)


def test_packs_with_nothing_in_common_do_not_combine():
    data = raw("uk")
    data["purposes"] = {"something_else": {"zh": "其他", "en": "something else"}}
    with pytest.raises(ConfigError, match="nothing in common"):
        policy.combine([policy.load("cn"), parsed(data)])


def test_a_pack_combined_with_itself_is_itself(cn):
    assert policy.combine([cn, cn]) is cn
