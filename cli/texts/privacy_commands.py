"""Persons' rights, keys, retention and rules."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "withdraw": (
        "Withdraw a person's consent: hidden at once, deleted, told to the case systems.",
        "撤回某人的同意：立即隐藏、删除，并通知案件系统。",
    ),
    "case": (
        "Close, hold or release a case.",
        "结案、冻结保全或解除保全。",
    ),
    "case_close": (
        "Close a case to tracing; what was found for it is deleted.",
        "结案并停止追踪；已找到的信息随之删除。",
    ),
    "case_hold": (
        "Place a legal hold: values are kept in storage, seen by nobody.",
        "法律保全：原值仅存储，任何人不可见。",
    ),
    "case_release": (
        "Release a legal hold.",
        "解除法律保全。",
    ),
    "rights": (
        "Requests and complaints of persons.",
        "个人权利请求与投诉。",
    ),
    "rights_ask_again": (
        "May this person be asked for consent again, and from when? Exit code 3: not yet.",
        "可否再次征求本人同意及最早时间；退出码 3 表示尚不可。",
    ),
    "rights_receive": (
        "Enter a request or complaint; prints its due dates.",
        "登记请求或投诉，并给出到期日。",
    ),
    "rights_due": (
        "What is due, the earliest first.",
        "待办，按到期日排序。",
    ),
    "rights_answer": (
        "Close a request as answered.",
        "将请求标记为已答复。",
    ),
    "rights_export": (
        "Access: write what is held of a person (unmasked, mode 0600, audited).",
        "查阅：导出所持有的该人信息（未脱敏，权限0600，留审计记录）。",
    ),
    "rights_explain": (
        "Explain the ranking of a person's contacts.",
        "解释该人联系方式的排序。",
    ),
    "rights_correct": (
        "Take out a contact the person says is not theirs.",
        "移除本人否认的联系方式。",
    ),
    "rights_delete": (
        "Deletion: as a withdrawal of every consent.",
        "删除：等同撤回全部同意。",
    ),
    "rights_object": (
        "Objection: no case of this person is traced any more.",
        "反对自动化处理：不再追踪该人的任何案件。",
    ),
    "keys": (
        "The keys that seal values.",
        "密钥。",
    ),
    "keys_rewrap": (
        "The same keys, wrapped by the provider the deployment now names (a KMS, a command, the environment, a file).",
        "密钥不变，改由部署现在指定的提供方（KMS、命令、环境变量、文件）包裹。",
    ),
    "rewrapped": (
        "key ring wrapped by {provider}; active key {key_id}",
        "密钥环现由 {provider} 包裹；现用密钥 {key_id}",
    ),
    "keys_rotate": (
        "A new key, and everything sealed again under it while the service runs; goes on where it was cut off.",
        "更换密钥并在服务运行中逐批重新加密；中断后可继续。",
    ),
    "retention": (
        "What has reached its age.",
        "到期数据。",
    ),
    "retention_purge": (
        "Delete what is older than the pack allows; legal holds stay.",
        "删除超过规则期限的数据；法律保全除外。",
    ),
    "policy": (
        "What the rules say.",
        "规则。",
    ),
    "policy_explain": (
        "Explain whether a signal may be used: every rule that speaks, with its source.",
        "解释某信号可否使用：列出每条适用规则及其依据。",
    ),
    "audit_log": (
        "The trace log of a case.",
        "某案件的失联追踪日志。",
    ),
    "audit_bundle": (
        "Evidence of a case for an inspection: ids, hashes, events; never values.",
        "检查用证据包：编号、哈希、事件，不含任何值。",
    ),
    "next_permitted": ("next permitted at {at}", "最早可联系时间 {at}"),
    "never_by_time": ("time alone will not permit it", "仅靠等待不会变为允许"),
    "not_a_time": ("expected a day or an ISO time", "应为日期或 ISO 时间"),
    "not_a_fact": (
        "expected NAME=yes, NAME=no or NAME=number for {name}",
        "{name} 应写作 名称=yes、名称=no 或 名称=数字",
    ),
    "not_a_contact": ("expected TIME,CHANNEL,OUTCOME", "应为 时间,渠道,结果"),
    "one_of": (
        "give exactly one of {names}",
        "须且仅须给出其一：{names}",
    ),
    "no_request": (
        "no open request of this id",
        "没有此编号的未结请求",
    ),
    "rotated": (
        "sealed under {key_id}: {n} values sealed again; keys removed: {retired}",
        "现用密钥 {key_id}：重新加密 {n} 个值；移除的密钥：{retired}",
    ),
    "forgotten": (
        "{n} candidates taken out ({kept} kept in storage only), {payloads} quarantined rows emptied",
        "移除候选 {n} 个（其中 {kept} 个仅存储），清空隔离行 {payloads} 个",
    ),
    "forgetting_goes_on": (
        "a run is under way or a source cannot be read: the rest goes when it ends, by {due} at the latest",
        "有运行正在进行或数据源不可读：其余将在结束时删除，最迟 {due}",
    ),
    "allowed": (
        "ALLOWED",
        "允许",
    ),
    "o_provider_before": ("Where the master key was until now.", "主密钥原先所在。"),
    "o_from_prefix": ("The prefix of its variable, when it was in the environment.", "若原在环境变量中，其变量前缀。"),
    "o_customer": (
        "The customer number, as in the lender's files.",
        "客户编号，与机构文件一致。",
    ),
    "o_withdrawals": (
        "CSV: case_id or customer_no or id_number, and scopes joined by |.",
        "CSV：case_id、customer_no、id_number 之一，及以 | 连接的 scopes。",
    ),
    "o_scope": (
        "Scope of consent; may be repeated. None: every scope.",
        "同意范围，可重复；不给则为全部。",
    ),
    "o_hold": (
        "A reference, e.g. of the court's letter. Never a person's value.",
        "依据编号，例如法院函号；不得写个人信息。",
    ),
    "o_request_kind": (
        "access, correction, deletion, explanation, objection or complaint.",
        "access、correction、deletion、explanation、objection 或 complaint。",
    ),
    "o_retire": (
        "Also remove keys nothing uses; only after every process was restarted.",
        "同时移除不再使用的密钥；须在所有进程重启之后。",
    ),
    "o_kind": (
        "Kind of source, e.g. deliveries.",
        "数据源种类，例如 deliveries。",
    ),
    "o_jurisdiction": (
        "cn, us, uk; several joined by +: the strictest.",
        "cn、us、uk；以 + 连接则取最严。",
    ),
    "o_purpose": (
        "Purpose of the processing.",
        "处理目的。",
    ),
    "o_day": (
        "A day or an ISO time; UTC unless its zone is given (2026-03-08T08:30-05:00).",
        "日期或 ISO 时间；未注明时区则为 UTC（如 2026-03-08T08:30-05:00）。",
    ),
    "o_scope_asked": (
        "Scope of consent, with --kind; repeat it where several are needed.",
        "授权范围，与 --kind 同用；需要多项则重复。",
    ),
    "o_channel": (
        "Ask about a contact instead: voice, sms, email, messaging, letter, lawyer_letter, visit.",
        "改为询问联系：voice、sms、email、messaging、letter、lawyer_letter、visit。",
    ),
    "o_zone": (
        "Where the customer may be now (America/New_York); repeat it when unsure.",
        "客户可能所在时区（如 America/New_York）；不确定可重复。",
    ),
    "o_party": ("debtor or third_party.", "debtor（本人）或 third_party（第三人）。"),
    "o_fact": (
        "What is known: is_opted_out=no, has_consent=yes, balance=60000; what is not said denies where a rule asks.",
        "已知事实：如 is_opted_out=no、has_consent=yes、balance=60000；规则需要而未说明的，拒绝。",
    ),
    "o_contacted": (
        "A contact already made: TIME,CHANNEL,OUTCOME; may be repeated.",
        "已有联系：时间,渠道,结果；可重复。",
    ),
    "o_never_contacted": ("Nobody has contacted this customer yet.", "尚无任何联系。"),
}
