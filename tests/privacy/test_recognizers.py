from __future__ import annotations

import pytest

from privacy.masking import MASKS
from privacy.plain import plain
from privacy.recognizers import discover
from privacy.recognizers.card import passes_luhn
from privacy.recognizers.engine import analyzer
from privacy.recognizers.resident_id import has_valid_check_digit
from privacy.text.spans import find

FOUND = [
    ("电话13800001111", "phone", "13800001111"),
    ("tel13800001111", "phone", "13800001111"),
    ("+86 138-0000-1111", "phone", "+86 138-0000-1111"),
    ("手机1380 0001 111", "phone", "1380 0001 111"),
    ("手机１３８００００１１１１", "phone", "１３８００００１１１１"),
    ("号码一三八零零零零一一一一", "phone", "一三八零零零零一一一一"),
    ("座机010-66660000", "phone", "010-66660000"),
    ("固话0755 2666 0000", "phone", "0755 2666 0000"),
    ("单位电话：66660000", "phone", "66660000"),
    ("on 07700 900123", "phone", "07700 900123"),
    ("on +44 20 7946 0018", "phone", "+44 20 7946 0018"),
    ("call (202) 555-0143", "phone", "(202) 555-0143"),
    ("身份证11010119000101001X", "id_number", "11010119000101001X"),
    ("身份证号110101190001010", "id_number", "110101190001010"),
    ("卡4000000000000000006给你", "card", "4000000000000000006"),
    ("卡号6222 0000 0000 0000 000", "card", "6222 0000 0000 0000 000"),
    ("车牌京A00T01", "plate", "京A00T01"),
    ("新能源车粤BD00001", "plate", "粤BD00001"),
    ("邮箱a.test@x.test", "email", "a.test@x.test"),
    ("mail a@b.example now", "email", "a@b.example"),
    ("微信号wx_test01", "messaging", "wx_test01"),
    ("QQ：100012345", "messaging", "100012345"),
    ("我叫张试样", "name", "张试样"),
    ("客户欧阳测试来电", "name", "欧阳测试"),
    ("Mr John Sample called", "name", "John Sample"),
    ("住在成都市武侯区科华北路88号3栋502", "address", "成都市武侯区科华北路88号3栋502"),
    ("lives at 14 Acacia Road, Leeds LS1 4AB", "address", "14 Acacia Road, Leeds LS1 4AB"),
    ("SSN 900-12-3456", "ssn", "900-12-3456"),
    ("NINO QQ123456C", "nino", "QQ123456C"),
    ("postcode SW1A 1AA", "postcode", "SW1A 1AA"),
]


@pytest.mark.parametrize(("text", "kind", "value"), FOUND)
def test_each_kind_is_found_where_it_stands(text: str, kind: str, value: str) -> None:
    assert [(s.type, text[s.start : s.end]) for s in find(plain(text))] == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "订单13900002222已发货",
        "工单号20261100998877",
        "运单号SF1380000111122",
        "借据号JJ13800009999",
        "金额13800.50元，余额￥13800001111",
        "拨打95588或400-800-0000、12378咨询",
        "2026-10-08 10:00:00已还款",
        "尾号0000的卡",
        "手机138****8000",
        "客户方便时会回电，客户任职于某公司",
        "客户在上海银行办过卡",
        "微信转账5000元",
        "Order 2025550143 shipped, due $1,250.00 on 12/11/2026",
        "call 0800 123 4567 or 1-800-555-0199",
    ],
)
def test_orders_amounts_dates_hotlines_tickets_and_masked_values_are_nobodys(text: str) -> None:
    assert find(plain(text)) == []


def test_every_recogniser_has_a_mask_and_an_entity_of_its_own() -> None:
    recognizers = discover()
    assert len({r.entity for r in recognizers}) == len(recognizers) > 15
    assert {r.kind for r in recognizers} <= set(MASKS)


def test_checksums_tell_right_from_wrong() -> None:
    assert has_valid_check_digit("11010519491231002X")  # the example of GB 11643
    assert not has_valid_check_digit("110105194912310021")
    assert passes_luhn("4000000000000000006")
    assert not passes_luhn("4000000000000000007")


def test_presidio_finds_the_same_with_no_model_and_no_network(no_network: list[str]) -> None:
    found = analyzer().analyze("客户手机13800001111，邮箱a@b.test", language="zh")
    assert {(r.entity_type, r.start, r.end) for r in found} >= {("CN_MOBILE", 4, 15), ("EMAIL_ADDRESS", 18, 26)}
    assert analyzer().analyze("mail jane@mail.example", language="en")
    assert no_network == []
