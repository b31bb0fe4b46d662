"""The queue, the uncertain middle, and what waits for a second person."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
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
}
