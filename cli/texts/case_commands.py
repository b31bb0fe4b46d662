"""Casework."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
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
}
