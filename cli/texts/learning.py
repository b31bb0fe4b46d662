"""Learning: proposals, versions, promotions."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
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
    "models": ("Versions", "版本"),
    "promotions": ("Who put which in force", "生效记录"),
    "changes": ("Changes", "变化"),
    "nothing_to_learn": (
        "Nothing to learn from: no outcome is of a published contact.",
        "没有可供学习的结果：无一属于已发布的联系方式。",
    ),
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
    "o_version": ("A version, as `learn models` lists it.", "版本名，见 `learn models`。"),
    "o_why_model": ("Why; at least eight characters, for the audit chain.", "原因；至少八个字符，写入审计链。"),
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
    "o_page": (
        "Write the pictures here: one HTML page that needs no network.",
        "将图表写入此文件：一个无需联网的 HTML 页面。",
    ),
}
