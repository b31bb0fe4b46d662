"""A candidate's signals beside the debtor."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "compare": ("Compare with what was declared", "与预留信息对照"),
    "compare_title": ("{kind} of {case}, compared", "{case} 的{kind}：逐项对照"),
    "compare_lead": (
        "Each signal behind it beside the debtor, field by field, masked. The weights add up to the sum; what differs is marked.",
        "支持它的每条记录与客户信息逐项对照，均已脱敏。各项权重相加即为合计；不一致处有标记。",
    ),
    "compare_none": ("No signal of this candidate is kept.", "未保留该候选的记录。"),
    "signal_side": ("The record", "记录"),
    "debtor_side": ("The debtor", "客户"),
    "agrees": ("agrees", "一致"),
    "differs": ("differs", "不一致"),
    "silent": ("nothing to compare", "无可比"),
    "bits": ("Bits", "比特"),
    "same_person": ("same person: {p}", "同一人：{p}"),
    "back_to_debtor": ("Back to the debtor", "返回客户"),
    "field_prior": ("before looking", "先验"),
    "field_relation": ("who else it could be", "可能的他人"),
    "field_customer_no": ("customer number", "客户号"),
    "field_id_number": ("identity number", "证件号码"),
    "field_name": ("name", "姓名"),
    "field_birth_date": ("date of birth", "出生日期"),
    "field_phone": ("account's phone", "账户手机号"),
    "field_contact_phone": ("phone in the record", "记录中的电话"),
    "field_contact_address": ("address in the record", "记录中的地址"),
    "field_email": ("e-mail", "电邮"),
    "lv_exact": ("the same", "相同"),
    "lv_different": ("different", "不同"),
    "lv_fits": ("fits", "相符"),
    "region_map": ("Shares by province: {parts}.", "按省份：{parts}。"),
}
