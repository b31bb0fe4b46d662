"""Every text a person reads in the workbench, in English and Chinese."""

from __future__ import annotations

import re

from workbench.case_texts import TEXTS as _OF_CASES
from workbench.texts_codes import CITATIONS, WARNINGS
from workbench.texts_codes import TEXTS as _OF_CODES
from workbench.texts_debtor import TEXTS as _OF_DEBTORS

LANGUAGES = ("en", "zh")
_CODES = (
    "q_",
    "cn_",
    "field_",
    "k_",
    "s_",
    "rg_",
    "hold_",
    "st_",
    "op_",
    "role_",
    "v_",
    "d_",
    "p_",
    "state_",
    "act_",
    "ac_",
    "ek_",
    "ec_",
)  # where the word of a report's code may stand

_TEXTS: dict[str, tuple[str, str]] = {
    "product": ("Tracing workbench", "失联修复工作台"),
    "skip": ("Skip to content", "跳到正文"),
    "sign_in": ("Sign in", "登录"),
    "sign_out": ("Sign out", "退出"),
    "account": ("Account", "账号"),
    "password": ("Password", "密码"),
    "sign_in_failed": (
        "That did not work. Check name and password, or wait a while after several attempts.",
        "登录未成功。请核对账号和密码；多次失败后请稍候再试。",
    ),
    "signed_in_as": ("Signed in as {name}, {role}", "当前用户：{name}（{role}）"),
    "language": ("中文", "English"),
    "theme": ("Light or dark", "浅色或深色"),
    "keys": ("Keyboard", "键盘"),
    "keys_help": (
        "j / k next and previous · Enter open · a accept · r reject · u unsure, then a reason · n next debtor · / search · t theme · ? this help",
        "j / k 下一个、上一个 · Enter 打开 · a 采纳 · r 否决 · u 待定，再选理由 · n 下一位 · / 搜索 · t 主题 · ? 帮助",
    ),
    "back": ("Back", "返回"),
    "next_debtor": ("Next debtor", "下一位"),
    "previous": ("Previous", "上一页"),
    "next": ("Next", "下一页"),
    "page_of": ("{first}–{last} of {total}", "第 {first}–{last} 条，共 {total} 条"),
    "none": ("Nothing here.", "暂无内容。"),
    "none_queue": (
        "Nobody waits like this. Change what is shown, or come back after the next run.",
        "没有符合条件的客户。请更改筛选，或待下次运行后再看。",
    ),
    "none_batch": (
        "Nothing is in doubt: every candidate is decided, or clear.",
        "没有存疑的候选：均已决定或较为明确。",
    ),
    "none_proposals": (
        "Nobody waits for you. Letters and visits are proposed on a debtor's page.",
        "没有待复核的申请。信函与上门在客户页面提交。",
    ),
    "none_requests": ("No request is open.", "没有未办结的请求。"),
    "none_casework": ("No case stands there.", "没有处于该状态的案件。"),
    "none_audit": ("No event like this.", "没有符合条件的记录。"),
    "actor_registry": ("the lender's list", "放款机构名单"),
    "actor_outcomes": ("attempts on record", "联系记录"),
    "zone_cn": ("Beijing", "北京时间"),
    "zone_uk": ("London", "伦敦时间"),
    "zone_us": ("New York", "纽约时间"),
    "times_in": ("Times: {zone}", "时间：{zone}"),
    "covered": ("Covered again.", "已重新遮盖。"),
    "list_comma": (", ", "、"),
    "list_semicolon": ("; ", "；"),
    "colon": (": ", "："),
    "says": ("What it says", "内容"),
    "contact": ("Contact", "联系方式"),
    "first_run": ("the first run: a trend follows with the next", "首次运行：再运行一次即有趋势"),
    "not_switched_on": ("not now", "目前不可"),
    "unknown": ("unknown", "未知"),
    # roles
    "role_analyst": ("analyst", "分析员"),
    "role_supervisor": ("supervisor", "主管"),
    "role_privacy_officer": ("privacy officer", "个人信息保护负责人"),
    "role_auditor": ("auditor", "审计员"),
    "role_operator": ("operator", "运维"),
    # navigation
    "nav": ("Main", "主导航"),
    "nav_queue": ("Queue", "队列"),
    "nav_batch": ("Uncertain", "待定"),
    "nav_proposals": ("Approvals", "复核"),
    "nav_runs": ("Runs", "运行"),
    "nav_quality": ("Sources", "数据源"),
    "nav_model": ("Model", "模型"),
    "nav_policy": ("Policy", "规则"),
    "nav_requests": ("Requests", "主体请求"),
    "nav_audit": ("Audit", "审计"),
    # errors
    "error_title": ("That is not possible", "无法完成"),
    "not_allowed": ("Your role does not include this.", "您的角色没有此权限。"),
    "not_found": (
        "There is no such thing, or it may not be seen now: consents are asked again at every read.",
        "不存在，或现在不可查看：每次读取都会重新核对授权。",
    ),
    "stale": (
        "Somebody decided this while your page was open. Nothing was saved; here is how it stands now.",
        "您打开页面期间他人已作出决定。您的操作未保存，以下是当前状态。",
    ),
    "try_again": ("The store is busy. Please try again.", "数据库繁忙，请重试。"),
    "our_fault": (
        "That is our fault. Nothing you entered was kept in a log; please tell the operator what you did.",
        "系统出错，非您操作所致；您输入的内容未写入日志。请将操作经过告知运维人员。",
    ),
    "bad_request": ("The request could not be read.", "请求无法识别。"),
    "reason_short": ("Please say in at least eight characters why.", "请用至少八个字符说明理由。"),
    "reason_personal": (
        "The reason goes on record: no numbers, addresses or names of people in it, at most 200 characters.",
        "理由会留存审计：请勿写入号码、地址或姓名，且不超过200字。",
    ),
    "reason_unknown": ("Please choose one of the reasons offered.", "请选择所列理由之一。"),
    "nothing_to_undo": ("There is nothing to undo.", "没有可撤销的决定。"),
    # queue
    "queue_title": ("Debtors to look at", "待处理客户"),
    "queue_lead": (
        "Ordered by what is most likely to bring contact back, weighed by what is owed.",
        "按重新取得联系的可能性与欠款金额排序。",
    ),
    "state_todo": ("To decide", "待决定"),
    "state_done": ("Decided", "已决定"),
    "state_all": ("All", "全部"),
    "filter": ("Show", "显示"),
    "portfolio": ("Portfolio", "产品"),
    "all_portfolios": ("All portfolios", "全部产品"),
    "sort": ("Order by", "排序"),
    "sort_priority": ("What matters most", "优先级"),
    "sort_balance": ("Balance", "余额"),
    "sort_days_past_due": ("Days past due", "逾期天数"),
    "sort_best": ("Probability", "概率"),
    "sort_doubt": ("Doubt", "不确定性"),
    "sort_case_id": ("Case", "案件"),
    "search_case": ("Case id", "案件编号"),
    "apply": ("Apply", "应用"),
    "case": ("Case", "案件"),
    "best": ("Best way", "最佳方式"),
    "why": ("Why", "理由"),
    "balance": ("Balance", "余额"),
    "days_past_due": ("Days past due", "逾期天数"),
    "lost_since": ("Lost since", "失联日"),
    "ways": ("Ways", "候选"),
    "decided_of": ("{decided} of {total} decided", "已决定 {decided}/{total}"),
    "nothing_visible": ("nothing may be seen now", "目前不可查看"),
    "first_because": (
        "First, because: {p} that the {kind} reaches them, {balance} owed, {days} days past due.",
        "排在首位：{kind}可联系上的概率为 {p}，欠款 {balance}，逾期 {days} 天。",
    ),
    # debtor
    "debtor": ("Debtor {case}", "客户 {case}"),
    "status_open": ("open", "未结"),
    "status_closed": ("closed", "已结案"),
    "candidates": ("Ways to reach them", "候选联系方式"),
    "masked_note": ("Masked. Revealing one needs a reason and is on record.", "已脱敏。查看原值须说明理由并留痕。"),
    "hidden": (
        "{n} more may not be seen now: a consent they rest on was withdrawn or has expired.",
        "另有 {n} 项目前不可查看：所依据的授权已撤回或到期。",
    ),
    "probability": ("Probability", "概率"),
    "reaches_now": ("reaches the debtor now", "现在可联系到本人"),
    "last_seen": ("Last seen", "最近一次"),
    "sources": ("Sources", "来源"),
    "origins": ("Independent origins", "独立来源数"),
    "evidence": ("How the probability came about", "概率如何得出"),
    "waterfall_of": ("Evidence: {parts}. Sum {total}, that is {p}.", "依据：{parts}。合计 {total}，即 {p}。"),
    "log_odds": ("log-odds", "对数几率"),
    "factor": ("Factor", "因素"),
    "sum": ("sum", "合计"),
    "rest": ("rounding", "舍入"),
    "may_do": ("What may be done", "可以做什么"),
    "act_call": ("call", "致电"),
    "act_letter": ("letter", "信函"),
    "act_visit": ("visit", "上门"),
    "act_write": ("write", "发送消息"),
    "state_free": ("within the hours and caps below", "在下列时段与次数之内"),
    "state_needs_approval": ("needs a second person", "须第二人复核"),
    "state_open": ("waiting for a second person", "等待复核"),
    "state_approved": ("approved", "已批准"),
    "state_declined": ("declined", "未批准"),
    "look_there": ("a region to look in, not a contact", "仅为查找区域，不是联系方式"),
    "not_after_reject": ("rejected: not to be used", "已否决：不得使用"),
    "reveal": ("Reveal", "查看原值"),
    "reveal_why": ("Why must you see it?", "为何需要查看？"),
    "revealed": (
        "Revealed to you, on record. It is covered again after one minute.",
        "已向您显示并留痕，一分钟后重新遮盖。",
    ),
    "decide": ("Decide", "决定"),
    "decision": ("Decision", "决定"),
    "save_decision": ("Save decision", "保存决定"),
    "choose_reason": ("Choose a decision and its reason", "选择决定及理由"),
    "undo": ("Undo", "撤销"),
    "saved": ("Saved.", "已保存。"),
    "undone": ("Undone.", "已撤销。"),
    "v_accept": ("Accept", "采纳"),
    "v_reject": ("Reject", "否决"),
    "v_unsure": ("Unsure", "待定"),
    "v_undone": ("Undone", "已撤销"),
    "d_sources_agree": ("independent sources agree", "多个独立来源一致"),
    "d_recent": ("recent", "时间较近"),
    "d_confirmed_by_contact": ("confirmed by contact", "经联系确认"),
    "d_fits_history": ("fits the history", "与历史相符"),
    "d_other_person": ("belongs to somebody else", "属于他人"),
    "d_outdated": ("outdated", "已过时"),
    "d_public_place": ("a public place or pickup point", "公共场所或代收点"),
    "d_contradicted": ("contradicted by newer evidence", "与较新证据矛盾"),
    "d_must_not_use": ("must not be used", "不得使用"),
    "d_too_little": ("too little to go on", "依据不足"),
    "d_sources_disagree": ("sources disagree", "来源不一致"),
    "d_ask_colleague": ("ask a colleague", "需请教同事"),
    "d_mistake": ("a mistake", "误操作"),
    "decided_by": ("{who}, {when}", "{who}，{when}"),
    "propose": ("Propose", "提交复核"),
    "propose_title": ("Letter or visit: ask a second person", "信函或上门：提交第二人复核"),
    "p_no_other_way": ("no other way known", "没有其他方式"),
    "p_other_ways_failed": ("other ways failed", "其他方式未果"),
    "p_customer_asked": ("the customer asked for it", "客户要求"),
    "facts": ("Case", "案件"),
    "regions": ("Where they seem to live", "可能的居住地区"),
    "timeline": ("When each was seen", "时间线"),
    "consents": ("Consents it rests on", "所依据的授权"),
    "scope": ("Scope", "范围"),
    "granted": ("Granted", "授权日"),
    "expires": ("Expires", "到期日"),
    "notice": ("Notice", "告知书"),
    "rules_now": ("Hours and caps", "时段与次数"),
    "trace": ("Trace log", "留痕"),
    "trace_lead": ("From the audit chain, the newest first.", "来自审计链，最新在前。"),
    # batch
    "batch_title": ("The uncertain middle", "不确定的候选"),
    "batch_lead": (
        "The nearest to a coin toss first: a decision here teaches the model the most.",
        "越接近五五开越靠前：在此作出的决定对模型最有帮助。",
    ),
    "leave": ("leave for later", "暂不决定"),
    "save_all": ("Save these decisions", "保存这些决定"),
    "saved_n": ("{n} decisions saved.", "已保存 {n} 项决定。"),
    # proposals
    "proposals_title": ("A second pair of eyes", "第二人复核"),
    "proposals_lead": (
        "Opening a trace, a letter to a found address, a visit and whatever else a person must allow: somebody other than who asks agrees.",
        "启动追踪、向查得地址寄信、上门及其他须由人决定的事项：由申请人以外的人同意。",
    ),
    "action": ("Action", "动作"),
    "proposed_by": ("Proposed by", "提交人"),
    "approve": ("Approve", "批准"),
    "decline": ("Decline", "不批准"),
    "proposals_settled": ("Settled last", "最近处理"),
    # runs
    "runs_title": ("Runs", "运行"),
    "run_title": ("Run {key}", "运行 {key}"),
    "funnel": ("From rows to candidates", "从数据行到候选"),
    "trend": ("Trend", "趋势"),
    "published_trend": ("published, the last {n} runs", "最近 {n} 次运行的发布数"),
    "run": ("Run", "运行"),
    "status": ("Status", "状态"),
    "done": ("done", "完成"),
    "failed": ("failed", "失败"),
    "running": ("running", "进行中"),
    "started": ("Started", "开始"),
    "sums_close": ("Every sum closes", "各步行数平衡"),
    "sums_open": ("A sum does not close", "行数不平衡"),
    "f_pulled": ("pulled", "拉取"),
    "f_clean": ("clean", "合格"),
    "f_admitted": ("admitted", "准入"),
    "f_linked": ("linked", "匹配"),
    "f_supporting": ("supporting", "支持"),
    "f_published": ("published", "发布"),
    "step": ("Step", "步骤"),
    "source": ("Source", "数据源"),
    "rows_in": ("In", "进"),
    "how_left": ("How they left", "去向"),
    "seconds": ("Seconds", "秒"),
    "deltas": ("Deltas", "增量"),
    "notes": ("Notes", "提示"),
    # quality
    "quality_title": ("Sources", "数据源"),
    "quality_lead": (
        "What the last run expected of each source, and what it found.",
        "最近一次运行对各数据源的期望与结果。",
    ),
    "rows": ("Rows", "行数"),
    "bad": ("Set aside", "隔离"),
    "expected_n": ("{n} expectations, {failed} with failures", "{n} 项期望，{failed} 项未满足"),
    "bad_trend": ("share set aside, the last {n} runs", "最近 {n} 次运行的隔离率"),
    "volume_trend": ("rows, the last {n} runs", "最近 {n} 次运行的行数"),
    "full_trend": ("how full its columns were, the last {n} runs", "最近 {n} 次运行的字段填充率"),
    "trend_rows": ("rows", "行数"),
    "trend_bad": ("set aside", "隔离"),
    "trend_full": ("how full", "填充率"),
    "outcome_pass": ("pass", "通过"),
    "outcome_warn": ("warning", "警告"),
    "outcome_stop": ("stopped", "停止"),
    "how_full": ("How full each column is", "各字段填充率"),
    "rows_aside": ("Rows set aside, by their keys ({n})", "被隔离的行（按行键，{n}）"),
    "row_number": ("Row", "行号"),
    "row_key": ("Key", "行键"),
    "row_reason": ("Reason", "原因"),
    "by_reason": ("Set aside, by reason", "按原因隔离"),
    "by_rule": ("Withheld, by rule", "按规则未准入"),
    "expectations": ("Expectations", "期望"),
    "field": ("Field", "字段"),
    "expectation": ("Expectation", "期望"),
    "severity": ("Severity", "级别"),
    "failed_rows": ("Failed", "未满足"),
    "scorecard": ("Scorecard", "来源评分"),
    "scorecard_lead": (
        "What rests on each source, and what people and attempts said of it.",
        "各来源支撑的候选，以及人工决定与实际联系的结果。",
    ),
    "mean_p": ("Mean probability", "平均概率"),
    "right_party": ("Right party", "本人接通"),
    "wrong_party": ("Wrong party", "非本人"),
    # model
    "model_title": ("Model", "模型"),
    "model_lead": (
        "m: how often true pairs agree like this. u: how often strangers do. Weight: log2(m/u), in bits.",
        "m：真实配对出现该一致程度的比例；u：陌生人出现的比例；权重：log2(m/u)，单位比特。",
    ),
    "no_model": ("No model file yet: it is made by the first run.", "尚无模型文件，首次运行后生成。"),
    "comparison": ("Comparison", "比较项"),
    "level": ("Agreement", "一致程度"),
    "weight": ("Weight", "权重"),
    "match_rate": ("Match rate", "匹配率"),
    "temperature": ("Temperature", "温度"),
    "warnings": ("Warnings", "警告"),
    "calibration": ("Calibration", "校准"),
    "calibration_lead": (
        "Of what was said to reach the debtor with about this probability: how often it did, by attempts told since. Nobody answering tells neither.",
        "标称某一概率可联系到本人的候选，其后实际联系到本人的比例（依据联系结果；无人接听不计）。",
    ),
    "attempts": ("Attempts", "联系次数"),
    "said_mean": ("Said", "标称"),
    "found_share": ("Found", "实际"),
    "interval": ("Where it lies (95%), and what was said", "实际比例的95%区间与标称值"),
    "spread_of": ("between {low} and {high}; said {said}", "介于 {low} 与 {high} 之间；标称 {said}"),
    "none_calibration": (
        "No attempt at what is published was told yet: tell outcomes to the feed, and this fills.",
        "尚无可用的联系结果。案件系统将联系结果回传接口后，此处即有数据。",
    ),
    "rank_params": ("Ranking parameters", "排序参数"),
    "rank_lead": (
        "Of a contact recorded today: how often it is the debtor's own and current, by kind of source.",
        "今天记录的联系方式中，确属本人且有效的比例（按来源类型）。",
    ),
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
    **_OF_CODES,
    **_OF_DEBTORS,
    **_OF_CASES,
}


