"""The model in force, and its versions."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # the model in force
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
    # versions
    "versions": ("Proposed and in force", "拟用与现行"),
    "versions_lead": (
        "Parameters learnt from outcomes and reviews wait here until a person promotes them; any earlier set can be promoted again.",
        "由联系结果和人工决定学得的参数在此等待人工启用；以往任一版本均可再次启用。",
    ),
    "version": ("Version", "版本"),
    "made_of": ("Made of", "来源"),
    "in_force": ("in force", "现行"),
    "not_in_force": ("not in force", "未启用"),
    "difference": ("Compare with the one in force", "与现行版本对照"),
    "difference_of": ("What {version} would change", "{version} 将改变的参数"),
    "parameter": ("Parameter", "参数"),
    "promote": ("Promote", "启用"),
    "promoted": ("Promoted. The next run ranks by it.", "已启用，下次运行起生效。"),
    "model_stale": (
        "Somebody promoted another one while your page was open. Nothing was changed.",
        "您打开页面期间他人已启用另一版本，未作更改。",
    ),
    "model_in_force": ("It is in force already.", "该版本已是现行版本。"),
}
