"""Files as other lenders have them: for each, its kind and, column by column, the header, what is in it, and our field."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

R = random.Random(7)
_HAN = "测试甲乙丙丁戊己庚辛"
_ROADS = ("人民路", "建设大道", "解放街", "文化巷")
_CITIES = ("成都市", "杭州市", "武汉市", "西安市", "南京市")
_FIRST, _LAST = ("Testina", "Sample", "Demo", "Mocky"), ("Exampleton", "Fixture", "Specimen", "Dummy")


def _id(_: int) -> str:
    from values.resident_id import check_character

    first = f"510104{R.randint(1960, 2000)}{R.randint(1, 12):02}{R.randint(1, 28):02}{R.randint(0, 999):03}"
    return first + check_character(first)


MAKE: dict[str, Callable[[int], str]] = {
    "han_name": lambda i: R.choice("王李张刘陈") + R.choice(_HAN) + R.choice(_HAN),
    "name": lambda i: f"{R.choice(_FIRST)} {R.choice(_LAST)}",
    "cn_phone": lambda i: f"199{R.randint(0, 99999999):08}",
    "masked_phone": lambda i: f"199****{R.randint(0, 9999):04}",
    "us_phone": lambda i: f"({R.choice(('212', '415', '312'))}) 555-01{R.randint(0, 99):02}",
    "uk_phone": lambda i: f"07700 900{R.randint(0, 999):03}",
    "cn_id": _id,
    "tail": lambda i: f"{R.randint(0, 999):03}{R.choice('0123456789X')}",
    "ssn4": lambda i: f"{R.randint(0, 9999):04}",
    "nino": lambda i: f"QQ{R.randint(0, 999999):06}C".replace("QQ", "AB"),
    "cn_address": lambda i: (
        f"{R.choice(_CITIES)}样本区{R.choice(_ROADS)}{R.randint(1, 300)}号{R.randint(1, 20)}栋{R.randint(1, 4)}单元{R.randint(101, 2503)}"
    ),
    "us_address": lambda i: (
        f"{R.randint(1, 9999)} {R.choice(('Oak', 'Elm', 'Test'))} {R.choice(('St', 'Ave', 'Blvd'))} Apt {R.randint(1, 40)}"
    ),
    "uk_address": lambda i: f"Flat {R.randint(1, 40)}, {R.randint(1, 200)} Sample Road, London",
    "cn_city": lambda i: R.choice(_CITIES),
    "us_city": lambda i: R.choice(("Chicago", "Boston", "Austin")),
    "uk_city": lambda i: R.choice(("Leeds", "Bristol", "York")),
    "moment": lambda i: f"2026-0{R.randint(1, 9)}-{R.randint(1, 28):02} {R.randint(0, 23):02}:{R.randint(0, 59):02}:00",
    "day": lambda i: f"2026/{R.randint(1, 9)}/{R.randint(1, 28)}",
    "us_day": lambda i: f"{R.randint(1, 9):02}/{R.randint(13, 28)}/2026",
    "epoch": lambda i: str(1_767_000_000 + R.randint(0, 20_000_000)),
    "birth": lambda i: f"{R.randint(1955, 2000)}-{R.randint(1, 12):02}-{R.randint(1, 28):02}",
    "order": lambda i: f"SO{90_000_000 + i}",
    "serial": lambda i: str(i + 1),
    "customer": lambda i: f"C{R.randint(10_000, 99_999)}",
    "case": lambda i: f"L2026{i:06}",
    "money": lambda i: f"{R.randint(1, 90_000)}.{R.randint(0, 99):02}",
    "days": lambda i: str(R.randint(30, 900)),
    "mcc": lambda i: R.choice(("5411", "5812", "5541", "5912")),
    "cn_note": lambda i: f"客户来电咨询账单，表示{R.choice(('已搬家', '换了号码', '过几天还款'))}，已答复。工单{i}",
    "note": lambda i: (
        f"Customer called about the bill, said they {R.choice(('moved', 'changed number', 'will pay'))}. Ticket {i}"
    ),
    "email": lambda i: f"user{i}@example.com",
    "cn_status": lambda i: R.choice(("失联", "结清")),
    "status": lambda i: R.choice(("Active", "Settled")),
    "result": lambda i: R.choice(("RPC", "No answer", "Wrong number", "Disconnected")),
    "cn_result": lambda i: R.choice(("本人接听", "无人接听", "停机")),
    "source": lambda i: R.choice(("bureau", "declared", "shop")),
    "purpose": lambda i: "post_loan_contact",
    "scope": lambda i: R.choice(("delivery_address", "phone_update")),
    "version": lambda i: R.choice(("v1.2", "v2.0")),
    "courier": lambda i: R.choice(("顺风", "中通", "圆通")),
    "sku": lambda i: R.choice(("黑色T恤", "保温杯", "耳机")),
    "channel": lambda i: R.choice(("web", "app", "branch")),
    "maybe": lambda i: "" if i % 3 else f"2026-0{R.randint(1, 9)}-11",
}

# kind, file name, [(header, what is in it, our field or None)]
VARIANTS: list[tuple[str, str, list[tuple[str, str, str | None]]]] = [
    ("deliveries", "waybills.csv", [
        ("运单编号", "order", "record_id"), ("快递公司", "courier", None), ("收件人姓名", "han_name", "contact_name"),
        ("收件人手机", "cn_phone", "contact_phone"), ("收件详细地址", "cn_address", "contact_address"),
        ("寄件人", "han_name", None), ("寄件电话", "cn_phone", None), ("签收时间", "moment", "observed_at"), ("客户编号", "customer", "customer_no"),
    ]),
    ("deliveries", "us_orders.csv", [
        ("OrderID", "order", "record_id"), ("MemberID", "customer", "account_id"), ("BillingName", "name", "name"), ("BillingPhone", "us_phone", "phone"),
        ("ShipToName", "name", "contact_name"), ("ShipToPhone", "us_phone", "contact_phone"), ("ShipToAddress", "us_address", "contact_address"),
        ("OrderDate", "us_day", "observed_at"), ("Total", "money", None),
    ]),
    ("deliveries", "parcels_uk.csv", [
        ("consignment_ref", "order", "record_id"), ("consignee", "name", "contact_name"), ("consignee_tel", "uk_phone", "contact_phone"),
        ("delivery_addr", "uk_address", "contact_address"), ("delivered_on", "day", "observed_at"), ("cust_ref", "customer", "customer_no"), ("driver", "name", None),
    ]),
    ("phone_updates", "换号登记.csv", [
        ("流水号", "order", "record_id"), ("客户号", "customer", "customer_no"), ("客户名称", "han_name", "name"), ("身份证号码", "cn_id", "id_number"),
        ("原手机号", "cn_phone", "phone"), ("新手机号", "cn_phone", "contact_phone"), ("变更时间", "moment", "observed_at"), ("经办柜员", "han_name", None),
    ]),
    ("phone_updates", "contact_changes.csv", [
        ("change_id", "serial", "record_id"), ("clientRef", "customer", "customer_no"), ("old_mobile", "uk_phone", "phone"), ("new_mobile", "uk_phone", "contact_phone"),
        ("changed_at", "moment", "observed_at"), ("channel", "channel", None), ("dob", "birth", "birth_date"),
    ]),
    ("transaction_regions", "pos.csv", [
        ("trx_no", "order", "record_id"), ("cardholder_name", "name", "name"), ("ssn_last4", "ssn4", "id_tail"), ("merchant_category_code", "mcc", "mcc"),
        ("merchant_city", "us_city", "region"), ("txn_amt", "money", None), ("txn_datetime", "moment", "observed_at"),
    ]),
    ("transaction_regions", "消费流水.csv", [
        ("交易流水号", "order", "record_id"), ("持卡人", "han_name", "name"), ("证件号", "cn_id", "id_number"), ("消费城市", "cn_city", "region"),
        ("商户类别码", "mcc", "mcc"), ("交易金额", "money", None), ("交易时间", "moment", "observed_at"),
    ]),
    ("service_notes", "agent_notes.csv", [
        ("ticket_no", "serial", "record_id"), ("acct_no", "customer", "account_id"), ("caller_phone", "us_phone", "phone"), ("call_notes", "note", "text"),
        ("call_time", "moment", "observed_at"), ("agent_name", "name", None),
    ]),
    ("service_notes", "客服工单.csv", [
        ("工单编号", "serial", "record_id"), ("客户姓名", "han_name", "name"), ("来电号码", "cn_phone", "phone"), ("受理时间", "moment", "observed_at"),
        ("工单内容", "cn_note", "text"), ("处理坐席", "han_name", None),
    ]),
    ("app_regions", "app_geo.csv", [
        ("user_id", "customer", "customer_no|account_id"), ("city_name", "cn_city", "region"), ("report_date", "day", "observed_at"),
    ]),
    ("declared_contacts", "逾期台账.csv", [
        ("借据号", "case", "case_id"), ("核心客户号", "customer", "customer_no"), ("借款人姓名", "han_name", "name"), ("身份证", "cn_id", "id_number"),
        ("手机", "cn_phone", "phone"), ("家庭电话", "cn_phone", "phone_alt"), ("居住地址", "cn_address", "address"), ("单位地址", "cn_address", "address_alt"),
        ("逾期天数", "days", "days_past_due"), ("剩余本金", "money", "balance"), ("状态", "cn_status", "case_status"),
        ("联系人姓名", "han_name", "emergency_name"), ("联系人手机", "cn_phone", "emergency_phone"),
    ]),
    ("declared_contacts", "gone_aways.csv", [
        ("Agreement No", "case", "case_id"), ("Full Name", "name", "name"), ("Date of Birth", "birth", "birth_date"), ("NI Number", "nino", "id_number"),
        ("Mobile Tel", "uk_phone", "phone"), ("E-mail", "email", "email"), ("Last Known Address", "uk_address", "address"), ("Outstanding Balance", "money", "balance"),
        ("Days in Arrears", "days", "days_past_due"), ("Account Status", "status", "case_status"), ("Next of Kin", "name", "emergency_name"), ("NOK Phone", "uk_phone", "emergency_phone"),
    ]),
    ("consents", "optins.csv", [
        ("client_id", "customer", "customer_no"), ("processing_purpose", "purpose", "purpose"), ("consent_scope", "scope", "scope"), ("consent_given_at", "moment", "granted_at"),
        ("valid_until", "day", "expires_at"), ("revoked_at", "maybe", "withdrawn_at"), ("privacy_notice_version", "version", "notice_version"), ("consent_ref", "order", "evidence_id"),
    ]),
    ("consents", "授权记录.csv", [
        ("客户编号", "customer", "customer_no"), ("证件号码", "cn_id", "id_number"), ("使用目的", "purpose", "purpose"), ("授权范围", "scope", "scope"),
        ("授权时间", "moment", "granted_at"), ("有效期至", "day", "expires_at"), ("撤回时间", "maybe", "withdrawn_at"), ("协议版本", "version", "notice_version"), ("存证编号", "order", "evidence_id"),
    ]),
    ("outcomes", "dialer_log.csv", [
        ("loan_id", "case", "case_id"), ("dialed_number", "us_phone", "contact_value"), ("number_source", "source", "contact_source"), ("call_disposition", "result", "disposition"),
        ("call_ts", "epoch", "at"), ("agent", "name", None),
    ]),
    ("outcomes", "外呼结果.csv", [
        ("案件编号", "case", "case_id"), ("被叫号码", "cn_phone", "contact_value"), ("号码来源", "source", "contact_source"), ("通话结果", "cn_result", "disposition"), ("拨打时间", "moment", "at"),
    ]),
    ("deliveries", "export.csv", [  # headers that say nothing: values alone
        ("f1", "order", None), ("f2", "han_name", "contact_name|name"), ("f3", "cn_phone", "contact_phone"), ("f4", "cn_address", "contact_address"), ("f5", "moment", "observed_at"), ("f6", "money", None),
    ]),
]  # fmt: skip

# Written after the words above were settled, and looked at once.
HELD_OUT: list[tuple[str, str, list[tuple[str, str, str | None]]]] = [
    ("deliveries", "T_ORDER_EXP.csv", [
        ("ORD_NO", "order", "record_id"), ("CUST_NM", "han_name", "name"), ("CUST_CERT_TAIL", "tail", "id_tail"), ("RECV_NM", "han_name", "contact_name"),
        ("RECV_MOBILE_NO", "cn_phone", "contact_phone"), ("RECV_ADDR_DTL", "cn_address", "contact_address"), ("CRT_TM", "moment", "observed_at"), ("SKU_NM", "sku", None),
    ]),
    ("deliveries", "shop2.csv", [
        ("订单ID", "order", "record_id"), ("买家会员名", "customer", "account_id"), ("买家实名", "han_name", "name"), ("收货人姓名", "han_name", "contact_name"), ("联系手机", "masked_phone", "contact_phone"),
        ("收货地址", "cn_address", "contact_address"), ("付款时间", "moment", "observed_at"), ("宝贝标题", "sku", None), ("买家实付", "money", None),
    ]),
    ("phone_updates", "profile_audit.csv", [
        ("EventId", "serial", "record_id"), ("PartyKey", "customer", "customer_no"), ("PriorPhone", "us_phone", "phone"), ("UpdatedPhone", "us_phone", "contact_phone"), ("EventTimestamp", "epoch", "observed_at"), ("Operator", "name", None),
    ]),
    ("transaction_regions", "auths.csv", [
        ("AUTH_ID", "serial", "record_id"), ("ACCT_HOLDER", "name", "name"), ("MERCH_CAT_CD", "mcc", "mcc"), ("MERCH_TOWN", "uk_city", "region"), ("AUTH_TS", "moment", "observed_at"), ("AUTH_AMT", "money", None),
    ]),
    ("service_notes", "memo.csv", [
        ("log_id", "serial", "record_id"), ("borrower_name", "name", "name"), ("borrower_id", "customer", "customer_no"), ("logged_at", "moment", "observed_at"), ("free_text", "note", "text"), ("rep", "name", None),
    ]),
    ("service_notes", "通话小结.csv", [
        ("会话编号", "order", "record_id"), ("客户代码", "customer", "customer_no"), ("通话开始时间", "moment", "observed_at"), ("小结内容", "cn_note", "text"), ("坐席工号", "serial", None),
    ]),
    ("app_regions", "常驻城市.csv", [("客户标识", "customer", "customer_no"), ("常驻城市", "cn_city", "region"), ("统计日期", "day", "observed_at")]),
    ("declared_contacts", "debt_book.csv", [
        ("case_ref", "case", "case_id"), ("cif", "customer", "customer_no"), ("debtor_fullname", "name", "name"), ("ssn", "ssn4", "id_tail|id_number"), ("cell_phone", "us_phone", "phone"), ("work_phone", "us_phone", "phone_alt"),
        ("home_address", "us_address", "address"), ("dpd", "days", "days_past_due"), ("principal_outstanding", "money", "balance"), ("product_type", "channel", "portfolio"), ("lost_contact_date", "day", "lost_since"),
    ]),
    ("consents", "authorisations.csv", [
        ("member_no", "customer", "customer_no"), ("purpose_code", "purpose", "purpose"), ("permission_type", "scope", "scope"), ("signed_on", "day", "granted_at"), ("expiry_dt", "day", "expires_at"), ("withdrawal_dt", "maybe", "withdrawn_at"), ("doc_version", "version", "notice_version"),
    ]),
    ("outcomes", "呼叫记录.csv", [
        ("合同编号", "case", "case_id"), ("外呼号码", "cn_phone", "contact_value"), ("呼叫时间", "moment", "at"), ("处理结果", "cn_result", "disposition"), ("外呼坐席", "han_name", None),
    ]),
]  # fmt: skip


def rows(columns: list[tuple[str, str, str | None]], count: int = 200) -> list[dict[str, Any]]:
    return [{header: MAKE[what](i) for header, what, _ in columns} for i in range(count)]
