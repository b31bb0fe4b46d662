"""Words of the ranking: kinds, sources, scopes, reasons, factors."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # kinds
    "k_phone": ("phone", "电话"),
    "k_address": ("address", "地址"),
    "k_region": ("region", "地区"),
    "k_email": ("e-mail", "电邮"),
    "k_messaging": ("messaging", "即时通讯"),
    # kinds of source
    "s_declared_contacts": ("declared contacts", "预留联系方式"),
    "s_deliveries": ("deliveries", "收货"),
    "s_phone_updates": ("phone updates", "号码更新"),
    "s_transaction_regions": ("card use", "用卡地区"),
    "s_service_notes": ("service notes", "客服备注"),
    "s_app_regions": ("app regions", "APP地区"),
    "s_consents": ("consents", "授权"),
    "s_outcomes": ("outcomes", "联系结果"),
    # scopes of consent, as most lenders name them
    "scope_delivery_address": ("delivery address", "收货地址"),
    "scope_phone_update": ("phone update", "手机号更新"),
    "scope_transaction_region": ("card use by region", "交易区域"),
    "scope_service_note": ("service notes", "客服记录"),
    "scope_app_location": ("app location", "应用位置"),
    # reasons of the ranking
    "r_seen_by:deliveries": ("delivered to", "曾在此收货"),
    "r_seen_by:phone_updates": ("reported by the customer", "客户主动更新"),
    "r_seen_by:service_notes": ("said so to service", "客户对客服说过"),
    "r_seen_by:declared_contacts": ("declared, confirmed since", "预留信息，后被印证"),
    "r_seen_by:transaction_regions": ("card use", "用卡地区"),
    "r_seen_by:app_regions": ("app region", "APP地区"),
    "r_origins": ("{n} independent origins", "{n} 个独立来源"),
    "r_newer_exists": ("a newer one exists", "另有更新的"),
    "r_others_exist": ("others are known too", "另有其他"),
    "r_reached_before": ("reached before", "曾经联系上"),
    "r_failed_before": ("failed before", "曾联系失败"),
    "r_shared": ("shared with other customers", "与其他客户共用"),
    "r_pickup_point": ("pickup point", "代收点"),
    "r_office": ("workplace", "工作地点"),
    "r_region_agrees": ("fits the region", "与地区相符"),
    "r_region_disagrees": ("against the region", "与地区不符"),
    "r_region_share": ("{n} % likely home", "居住可能性 {n}%"),
    # factors of the ranking
    "x_source": ("source", "来源"),
    "x_age": ("age", "时间"),
    "x_holder": ("whose it is", "归属"),
    "x_link": ("identity match", "身份匹配"),
    "x_corroboration": ("corroboration", "相互印证"),
    "x_contradiction": ("newer evidence", "较新证据"),
    "x_outcomes": ("earlier attempts", "以往联系"),
    "x_reachable": ("reachable at all", "可达性"),
    "x_region": ("region", "地区"),
    "x_shared": ("shared contact", "共用"),
    "x_place": ("kind of place", "场所类型"),
    "x_sightings": ("sightings", "出现"),
    "x_elsewhere": ("seen elsewhere", "他处出现"),
}
