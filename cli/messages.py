"""Every text a person reads in the terminal, in English and Chinese. ``SKIPTRACE_LANG`` or the locale chooses."""

from __future__ import annotations

import os

_TEXTS: dict[str, tuple[str, str]] = {
    # commands
    "app": (
        "Lawful, explainable tracing of customers a lender has lost touch with.",
        "合法、可解释的失联客户追踪。",
    ),
    "run": (
        "Run the whole path for one day: pull, check, admit, match, rank, publish.",
        "执行一天的完整流程：拉取、检查、准入、匹配、排序、发布。",
    ),
    "candidates": (
        "Show or export the published candidates. Masked unless --reveal with --reason; revealing is audited.",
        "查看或导出已发布的候选联系方式。默认脱敏；--reveal 须同时给出 --reason，并会留下审计记录。",
    ),
    "sources": ("Look at the declared sources.", "查看已声明的数据源。"),
    "sources_check": (
        "Try every source: reachable, columns there, first rows readable.",
        "逐一检查数据源：能否访问、字段是否齐全、前几行能否读取。",
    ),
    "sources_accept": (
        "Write the contract each source keeps today (its columns and their types), to be compared with from now on.",
        "写下各数据源当前的契约（字段及其类型），此后据此比对。",
    ),
    "backfill": (
        "Read rows of an older time again, from sources read by increments; published as of the latest day.",
        "对增量读取的数据源重新读取较早时段的数据；发布仍以最新一天为准。",
    ),
    "report": ("Show the report of the last run (or of one run).", "查看最近一次（或某一次）运行报告。"),
    "quality": (
        "Write the quality of every source as one page: expected, found, set aside, run by run.",
        "将各数据源的质量写成一个页面：期望、结果、隔离与历次趋势。",
    ),
    "quarantine": ("Rows that could not be used, and why.", "被隔离的数据行及其原因。"),
    "quarantine_list": (
        "List quarantined rows: keys, field, reason. Never values.",
        "列出被隔离的行：键、字段、原因，不含任何值。",
    ),
    "quarantine_replay": ("Check the quarantined rows again after a fix.", "修正之后重新检查被隔离的行。"),
    "sample": (
        "Write a synthetic, visibly fictional portfolio to try things on.",
        "生成一个明显虚构的示例资产包以供试用。",
    ),
    "link": (
        "Link any two tables by a spec (Fellegi-Sunter, no labels needed).",
        "按规格链接任意两张表（Fellegi-Sunter，无需标注）。",
    ),
    "address": ("Parse the addresses of one column into their parts.", "将一列地址解析为各组成部分。"),
    "text": (
        "Mask free text and show what a customer said of their contacts.",
        "对自由文本脱敏，并给出客户所述的联系方式。",
    ),
    "doctor": (
        "Look for what is wrong with a deployment, or will be soon; each finding with its remedy. Changes nothing.",
        "检查部署存在或即将出现的问题，逐条给出处理办法；不作任何改动。",
    ),
    "run_metrics": (
        "Print or write the state of the deployment as Prometheus gauges: runs, rows, quarantine, what is late. No values.",
        "以 Prometheus 指标输出部署状态：运行、行数、隔离、逾期事项；不含任何值。",
    ),
    "store": ("The store: its schema and who may do what in it, by hand.", "存储库：手工管理其结构与权限。"),
    "store_migrate": (
        "Bring the store to this version's schema, or with --to to an older one. A way down that would lose rows is refused.",
        "将存储库升级到本版本的结构，或用 --to 退回旧结构；若退回会丢失数据行则拒绝执行。",
    ),
    "store_grants": (
        "Print the SQL that gives the feed, the workbench and the pipeline roles of their own in PostgreSQL, or apply it.",
        "打印为推送接口、工作台与流程各建 PostgreSQL 角色并授权的 SQL，或直接执行。",
    ),
    "o_apply_grants": ("Do it, as the login of the deployment (its owner).", "以部署所用登录（所有者）直接执行。"),
    "granted_to": ("{role} has its rights", "{role} 已授权"),
    "store_backup": (
        "Write an encrypted backup of the store, while everything goes on. Keys and tombstones are not in it.",
        "写出存储库的加密备份，其余照常运行；备份不含密钥与遗忘记录。",
    ),
    "store_restore": (
        "Put a backup in place of the store. What was forgotten since is forgotten again before anybody can read.",
        "用备份恢复存储库；备份之后已撤回或删除的内容会在任何人可读之前再次删除。",
    ),
    "o_backup_out": ("A new folder for this backup.", "本次备份的新文件夹。"),
    "o_backup": ("The folder of a backup.", "备份所在文件夹。"),
    "o_replace": ("There is a store already: replace it.", "已有存储库：予以替换。"),
    "o_check_backup": ("Only see whether it is whole and opens.", "仅检查备份是否完整并可打开。"),
    "backed_up": ("{folder}: {mb} MB, under key {key_id}", "{folder}：{mb} MB，密钥 {key_id}"),
    "backup_whole": ("Whole, and opens: made at {at}, schema {schema}", "完整且可打开：备份于 {at}，结构 {schema}"),
    "restored": (
        "The store is as of {at}; {n} withdrawals, closings and corrections since were done again ({candidates} candidates)",
        "存储库已恢复至 {at}；其后的 {n} 项撤回、结案与更正已重新执行（{candidates} 个候选）",
    ),
    "o_schema": ("The schema to go to; without: this version's.", "目标结构版本；缺省为本版本。"),
    "o_drop_rows": (
        "Go down although tables with rows in them go: take a backup first.",
        "即使会删除含数据的表也退回；请先备份。",
    ),
    "migrated": ("Schema {before} → {after}", "结构 {before} → {after}"),
    "o_json": ("As JSON, for a monitor.", "以 JSON 输出，供监控使用。"),
    "o_doctor_sources": ("Read the first rows of every source too.", "同时读取各数据源的前几行。"),
    "level_ok": ("ok", "正常"),
    "level_warning": ("warning", "警告"),
    "level_error": ("error", "错误"),
    "area_configuration": ("configuration", "配置"),
    "area_versions": ("versions", "版本"),
    "area_store": ("store", "存储库"),
    "area_keys": ("keys", "密钥"),
    "area_files": ("files", "文件"),
    "area_disk": ("disk", "磁盘"),
    "area_clock": ("clock", "时钟"),
    "area_law": ("law", "合规"),
    "area_sources": ("sources", "数据源"),
    "audit": ("The append-only audit chain.", "只追加的审计链。"),
    "audit_verify": ("Find an altered, removed or reordered audit row.", "检查审计链是否被篡改、删除或调序。"),
    "sources_infer": (
        "Draft a YAML entry from a file: kind and mapping guessed from names and values.",
        "根据文件起草 YAML 数据源条目：由列名和取值推断类型与映射。",
    ),
    "evaluate": ("Judge the published candidates against a truth file.", "用真值文件评估已发布的候选。"),
    "learn": (
        "Learn from outcomes: a proposal with a report, and its promotion by a person.",
        "从结果中学习：给出带报告的建议，由人批准生效。",
    ),
    "learn_propose": (
        "Learn ranking parameters from attempts; written as a proposal, not used.",
        "从联系结果学习排序参数；只写成建议，不自动生效。",
    ),
    "learn_promote": ("Put a version in force; the one before is kept.", "使一个版本生效；保留之前的参数。"),
    "learn_rollback": ("Put back the version before.", "恢复之前的版本。"),
    "learn_models": ("The versions of the ranking's parameters.", "排序参数的各个版本。"),
    "learn_compare": (
        "What a version says otherwise than the one in force, and what was measured.",
        "某版本与现行版本的差异及其测量结果。",
    ),
    "o_version": ("A version, as `learn models` lists it.", "版本名，见 `learn models`。"),
    "o_why_model": ("Why; at least eight characters, for the audit chain.", "原因；至少八个字符，写入审计链。"),
    "models": ("Versions", "版本"),
    "promotions": ("Who put which in force", "生效记录"),
    "changes": ("Changes", "变化"),
    "nothing_to_learn": (
        "Nothing to learn from: no outcome is of a published contact.",
        "没有可供学习的结果：无一属于已发布的联系方式。",
    ),
    # persons, keys, rules (cli/privacy_commands.py)
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
    # casework (cli/case_commands.py)
    "cases": ("Where cases stand and what may come next; people act.", "案件所处状态与可行的下一步；由人实施。"),
    "cases_list": ("Cases as they stood in the last run.", "最近一次运行时各案件的状态。"),
    "cases_show": (
        "One case now: state, points, segment, next step, proposals, clocks, file.",
        "某案件当前的状态、联系点、分类、下一步、建议、时限与档案。",
    ),
    "cases_record": (
        "Tell what happened to a case: a promise, a payment, a hardship, an attempt, a visit made, …",
        "登记案件事件：承诺、还款、困难原因、联系结果、已上门等。",
    ),
    "cases_request": (
        "Ask a second person for an action; the reasons are kept with it.",
        "就某项处置申请他人批准，理由一并留存。",
    ),
    "cases_approve": ("Approve (or decline) what somebody else asked for.", "批准（或驳回）他人提出的申请。"),
    "cases_waiting": ("What waits for a second person.", "等待他人批准的申请。"),
    "cases_close": (
        "Close a case on what its history proves; tracing is frozen.",
        "按历史所证明的结案标准结案，并冻结追踪。",
    ),
    "cases_complain": ("Enter a complaint: contact is suspended until it is answered.", "登记投诉：答复前暂停联系。"),
    "cases_file": ("Enter an artefact of a case: class, hash, reference.", "登记案件材料：类别、哈希、编号。"),
    "cases_unfile": ("An artefact was deleted where it was kept.", "材料已在其保存处删除。"),
    "cases_overdue": ("Artefacts that have to be deleted by now.", "已到最长保存期、应删除的材料。"),
    "cases_improve": (
        "What frequent complaints ask for, with the effect it would have had.",
        "高频投诉对应的改进建议及其效果。",
    ),
    "cases_changes": (
        "Changes that came of complaints; --settle one as a second person.",
        "由投诉产生的调整；可用 --settle 由另一人批准。",
    ),
    "cases_may": (
        "Is this step refused by name? Says the rule and the lawful substitute.",
        "某一步骤是否被明令拒绝？给出规则与合法替代。",
    ),
    "cases_lint": ("Check a text for words that are not used.", "检查文本是否含禁用措辞。"),
    "case_recorded": ("recorded {event}", "已登记 {event}"),
    "no_case": ("there is no such case", "没有该案件"),
    "not_an_event": ("not a kind of event; there are {kinds}", "没有该事件类型；可用：{kinds}"),
    "instead": ("instead", "替代做法"),
    "step_not_refused": (
        "Not refused by name. Every rule of consent, contact and approval still applies.",
        "未被明令拒绝；授权、联系与批准的各项规则仍然适用。",
    ),
    "lint_clean": ("nothing found", "未发现禁用措辞"),
    "o_ref": (
        "an id of another system (assessment, agency, letter), no person's value",
        "其他系统的编号（评估、机构、函件），不得为个人信息",
    ),
    "o_life": ("only cases of this state", "仅该状态的案件"),
    "o_event_kind": ("kind of event (docs/reference/guide.md)", "事件类型（见 docs/reference/guide.md）"),
    "o_event_code": ("its code, from the vocabulary of its kind", "代码，取自该类型的词表"),
    "o_point": ("id of the contact point", "联系点编号"),
    "o_case_channel": (
        "voice, sms, email, messaging, letter, visit",
        "voice、sms、email、messaging、letter、visit 之一（渠道）",
    ),
    "o_until": ("day it holds until, or falls due", "截止日或到期日"),
    "o_amount": ("amount paid", "还款金额"),
    "o_badge": ("badge id of an agent; a visit needs two", "人员工号；上门须两个"),
    "o_action": ("the action", "处置"),
    "o_decline": ("decline instead of approving", "驳回而非批准"),
    "o_complaint": ("what it is about", "投诉事由"),
    "o_artefact": ("class of artefact", "材料类别"),
    "o_sha256": ("SHA-256 of the artefact", "材料的 SHA-256 哈希"),
    "o_place": ("what a photograph shows: exterior", "照片所拍：exterior（外观）"),
    "o_people": ("people are to be seen on it", "照片中有人"),
    "o_entry": ("id of the entry", "材料登记编号"),
    "o_propose_change": ("ask a second person to put them in force", "提交他人批准生效"),
    "o_settle": ("id of the change to settle", "待处理的调整编号"),
    "o_settle_as": ("approved or declined", "批准或驳回"),
    "o_step": ("the step in words, Chinese or English", "用中文或英文描述的步骤"),
    "o_text": ("the text, or - to read it", "文本；- 表示从标准输入读取"),
    "o_audience": ("to whom it goes", "发送对象"),
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
    "o_provider_before": ("Where the master key was until now.", "主密钥原先所在。"),
    "o_from_prefix": ("The prefix of its variable, when it was in the environment.", "若原在环境变量中，其变量前缀。"),
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
    "o_close_reason": (
        "paid, agreement (first instalment met) or legal.",
        "paid（结清）、agreement（协议且首期已付）、legal（进入法律程序）。",
    ),
    "o_hold": (
        "A reference, e.g. of the court's letter. Never a person's value.",
        "依据编号，例如法院函号；不得写个人信息。",
    ),
    "o_request_kind": (
        "access, correction, deletion, explanation, objection or complaint.",
        "access、correction、deletion、explanation、objection 或 complaint。",
    ),
    "o_share": (
        "For people outside operations: no count below min_cell, all others rounded to it, no messages with counts.",
        "供运营以外人员使用：不显示小于 min_cell 的计数，其余按其取整，不含带计数的提示。",
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
    "denied": (
        "DENIED",
        "拒绝",
    ),
    "feed": ("Who may read the feed; webhooks and file drops.", "接口客户端、Webhook 与文件投递。"),
    "feed_grant": (
        "Make a client of the feed and print its API key, once.",
        "新建接口客户端并显示其密钥（仅此一次）。",
    ),
    "feed_clients": ("List the clients of the feed. Never their keys.", "列出接口客户端，不含密钥。"),
    "feed_revoke": (
        "End a client's key: refused within ten seconds, its webhooks fall silent.",
        "吊销客户端密钥：十秒内失效，其 Webhook 停止推送。",
    ),
    "feed_webhook": (
        "Send a client's deltas to an address and print the signing secret, once.",
        "将客户端的增量推送至指定地址，并显示签名密钥（仅此一次）。",
    ),
    "feed_webhooks": ("List the webhooks and where each stands.", "列出 Webhook 及其进度。"),
    "feed_deliver": (
        "Send what is due to every webhook; with --every, until interrupted. From one process.",
        "向各 Webhook 推送到期内容；加 --every 则持续执行。仅由一个进程运行。",
    ),
    "feed_drop": (
        "Write everything a client may see as CSV, JSON lines and Parquet, with a manifest; encrypted with --encrypt-to.",
        "将客户端可见的全部内容写为 CSV、JSON 行与 Parquet，并附清单；--encrypt-to 可加密。",
    ),
    "o_client": ("Id of the client.", "客户端编号。"),
    "o_feed_scope": ("What it may do, e.g. deltas:read; repeat for more.", "可执行的操作，如 deltas:read；可重复。"),
    "o_portfolio": ("A portfolio it may see; repeat for more. None: every one.", "可见的产品；可重复。不填则全部。"),
    "o_rate": ("Requests a minute.", "每分钟请求数。"),
    "o_webhook": ("Name of the webhook.", "Webhook 名称。"),
    "o_url": ("Where to send it: https only.", "推送地址，仅限 https。"),
    "o_after": ("Begin after this number of the sequence.", "从该序号之后开始。"),
    "o_every": ("Seconds between rounds.", "每轮间隔秒数。"),
    "o_drop": ("Folder to write a folder into.", "写入的文件夹（其下新建子文件夹）。"),
    "o_encrypt_to": (
        "Certificate (PEM, RSA) of somebody who may read the files; repeat for more.",
        "可读取文件者的证书（PEM，RSA）；可重复。",
    ),
    "o_add_account": ("Make an account (asks for its password) and end.", "新建账号（会询问密码）后退出。"),
    "o_role": ("Role of the account.", "账号角色。"),
    "o_allow_host": ("Host name of a proxy in front; repeat for more.", "前置代理的主机名；可重复。"),
    "o_cert": ("TLS certificate, where no proxy speaks TLS.", "TLS 证书（无代理时）。"),
    "o_key": ("Its key.", "证书私钥。"),
    "key_once": (
        "The API key, shown this once. Send it with the header X-Purpose: {purpose}",
        "接口密钥仅显示这一次。请求时须带请求头 X-Purpose: {purpose}",
    ),
    "secret_once": ("The signing secret, shown this once.", "签名密钥仅显示这一次。"),
    "every_portfolio": ("every portfolio", "全部产品"),
    "in_use": ("in use", "使用中"),
    "revoked_at": ("revoked {at}", "{at} 吊销"),
    "revoked": ("Revoked.", "已吊销。"),
    "no_such_client": ("There is no such client, or it was revoked already.", "没有该客户端，或已吊销。"),
    "hook_stands": (
        "at {after} of {head}, {failed} failures in a row, last answer {status}",
        "进度 {after}/{head}，连续失败 {failed} 次，最近应答 {status}",
    ),
    "delivered": (
        "{deltas} deltas in {pages} pages, {failed} webhooks failed.",
        "推送 {deltas} 条增量、{pages} 页，{failed} 个 Webhook 失败。",
    ),
    "dropped": ("{n} candidates at number {seq}.", "{n} 条候选，序号 {seq}。"),
    "serve": ("Serve the candidate feed or the analysts' workbench.", "启动候选数据接口或分析师工作台。"),
    "o_workers": ("Processes that answer; one fills one core.", "应答进程数；每个进程占用一个核心。"),
    "serve_metrics": (
        "The state of the deployment at /metrics for Prometheus; beyond this machine with a token.",
        "在 /metrics 以 Prometheus 格式提供部署状态；对外须用令牌。",
    ),
    "serve_feed": ("The API that case systems consume.", "供案件系统使用的接口。"),
    "serve_workbench": (
        "The web application in which analysts inspect candidates.",
        "分析师查看候选联系方式的网页应用。",
    ),
    # options
    "o_demo": ("Make one account a role and print their passwords once.", "为每个角色建立一个账号，并一次性打印密码。"),
    "o_truth": (
        "CSV: case_id and any of phone, city, province, district, address parts.",
        "CSV：case_id 以及 phone、city、province、district、地址各部分中的任意几项。",
    ),
    "o_baselines": (
        "Compare with declared, most recent, best source, majority, recency by source.",
        "与预留、最近、最佳来源、多数、来源加权最近各基线比较。",
    ),
    "o_outcomes": (
        "CSV of attempts: case_id, contact_value, contact_source, disposition, at.",
        "联系结果 CSV：case_id、contact_value、contact_source、disposition、at。",
    ),
    "o_deployment": ("Folder with deployment.yaml.", "含 deployment.yaml 的文件夹。"),
    "o_read_from": ("First day to read again, YYYY-MM-DD (UTC).", "重新读取的起始日，YYYY-MM-DD（UTC）。"),
    "o_to": ("Day before which to stop.", "截止日（不含）。"),
    "o_as_of": ("The day the run speaks of (YYYY-MM-DD); default: today.", "运行所指的日期（YYYY-MM-DD），默认今天。"),
    "o_case": ("Only this case.", "只看这个案件。"),
    "o_format": ("table, csv, jsonl or parquet.", "table、csv、jsonl 或 parquet。"),
    "o_out": ("Write to this file.", "写入此文件。"),
    "o_page": (
        "Write the pictures here: one HTML page that needs no network.",
        "将图表写入此文件：一个无需联网的 HTML 页面。",
    ),
    "o_reveal": ("Show values unmasked (audited).", "显示未脱敏的值（留审计记录）。"),
    "o_reason": ("Why the values must be seen.", "为何必须查看原值。"),
    "o_limit": ("At most this many rows on screen.", "屏幕上最多显示的行数。"),
    "o_run": ("Run key, as shown by the report.", "运行键，见运行报告。"),
    "o_quiet": ("No progress display.", "不显示进度。"),
    "o_spec": (
        "Linkage spec (YAML); without one it is proposed from the columns.",
        "链接规格（YAML）；未给出则根据列自动提出。",
    ),
    "o_model": ("Model file: used when it exists, else trained and written.", "模型文件：存在则使用，否则训练后写入。"),
    "o_stats": ("Write the run's statistics here (JSON).", "将运行统计写入此文件（JSON）。"),
    "o_evidence": ("Write the evidence of each pair too.", "同时写出每对的证据。"),
    "o_labels": ("Pairs that people decided: id_l, id_r, is_match.", "人工判定的记录对：id_l、id_r、is_match。"),
    "o_charts": (
        "Folder for the pictures of model and scores, or of the pair to explain: one page that needs no network, and Vega-Lite.",
        "存放模型与得分图（或所解释记录对的瀑布图）的文件夹：一个无需联网的页面，以及 Vega-Lite 文件。",
    ),
    "o_explain": ("Explain one pair: ID_L ID_R.", "解释一对记录：ID_L ID_R。"),
    "o_propose": (
        "Write the spec that would be used (to --out, else printed), to keep and correct: with the reason for each column and rule.",
        "写出将要使用的规格（写入 --out，否则打印），供保存和修改：附每一列与每条分块规则的理由。",
    ),
    "o_subject": ("Column with the customer's own name.", "客户本人姓名所在的列。"),
    # screens
    "sums": ("Rows in and out of every step", "各步骤进出行数"),
    "step": ("step", "步骤"),
    "source": ("source", "数据源"),
    "rows_in": ("in", "进"),
    "rows_out": ("out", "出"),
    "detail": ("how they left", "去向"),
    "closes": ("closes", "平衡"),
    "yes": ("yes", "是"),
    "no": ("NO", "否"),
    "seconds": ("s", "秒"),
    "candidates_by_kind": ("Candidates by kind", "候选联系方式（按类型）"),
    "deltas": ("Deltas", "增量"),
    "none": ("none", "无"),
    "notes": ("Notes", "提示"),
    "ranked": ("Ranked candidates, masked", "候选联系方式（已排序、已脱敏）"),
    "ranked_revealed": ("Ranked candidates, REVEALED (audited)", "候选联系方式（未脱敏，已留审计记录）"),
    "file_written": ("Written: {file}", "已写入：{file}"),
    "more": ("{n} more rows; --limit or --out shows them", "还有 {n} 行；用 --limit 或 --out 查看"),
    "written": ("{n} rows written to {file}", "已写入 {n} 行：{file}"),
    "written_but": (
        "{n} rows written to {file}; {aside} of {read} set aside, for they cannot be read:",
        "已写入 {n} 行：{file}；共 {read} 行，其中 {aside} 行无法读取，已搁置：",
    ),
    "set_aside": ("  {file}, row {row}: {reason}", "  {file} 第 {row} 行：{reason}"),
    "and_more": ("  and {n} more", "  另有 {n} 行"),
    "no_candidates": ("No candidates.", "没有候选联系方式。"),
    "no_run": ("There is no run yet: skiptrace run --deployment DIR", "尚无运行：skiptrace run --deployment DIR"),
    "page_written": (
        "Report page: {file} (open it in a browser, no network needed)",
        "报告页面：{file}（用浏览器打开，无需联网）",
    ),
    "interrupted": (
        "Interrupted. Nothing was published; run the same command again to start this day over.",
        "已中断，未发布任何内容；重新执行同一命令即可重跑当日。",
    ),
    "ok": ("ok", "正常"),
    "audit_ok": ("audit chain intact: {n} events", "审计链完整：{n} 条事件"),
    "audit_bad": ("audit chain BROKEN at event {seq}: {why}", "审计链在第 {seq} 条处损坏：{why}"),
    "replayed": (
        "{n} rows checked again: {ok} now clean, {bad} still quarantined",
        "重新检查 {n} 行：{ok} 行已合格，{bad} 行仍被隔离",
    ),
    "sample_written": ("Sample portfolio written to {folder}", "示例资产包已写入 {folder}"),
    "metrics": ("How good the ranking is", "排序质量"),
    "reliability": ("What was said, and what was true", "所称概率与实际比例"),
    "before_after": ("Before and after", "学习前后"),
    "drift": ("Drift: righter than said, earlier and later half", "漂移：前半期与后半期实际超出所称的幅度"),
    "scorecard": ("Source scorecard", "来源记分卡"),
    "proposed": (
        "Proposed: {version}; not in force until: skiptrace learn promote",
        "已提出：{version}；执行 skiptrace learn promote 后才生效",
    ),
    "promoted": ("In force: {version}", "已生效：{version}"),
    # columns
    "c_case_id": ("case", "案件"),
    "c_rank": ("#", "序"),
    "c_kind": ("kind", "类型"),
    "c_value": ("value", "值"),
    "c_probability": ("p", "概率"),
    "c_last_seen": ("last seen", "最近"),
    "c_sources": ("sources", "来源"),
    "c_origins": ("origins", "独立来源数"),
    "c_reasons": ("why", "理由"),
    "k_phone": ("phone", "电话"),
    "k_address": ("address", "地址"),
    "k_region": ("region", "地区"),
    "k_email": ("e-mail", "电邮"),
    "k_messaging": ("messaging", "即时通讯"),
    # reasons (ranking codes)
    "r_seen_by:deliveries": ("delivered to", "曾在此收货"),
    "r_seen_by:phone_updates": ("reported by the customer", "客户主动更新"),
    "r_seen_by:service_notes": ("said so to service", "客户对客服说过"),
    "r_seen_by:declared_contacts": ("declared, confirmed since", "预留信息，后被印证"),
    "r_seen_by:transaction_regions": ("card use", "用卡地区"),
    "r_seen_by:app_regions": ("app region", "APP地区"),
    "r_origins": ("{n} distinct origins", "{n} 个独立来源"),
    "r_newer_exists": ("a newer one exists", "另有更新的"),
    "r_others_exist": ("other contacts compete with it", "另有其他联系方式与之竞争"),
    "r_reached_before": ("reached before", "曾经联系上"),
    "r_failed_before": ("failed before", "曾联系失败"),
    "r_shared": ("other people have it too", "他人也在使用"),
    "r_office": ("a workplace", "办公场所"),
    "r_region_agrees": ("in the region of recent activity", "与近期活动地区一致"),
    "r_region_disagrees": ("recent activity is elsewhere", "近期活动在其他地区"),
    "r_pickup_point": ("pickup point", "代收点"),
    "r_region_share": ("{n} % of activity", "占活动的 {n}%"),
}


def language() -> str:
    """``zh`` or ``en``: SKIPTRACE_LANG first, then the locale."""
    chosen = os.environ.get("SKIPTRACE_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or "en"
    return "zh" if chosen.lower().startswith("zh") else "en"


def t(key: str, **values: object) -> str:
    """The text of this key in the language of the session; KeyError when nobody wrote it."""
    english, chinese = _TEXTS[key]
    return (chinese if language() == "zh" else english).format(**values)


def keys() -> frozenset[str]:
    return frozenset(_TEXTS)


def reason(code: str) -> str:
    """A ranking reason code in words: ``origins:3`` → "3 distinct origins"."""
    if "r_" + code in _TEXTS:
        return t("r_" + code)
    name, _, n = code.partition(":")
    return t("r_" + name, n=n) if "r_" + name in _TEXTS else code
