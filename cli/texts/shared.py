"""What several commands say."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "denied": (
        "DENIED",
        "拒绝",
    ),
    "source": ("source", "数据源"),
    "yes": ("yes", "是"),
    "no": ("NO", "否"),
    "more": ("{n} more rows; --limit or --out shows them", "还有 {n} 行；用 --limit 或 --out 查看"),
    "written": ("{n} rows written to {file}", "已写入 {n} 行：{file}"),
    "interrupted": (
        "Interrupted. Nothing was published; run the same command again to start this day over.",
        "已中断，未发布任何内容；重新执行同一命令即可重跑当日。",
    ),
    "ok": ("ok", "正常"),
    "o_close_reason": (
        "paid, agreement (first instalment met) or legal.",
        "paid（结清）、agreement（协议且首期已付）、legal（进入法律程序）。",
    ),
    "o_deployment": ("Folder with deployment.yaml.", "含 deployment.yaml 的文件夹。"),
    "o_case": ("Only this case.", "只看这个案件。"),
    "o_out": ("Write to this file.", "写入此文件。"),
    "o_limit": ("At most this many rows on screen.", "屏幕上最多显示的行数。"),
}
