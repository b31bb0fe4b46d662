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


# How somebody might call it all the same: abbreviations, pinyin, words run together, without the word the law uses.
DISGUISED = {
    "OUT-SOCIAL-01": [
        "wx_moments",
        "weixin_friends",
        "wechat_sync",
        "wechat_contacts",
        "qq_zone_feed",
        "qq_friends",
        "sns_feed",
        "sns_profiles",
        "social_feed",
        "social_profiles",
        "socmed",
        "fb_graph",
        "ig_posts",
        "linkedin_profiles",
        "telegram_groups",
        "whatsapp_contacts",
        "threads_posts",
        "微信朋友",
        "微信好友",
        "QQ好友",
        "QQ空间",
        "抖音号",
        "B站动态",
        "脉脉动态",
        "陌陌",
        "贴吧",
        "知乎动态",
        "社媒",
        "社交数据",
        "好友关系",
        "线上足迹",
        "friend_network",
        "buddy_list",
    ],
    "OUT-BOUGHT-01": [
        "vendor_contacts",
        "vendor_feed",
        "external_vendor_numbers",
        "enrichment_feed",
        "enriched_numbers",
        "data_enrichment",
        "skiptrace_api",
        "skip_tracing",
        "third_party_enrichment",
        "thirdparty_contacts",
        "3rd_party_data",
        "number_refresh_vendor",
        "phone_repair",
        "contact_repair",
        "data_provider_x",
        "data_supplier",
        "data_marketplace",
        "purchased",
        "list_broker",
        "leads_list",
        "外部数据",
        "外部采购数据",
        "采购数据",
        "三方数据",
        "数据商",
        "数据源采购",
        "号码更新服务",
        "失联补全",
        "失联数据",
        "修复号码",
        "信修",
        "买来的号码",
        "黑产",
        "数据中介",
        "data_exchange",
        "dark_web_dump",
        "leaked_data",
        "泄露库",
        "社工库",
    ],
    "OUT-RELATED-01": [
        "rel_numbers",
        "relatives_phones",
        "kin_contacts",
        "family_contacts",
        "spouse_phone",
        "parent_phone",
        "emergency_contacts",
        "second_degree_contacts",
        "guarantor_phones",
        "colleagues",
        "roommate_numbers",
        "neighbours",
        "co_travellers",
        "same_device_numbers",
        "shared_device_phones",
        "addressbook_upload",
        "contacts_upload",
        "通信录",
        "电话本",
        "亲戚",
        "配偶",
        "父母电话",
        "同事",
        "室友",
        "邻居",
        "担保人",
        "紧急联系人",
        "同住人",
        "话费详单",
        "通讯记录",
    ],
    "OUT-TRAIL-01": [
        "geo_track",
        "geo_trace",
        "geotrail",
        "lbs_points",
        "lbs",
        "location_points",
        "location_pings",
        "device_location_log",
        "app_gps_points",
        "beacon_hits",
        "wifi_locations_trace",
        "cell_id",
        "cellsite",
        "signaling_data",
        "telecom_signaling",
        "ride_hailing_trips",
        "trip_history",
        "commute_pattern",
        "轨迹",
        "行程",
        "行程码",
        "信令",
        "位置点",
        "GPS定位",
        "打车记录",
        "足迹",
        "wifi探针",
        "定位点",
    ],
    "OUT-SOCIALSECURITY-01": [
        "ssn_wages",
        "shebao",
        "pension_contributions",
        "payroll",
        "medicare",
        "gongjijin",
        "社会保障",
        "养老保险",
        "缴费记录",
        "五险一金",
        "医疗保险",
        "失业保险",
    ],
    "OUT-COURT-01": [
        "court_cases",
        "judgments",
        "judgements",
        "judicial_records",
        "litigation",
        "litigation_history",
        "lawsuits",
        "case_law_search",
        "laolai",
        "司法数据",
        "诉讼",
        "涉诉",
        "老赖",
        "失信人",
        "法院公告",
        "裁判",
        "开庭公告",
        "court_filings",
        "bailiff",
    ],
    "OUT-CREDIT-01": [
        "pbc_credit",
        "credit_file",
        "credit_score_bureau",
        "bureau_headers",
        "creditreport",
        "rhzx",
        "人行",
        "人民银行",
        "信用信息",
        "百行征信",
        "芝麻信用",
        "zhima",
        "征信报告",
        "credit_check",
    ],
    "OUT-COURIER-01": [
        "courier_tracking",
        "courier_api",
        "sf_waybills",
        "jd_logistics",
        "jd_express",
        "express_waybills",
        "parcel_carrier",
        "carrier_deliveries",
        "dhl",
        "ups_scans",
        "fedex",
        "usps_ncoa",
        "ncoa",
        "royal_mail",
        "3pl_feed",
        "partner_deliveries",
        "快递面单",
        "物流数据",
        "京东物流",
        "德邦",
        "丰巢",
        "驿站",
        "菜鸟驿站",
        "快递100",
        "运单库",
    ],
}
PLAIN = [
    "orders",
    "shop_orders",
    "mall_deliveries",
    "wechat_mini_program_orders",
    "微信小程序订单",
    "收货地址",
    "收货记录",
    "物流记录",
    "快递记录",
    "快递签收",
    "crm",
    "crm_updates",
    "contact_center_notes",
    "contact_updates",
    "phone_changes",
    "手机号变更",
    "换号登记",
    "联系方式变更",
    "客服记录",
    "坐席备注",
    "催收记录",
    "app_city",
    "app_regions",
    "coarse_location",
    "app_last_city",
    "应用位置",
    "常驻城市",
    "card_regions",
    "card_postings",
    "transactions",
    "交易区域",
    "信用卡交易",
    "刷卡城市",
    "credit_card_transactions",
    "credit_cards",
    "loan_repayments",
    "address_changes",
    "customer_profile_updates",
    "call_center",
    "service_desk",
    "branch_visits",
    "网点登记",
    "还款登记",
    "online_bank_profile",
    "手机银行资料",
    "official_account_messages",
    "insurance_shop_orders",
    "family_mart_orders",
    "position_updates",
    "courier",
    "courier_scans",
    "signup_updates",
    "follow_ups",
    "social_worker_notes",
    "external_orders_export",
    "partner_shop",
    "travel_shop_orders",
    "taxi_voucher_orders",
    "location_master",
    "delivery_location",
    "device_orders",
    "parent_company_crm",
    "child_seat_orders",
    "line_items",
    "place_of_delivery",
    "telecom_shop_orders",
    "judge_shop",
]


