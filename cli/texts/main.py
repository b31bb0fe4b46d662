"""The commands of a run and of its sources, and the tools: address, text, link."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
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
    "audit": ("The append-only audit chain.", "只追加的审计链。"),
    "audit_verify": ("Find an altered, removed or reordered audit row.", "检查审计链是否被篡改、删除或调序。"),
    "sources_infer": (
        "Draft a YAML entry from a file: kind and mapping guessed from names and values.",
        "根据文件起草 YAML 数据源条目：由列名和取值推断类型与映射。",
    ),
    "file_written": ("Written: {file}", "已写入：{file}"),
    "no_run": ("There is no run yet: skiptrace run --deployment DIR", "尚无运行：skiptrace run --deployment DIR"),
    "page_written": (
        "Report page: {file} (open it in a browser, no network needed)",
        "报告页面：{file}（用浏览器打开，无需联网）",
    ),
    "audit_ok": ("audit chain intact: {n} events", "审计链完整：{n} 条事件"),
    "audit_bad": ("audit chain BROKEN at event {seq}: {why}", "审计链在第 {seq} 条处损坏：{why}"),
    "replayed": (
        "{n} rows checked again: {ok} now clean, {bad} still quarantined",
        "重新检查 {n} 行：{ok} 行已合格，{bad} 行仍被隔离",
    ),
    "sample_written": ("Sample portfolio written to {folder}", "示例资产包已写入 {folder}"),
    "o_share": (
        "For people outside operations: no count below min_cell, all others rounded to it, no messages with counts.",
        "供运营以外人员使用：不显示小于 min_cell 的计数，其余按其取整，不含带计数的提示。",
    ),
    "o_read_from": ("First day to read again, YYYY-MM-DD (UTC).", "重新读取的起始日，YYYY-MM-DD（UTC）。"),
    "o_to": ("Day before which to stop.", "截止日（不含）。"),
    "o_as_of": ("The day the run speaks of (YYYY-MM-DD); default: today.", "运行所指的日期（YYYY-MM-DD），默认今天。"),
    "o_format": ("table, csv, jsonl or parquet.", "table、csv、jsonl 或 parquet。"),
    "o_reveal": ("Show values unmasked (audited).", "显示未脱敏的值（留审计记录）。"),
    "o_reason": ("Why the values must be seen.", "为何必须查看原值。"),
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
}
