"""Rules, audit, and the requests of persons."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # policy
    "policy_title": ("Policy", "规则"),
    "policy_lead": (
        "Denied unless a rule permits. These rules decide before matching, after it, and at every read.",
        "默认拒绝，规则允许方可。规则在匹配前、匹配后及每次读取时执行。",
    ),
    "rule": ("Rule", "规则"),
    "effect": ("Effect", "效果"),
    "permit": ("permit", "允许"),
    "deny": ("deny", "拒绝"),
    "authority": ("Authority", "依据"),
    "duties": ("Duties", "义务"),
    "provisional": ("provisional: holidays not published yet", "暂定：节假日安排尚未公布"),
    "small_cells": (
        "Small counts are not shown, all others are rounded.",
        "不显示小计数，其余计数已取整。",
    ),
    "basis_law": ("law", "法律"),
    "basis_law_secondary": ("law (secondary copy)", "法律（二手文本）"),
    "basis_standard": ("standard", "标准"),
    "basis_guide": ("guide", "指引"),
    "basis_choice": ("our choice", "自选"),
    "basis_unverified": ("unverified", "待核实"),
    # audit
    "audit_title": ("Audit", "审计"),
    "audit_lead": (
        "Append-only and chained: an altered, removed or reordered row is found.",
        "只追加且成链：篡改、删除、调序均可发现。",
    ),
    "chain_ok": ("The chain is intact: {n} events checked.", "审计链完整：已核对 {n} 条。"),
    "chain_bad": ("The chain is BROKEN at event {n}.", "审计链在第 {n} 条处损坏。"),
    "check_chain": ("Check the whole chain", "核对整条链"),
    "event": ("Event", "事件"),
    "any_event": ("Any event", "全部事件"),
    "actor": ("Who", "操作人"),
    "about": ("Id it names", "涉及编号"),
    "when": ("When", "时间"),
    "what": ("Facts", "内容"),
    "older": ("Older", "更早"),
    "search": ("Search", "搜索"),
    # requests
    "requests_title": ("Requests of data subjects", "个人信息主体请求"),
    "requests_lead": ("The earliest due first.", "按到期先后。"),
    "kind": ("Kind", "类型"),
    "received": ("Received", "收到"),
    "due": ("Due", "到期"),
    "days_left": ("{n} days left", "剩 {n} 天"),
    "overdue": ("{n} days overdue", "逾期 {n} 天"),
}
