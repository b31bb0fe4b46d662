from __future__ import annotations

import pytest

import policy
from policy.refusal import refusals
from tests.policy.policy_cases import source

# Each row of the requirements whose scope is OUT, as somebody might declare it all the same.
OUT = [
    ("R09", "OUT-REGISTRY-01", {"location": "feeds/property_registry.csv"}),
    ("R09", "OUT-REGISTRY-01", {"location": "外部/房产查询结果.xlsx"}),
    ("R27", "OUT-SOCIAL-01", {"name": "wechat_moments"}),
    ("R30", "OUT-SOCIALSECURITY-01", {"location": "外部/社保缴纳记录.csv"}),
    ("R30", "OUT-SOCIALSECURITY-01", {"name": "social_security"}),
    ("R31", "OUT-REGISTRY-01", {"location": "工商注册信息.csv"}),
    ("R31", "OUT-REGISTRY-01", {"name": "company_registry"}),
    ("R32", "OUT-COURT-01", {"location": "https://wenshu.court.example/list"}),
    ("R32", "OUT-COURT-01", {"location": "裁判文书网.csv"}),
    ("R33", "OUT-CREDIT-01", {"name": "credit_bureau"}),
    ("R33", "OUT-CREDIT-01", {"location": "央行征信中心.csv"}),
    ("R34", "OUT-BOUGHT-01", {"name": "data_broker_feed"}),
    ("R34", "OUT-BOUGHT-01", {"options": {"headers": {"X-From": "失联修复平台"}}}),
    ("R35", "OUT-FAMILY-01", {"name": "family_plan_lines"}),
    ("R35", "OUT-FAMILY-01", {"fields": {"observed_at": "t", "contact_phone": "亲情号"}}),
    ("R38", "OUT-SOCIAL-01", {"options": {"query": "SELECT * FROM crm.socialMedia_posts p JOIN x ON 1=1"}}),
    ("R38", "OUT-SOCIAL-01", {"fields": {"observed_at": "t", "contact_phone": {"path": "朋友圈.定位"}}}),
    ("R39", "OUT-COURIER-01", {"name": "courier_partner"}),
    ("R39", "OUT-COURIER-01", {"location": "快递公司合作数据.csv"}),
    ("R45", "OUT-TRAIL-01", {"name": "mobility_profile"}),
    ("R48", "OUT-RELATED-01", {"name": "related_numbers"}),
    ("R48", "OUT-RELATED-01", {"fields": {"observed_at": "t", "contact_phone": "关联号码"}}),
    ("R49", "OUT-TRAIL-01", {"name": "gps_trail"}),
    ("R49", "OUT-TRAIL-01", {"location": "app/location_history.parquet"}),
    ("R43", "OUT-CONDUCT-01", {"name": "forced_entry"}),
    ("R11", "OUT-AUTOMATIC-01", {"name": "automatic_visit"}),
    ("R64", "OUT-SOCIAL-01", {"location": "微博爬取.csv"}),
]

OWN = [
    {"name": "own_shop_orders", "location": "shop/orders.csv"},
    {"name": "food_court_orders"},
    {"name": "shop_address_book"},
    {"name": "accreditation_updates", "location": "crm/reports.jsonl"},
    {"location": "导出/收货记录_2026.csv", "fields": {"observed_at": "下单时间", "contact_phone": "收货人电话"}},
    {"options": {"query": "SELECT id, 快递公司, gps, contact_list FROM shop_orders"}},
    {"options": {"fingerprint": "SHA256:abc", "encoding": "gb18030"}},
    {"name": "moments_of_truth_orders"},
]


@pytest.mark.guide("R09", "refusal")
@pytest.mark.guide("R27", "refusal")
@pytest.mark.guide("R30", "refusal")
@pytest.mark.guide("R31", "refusal")
@pytest.mark.guide("R32", "refusal")
@pytest.mark.guide("R33", "refusal")
@pytest.mark.guide("R34", "refusal")
@pytest.mark.guide("R35", "refusal")
@pytest.mark.guide("R38", "refusal")
@pytest.mark.guide("R39", "refusal")
@pytest.mark.guide("R45", "refusal")
@pytest.mark.guide("R48", "refusal")
@pytest.mark.guide("R64", "refusal")
@pytest.mark.parametrize(("row", "rule", "declared"), OUT, ids=lambda v: v if isinstance(v, str) else "")
def test_a_source_out_of_scope_is_refused_by_name_with_its_rule_and_the_lawful_substitute(row, rule, declared):
    decision = policy.refuse_source(source(**declared))
    assert not decision.allowed
    assert decision.rule_ids[0] == rule
    said = next(r for r in refusals() if r.id == rule)
    assert row in said.rows
    assert said.substitute.en in decision.reason
    assert decision.citation == said.ref


def test_every_row_of_the_table_has_a_test():
    assert {r.id for r in refusals()} - {rule for _, rule, _ in OUT} == {"OUT-SENSITIVE-01", "OUT-SCRAPE-01"}
    assert policy.refuse_source(source(name="face_recognition")).rule_ids == ("OUT-SENSITIVE-01",)
    assert policy.refuse_source(source(name="web_scraper")).rule_ids == ("OUT-SCRAPE-01",)


@pytest.mark.parametrize("refusal", refusals(), ids=lambda r: r.id)
def test_every_word_of_the_table_is_recognised_as_a_signal_sources_name_in_any_spelling(refusal):
    kind = refusal.kinds[0].value if refusal.kinds else "deliveries"
    for word in refusal.words:
        for spelling in (word, word.upper(), word.replace(" ", "_"), f"own/{word.title().replace(' ', '')}/rows.csv"):
            assert refusal.id in policy.refuse_source(source(kind, location=spelling)).rule_ids, word


@pytest.mark.parametrize("declared", OWN, ids=lambda d: next(iter(d)))
def test_the_institutions_own_sources_are_not_refused(declared):
    assert policy.refuse_source(source(**declared)) == policy.refuse_source(source())
    assert policy.refuse_source(source(**declared)).allowed


def test_a_registrys_columns_are_what_the_customer_declared():
    fields = {"case_id": "案件", "name": "姓名", "address_alt": "户籍地址", "emergency_phone": "亲属电话"}
    spec = source("declared_contacts", (), fields=fields)
    assert policy.refuse_source(spec).allowed


def test_a_list_of_consents_is_not_refused_for_what_it_is_consent_to():
    fields = {"customer_no": "c", "purpose": "p", "scope": "s", "granted_at": "g"}
    assert policy.refuse_source(source("consents", (), location="征信授权.csv", fields=fields)).allowed


def test_a_bought_registry_is_refused_too():
    spec = source("declared_contacts", (), name="data_broker_list", fields={"case_id": "c", "name": "n"})
    assert not policy.refuse_source(spec).allowed