def t(lang: str, key: str, /, **values: object) -> str:
    """The text of this key; KeyError when nobody wrote it."""
    english, chinese = _TEXTS[key]
    return (chinese if lang == "zh" else english).format(**values)


def known(lang: str, prefix: str, code: str) -> str:
    """A code of an open vocabulary in words; the code itself, readable, where nobody wrote it."""
    return t(lang, prefix + code) if prefix + code in _TEXTS else re.sub(r"[_.]+", " ", code)


def reason(lang: str, code: str) -> str:
    """A reason code of the ranking in words: ``origins:3`` → "3 independent origins"."""
    if "r_" + code in _TEXTS:
        return t(lang, "r_" + code)
    name, _, n = code.partition(":")
    return t(lang, "r_" + name, n=n) if "r_" + name in _TEXTS else known(lang, "r_", name)


def code(lang: str, said: str) -> str:
    """What a report counts by, in words: a column and a reason (``observed_at: not_a_date``), a kind, a step; a rule stays its id."""
    return ("：" if lang == "zh" else ": ").join(_word(lang, part) for part in said.split(": "))


def _word(lang: str, said: str) -> str:
    found = next((p for p in _CODES if p + said in _TEXTS), None)
    return t(lang, found + said) if found else said


def warning(lang: str, said: str) -> str:
    """A doubt about a model in words; as it was written where nobody translated it."""
    for key, form in WARNINGS.items():
        if found := form.fullmatch(said):
            blanks = found.groupdict()
            return t(lang, key, **{k: known(lang, "field_", v) if k == "field" else v for k, v in blanks.items()})
    return said


def actor(lang: str, said: str) -> str:
    """Who did something: a person by name; what the machine read somewhere, in words."""
    return known(lang, "actor_", said) if f"actor_{said}" in _TEXTS else said.removeprefix("user:")


def citation(lang: str, ref: str) -> str:
    """A source of law as a reader of this language knows it."""
    for form, english, chinese in CITATIONS:
        ref = re.sub(form, chinese if lang == "zh" else english, ref)
    return ref.replace("; ", "；") if lang == "zh" else ref


def script(lang: str, said: str) -> str:
    """A script with its blanks in words."""
    left, right = ("〔", "〕") if lang == "zh" else ("[", "]")
    return re.sub(r"{(\w+)}", lambda m: left + known(lang, "ph_", m[1]) + right, said)


def texts() -> dict[str, tuple[str, str]]:
    """The whole catalogue: key → (English, Chinese)."""
    return dict(_TEXTS)
