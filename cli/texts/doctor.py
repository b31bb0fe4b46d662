"""The doctor: its command, areas and levels. What it finds is in ``findings``."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "doctor": (
        "Look for what is wrong with a deployment, or will be soon; each finding with its remedy. Changes nothing.",
        "检查部署存在或即将出现的问题，逐条给出处理办法；不作任何改动。",
    ),
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
    "o_json": ("As JSON, for a monitor.", "以 JSON 输出，供监控使用。"),
    "o_doctor_sources": ("Read the first rows of every source too.", "同时读取各数据源的前几行。"),
}