def named(name: str) -> dict[str, str]:
    return {"name": name} if name.isascii() and name.islower() and name[0].isalpha() else {"location": f"in/{name}.csv"}


@pytest.mark.parametrize("rule", DISGUISED)
def test_a_disguised_name_is_refused_too_under_its_own_rule(rule):
    refused = {
        n: policy.refuse_source(source("phone_updates", ("phone_update",), **named(n))).rule_ids
        for n in DISGUISED[rule]
    }
    assert {n: ids for n, ids in refused.items() if rule not in ids} == {}


@pytest.mark.parametrize("kind", ["deliveries", "phone_updates", "service_notes", "app_regions", "transaction_regions"])
def test_ordinary_names_of_own_sources_pass(kind):
    assert [n for n in PLAIN if not policy.refuse_source(source(kind, **named(n))).allowed] == []


def test_own_columns_and_scopes_may_be_called_what_a_source_may_not():
    fields = {"observed_at": "t", "contact_phone": "p", "record_id": "快递单号", "name": "裁判"}
    assert policy.refuse_source(source(fields=fields)).allowed
    assert policy.refuse_source(source("app_regions", ("行踪轨迹",))).allowed


def test_the_refusal_says_rule_reason_and_substitute_in_both_languages():
    decision = policy.refuse_source(source(name="wechat_friends"))
    said = next(r for r in refusals() if r.id == decision.rule_ids[0])
    for text in (said.text.en, said.text.zh, said.substitute.en, said.substitute.zh):
        assert text in decision.reason


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
