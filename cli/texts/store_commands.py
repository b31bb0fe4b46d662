"""The store, by hand."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "store": ("The store: its schema and who may do what in it, by hand.", "存储库：手工管理其结构与权限。"),
    "store_migrate": (
        "Bring the store to this version's schema, or with --to to an older one. A way down that would lose rows is refused.",
        "将存储库升级到本版本的结构，或用 --to 退回旧结构；若退回会丢失数据行则拒绝执行。",
    ),
    "store_grants": (
        "Print the SQL that gives the feed, the workbench and the pipeline roles of their own in PostgreSQL, or apply it.",
        "打印为推送接口、工作台与流程各建 PostgreSQL 角色并授权的 SQL，或直接执行。",
    ),
    "granted_to": ("{role} has its rights", "{role} 已授权"),
    "store_backup": (
        "Write an encrypted backup of the store, while everything goes on. Keys and tombstones are not in it.",
        "写出存储库的加密备份，其余照常运行；备份不含密钥与遗忘记录。",
    ),
    "store_restore": (
        "Put a backup in place of the store. What was forgotten since is forgotten again before anybody can read.",
        "用备份恢复存储库；备份之后已撤回或删除的内容会在任何人可读之前再次删除。",
    ),
    "backed_up": ("{folder}: {mb} MB, under key {key_id}", "{folder}：{mb} MB，密钥 {key_id}"),
    "backup_whole": ("Whole, and opens: made at {at}, schema {schema}", "完整且可打开：备份于 {at}，结构 {schema}"),
    "restored": (
        "The store is as of {at}; {n} withdrawals, closings and corrections since were done again ({candidates} candidates)",
        "存储库已恢复至 {at}；其后的 {n} 项撤回、结案与更正已重新执行（{candidates} 个候选）",
    ),
    "migrated": ("Schema {before} → {after}", "结构 {before} → {after}"),
    "o_apply_grants": ("Do it, as the login of the deployment (its owner).", "以部署所用登录（所有者）直接执行。"),
    "o_backup_out": ("A new folder for this backup.", "本次备份的新文件夹。"),
    "o_backup": ("The folder of a backup.", "备份所在文件夹。"),
    "o_replace": ("There is a store already: replace it.", "已有存储库：予以替换。"),
    "o_check_backup": ("Only see whether it is whole and opens.", "仅检查备份是否完整并可打开。"),
    "o_schema": ("The schema to go to; without: this version's.", "目标结构版本；缺省为本版本。"),
    "o_drop_rows": (
        "Go down although tables with rows in them go: take a backup first.",
        "即使会删除含数据的表也退回；请先备份。",
    ),
}
