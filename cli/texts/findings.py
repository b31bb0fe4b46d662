"""What `skiptrace doctor` says: for each code the finding and its remedy, in English and Chinese."""

from __future__ import annotations

from typing import NamedTuple

from cli.messages import language


class Text(NamedTuple):
    """``remedy`` is empty where nothing is to be done."""

    said: str
    remedy: str = ""


TEXTS: dict[str, tuple[Text, Text]] = {
    "config_ok": (Text("{about} is complete: {sources} sources"), Text("{about} 完整：{sources} 个数据源")),
    "config_wrong": (
        Text(
            "the deployment cannot be read: {said}",
            "correct that key on that line; docs/reference/deployment.md lists all",
        ),
        Text("部署文件无法读取：{said}", "更正该行的该项；全部配置项见 docs/reference/deployment.md"),
    ),
    "config_writable": (
        Text("{about} can be changed by every user of this machine", "chmod o-w {about}"),
        Text("{about} 可被本机任何用户修改", "chmod o-w {about}"),
    ),
    "secret_in_file": (
        Text(
            "{about} holds the store's password",
            "write store: ${{SKIPTRACE_STORE}} and set that variable from a secret",
        ),
        Text("{about} 中写有存储库密码", "改写为 store: ${{SKIPTRACE_STORE}}，由密钥管理设置该变量"),
    ),
    "versions_ok": (
        Text("skiptrace {found}, and every package as declared"),
        Text("skiptrace {found}，依赖包均符合声明"),
    ),
    "package_missing": (
        Text("the package {about} ({wanted}) is not installed", "pip install --require-hashes -r requirements.lock"),
        Text("缺少依赖包 {about}（{wanted}）", "pip install --require-hashes -r requirements.lock"),
    ),
    "package_old": (
        Text("{about} is {found}, {wanted} is needed", "pip install --require-hashes -r requirements.lock"),
        Text("{about} 为 {found}，需要 {wanted}", "pip install --require-hashes -r requirements.lock"),
    ),
    "keys_ok": (Text("the key ring {about} opens what is stored"), Text("密钥环 {about} 能打开已存数据")),
    "keys_not_yet": (Text("the key ring {about} is made by the first run"), Text("密钥环 {about} 将由首次运行生成")),
    "keys_lost": (
        Text(
            "the key ring {about} is gone, and the store holds values sealed with it",
            "restore {about} from its own backup before anything runs; a new ring cannot open them",
        ),
        Text(
            "密钥环 {about} 丢失，而存储库中有用它加密的数据",
            "在任何运行之前从备份恢复 {about}；新密钥环无法打开这些数据",
        ),
    ),
    "keys_open": (
        Text(
            "the key ring {about} is open to other users (mode {mode})", "chmod 600 {about}; then skiptrace keys rotate"
        ),
        Text("密钥环 {about} 对其他用户开放（权限 {mode}）", "chmod 600 {about}；随后 skiptrace keys rotate"),
    ),
    "keys_unusable": (
        Text("the key ring {about} cannot be used: {said}", "set the master that `keys` names, or restore {about}"),
        Text("密钥环 {about} 无法使用：{said}", "设置 keys 所指的主密钥，或恢复 {about}"),
    ),
    "keys_unreachable": (
        Text("who wraps the keys does not answer: {said}", "check keys.url or keys.command, its network and its login"),
        Text("密钥服务无应答：{said}", "检查 keys.url 或 keys.command 及其网络与登录"),
    ),
    "keys_other": (
        Text(
            "the key ring {about} does not open what is stored: it belongs to another store",
            "restore the ring and the store of one moment",
        ),
        Text("密钥环 {about} 打不开已存数据：两者不属同一部署", "恢复同一时刻的密钥环与存储库"),
    ),
    "store_ok": (
        Text("the store is sound: schema {found}, {size} MB"),
        Text("存储库完好：结构版本 {found}，{size} MB"),
    ),
    "store_not_yet": (Text("the store is made by the first run"), Text("存储库将由首次运行建立")),
    "store_url": (
        Text("{said}", "use sqlite:///state/skiptrace.db or postgresql+psycopg://user@host/database"),
        Text("{said}", "使用 sqlite:///state/skiptrace.db 或 postgresql+psycopg://user@host/database"),
    ),
    "store_unreachable": (
        Text(
            "{said}", "start the database server; check host, port, login and pg_hba.conf, or end what holds the lock"
        ),
        Text("无法连接存储库：{said}", "启动数据库服务；检查主机、端口、登录与 pg_hba.conf，或结束持锁进程"),
    ),
    "store_unreadable": (
        Text("{said}", "check the file's owner, mode and disk; if it is damaged, restore the last backup"),
        Text("存储库无法读取：{said}", "检查文件的属主、权限与磁盘；若已损坏，恢复最近的备份"),
    ),
    "store_damaged": (
        Text(
            "the store is damaged ({said})",
            "stop every process of this deployment, then restore the last backup",
        ),
        Text("存储库已损坏（{said}）", "停止本部署所有进程，再恢复最近的备份"),
    ),
    "store_newer": (
        Text(
            "the store was made by a newer version (schema {found}, here {newest})",
            "upgrade skiptrace, or restore the backup made before that upgrade",
        ),
        Text("存储库由更新的版本建立（结构 {found}，本机 {newest}）", "升级 skiptrace，或恢复升级前的备份"),
    ),
    "store_behind": (
        Text(
            "the store has schema {found}; opening it brings it to {newest}",
            "make a backup first, then run anything",
        ),
        Text("存储库结构为 {found}；打开后将升至 {newest}", "先做备份，再执行任意命令"),
    ),
    "store_superuser": (
        Text(
            "the store's login is a superuser of the database server",
            "make a role that owns this database only: docs/howto/production.md",
        ),
        Text("存储库登录为数据库超级用户", "改用仅拥有本库的角色：docs/howto/production.md"),
    ),
    "store_server_old": (
        Text("the database server is older than PostgreSQL 13", "upgrade the server: this version gets no more fixes"),
        Text("数据库服务器低于 PostgreSQL 13", "升级服务器：该版本已停止维护"),
    ),
    "store_open_line": (
        Text(
            "the line to the database server is not encrypted",
            "add ?sslmode=verify-full&sslrootcert=FILE to the store's URL: docs/howto/production.md",
        ),
        Text(
            "与数据库服务器的连接未加密",
            "在存储库 URL 中加入 ?sslmode=verify-full&sslrootcert=文件：docs/howto/production.md",
        ),
    ),
    "store_rights": (
        Text(
            "the store's login may not do all it has to: {about} is refused, and {others} more",
            "let it own the tables, or grant what is missing: docs/howto/production.md",
        ),
        Text(
            "存储库登录缺少权限：{about} 及另外 {others} 项",
            "使其成为表的属主，或授予所缺权限：docs/howto/production.md",
        ),
    ),
    "store_standing": (
        Text(
            "session {about} of the database has kept a transaction open since {since} and does nothing",
            "find out whose it is; end it with SELECT pg_terminate_backend({about})",
        ),
        Text(
            "数据库会话 {about} 自 {since} 起事务未结束且空闲", "查明归属；用 SELECT pg_terminate_backend({about}) 结束"
        ),
    ),
    "store_locked": (
        Text(
            "another process holds the store's lock and does not let go",
            "ask again; if it stays, find the process with fuser on the store's file and end it",
        ),
        Text("另一进程占用存储库锁且未释放", "稍后再查；若仍如此，用 fuser 找出占用存储库文件的进程并结束"),
    ),
    "run_killed": (
        Text(
            "run {about} is under way since {since}, but nobody holds its lease: it was killed",
            "start the same run again; it goes on where it was",
        ),
        Text("运行 {about} 自 {since} 起未结束，且无人持有其租约：已被中止", "重新执行同一运行，将从中断处继续"),
    ),
    "run_long": (
        Text(
            "{about} is under way since {since} ({holder}), longer than a night",
            "look at its log; if it stands still, end that process: its lease ends with it",
        ),
        Text("{about} 自 {since} 起进行中（{holder}），已超过一夜", "查看其日志；若已停滞，结束该进程，租约随之失效"),
    ),
    "folders_ok": (Text("folders can be written, by their owner only"), Text("各目录可写，且仅属主可访问")),
    "folder_unwritable": (
        Text(
            "{about} cannot be written: {said}",
            "make it a folder owned by the account that runs skiptrace, mode 0700, on a writable disk",
        ),
        Text("{about} 无法写入：{said}", "使其成为运行账户所有的目录（0700），并位于可写磁盘"),
    ),
    "stage_unreachable": (
        Text(
            "the stage's bucket: {said}",
            "check stage in deployment.yaml, the login in the environment, and that this machine reaches the storage",
        ),
        Text("中转区存储桶：{said}", "检查 deployment.yaml 的 stage、环境中的凭据，以及本机能否访问该存储"),
    ),
    "open_to_others": (
        Text("{about} is open to other users (mode {mode})", "chmod {wanted} {about}"),
        Text("{about} 对其他用户开放（权限 {mode}）", "chmod {wanted} {about}"),
    ),
    "disk_ok": (Text("there is room for a run"), Text("磁盘空间足够一次运行")),
    "disk_low": (
        Text("{about}: {free} MB free", "free at least {need} MB, or move `stage` and `store` to another disk"),
        Text("{about}：仅余 {free} MB", "至少腾出 {need} MB，或将 stage 与 store 移至其他磁盘"),
    ),
    "disk_small": (
        Text(
            "{about}: {free} MB free, a run may need {need} MB",
            "free {need} MB, or move `stage` and `store` to another disk",
        ),
        Text("{about}：余 {free} MB，一次运行可能需要 {need} MB", "腾出 {need} MB，或将 stage 与 store 移至其他磁盘"),
    ),
    "clock_ok": (Text("the clock says {now}"), Text("系统时间 {now}")),
    "clock_behind": (
        Text(
            "the clock says {now}, but the audit chain was written at {last}",
            "set the clock (chrony, NTP) before the next run: consents are judged by it",
        ),
        Text("系统时间为 {now}，而审计链最近写于 {last}", "在下次运行前校准时钟（chrony、NTP）：同意按此时间判定"),
    ),
    "clock_skew": (
        Text("this machine's clock and the database server's differ by {seconds} s", "synchronise both (chrony, NTP)"),
        Text("本机与数据库服务器时钟相差 {seconds} 秒", "两端均校时（chrony、NTP）"),
    ),
    "assessment_ok": (
        Text("impact assessment {about} is valid until {until}"),
        Text("影响评估 {about} 有效期至 {until}"),
    ),
    "assessment_expired": (
        Text(
            "impact assessment {about} is not valid now ({until}): no run starts",
            "have it renewed, then write its id and valid_until into deployment.yaml",
        ),
        Text(
            "影响评估 {about} 当前无效（{until}）：不会启动运行", "完成更新后将 id 与 valid_until 写入 deployment.yaml"
        ),
    ),
    "assessment_expiring": (
        Text("impact assessment {about} ends on {until}", "have it renewed before that day: afterwards no run starts"),
        Text("影响评估 {about} 将于 {until} 到期", "请在该日前更新：逾期不会启动运行"),
    ),
    "purpose_unknown": (
        Text("the policy pack knows no purpose {about}: no run starts", "use one of: {known}"),
        Text("策略包中没有目的 {about}：不会启动运行", "使用其一：{known}"),
    ),
    "calendar_ok": (Text("working days are known"), Text("工作日历已知")),
    "calendar_ended": (
        Text(
            "the calendar of working days ended with {year}: due dates are early and provisional",
            "upgrade the package {about}",
        ),
        Text("工作日历止于 {year} 年：期限暂按偏早计算", "升级依赖包 {about}"),
    ),
    "calendar_ending": (
        Text(
            "the calendar of working days ends with {year}",
            "upgrade the package {about} when next year's is published (usually in November)",
        ),
        Text("工作日历将止于 {year} 年", "待次年安排公布（通常在 11 月）后升级依赖包 {about}"),
    ),
    "source_ok": (Text("{about}: {check}: {said}"), Text("{about}：{check}：{said}")),
    "source_wrong": (
        Text(
            "{about}: {check}: {said}",
            "correct its entry in deployment.yaml, or its delivery; then skiptrace sources check",
        ),
        Text("{about}：{check}：{said}", "更正 deployment.yaml 中该数据源，或其交付；再执行 skiptrace sources check"),
    ),
    "source_doubtful": (
        Text(
            "{about}: {check}: {said}",
            "ask whoever delivers it; skiptrace quarantine list -d DIR names rows and fields after a run",
        ),
        Text("{about}：{check}：{said}", "向交付方核实；运行后 skiptrace quarantine list -d DIR 列出行与字段"),
    ),
}


def text(code: str, about: str, facts: dict[str, str | int]) -> Text:
    """What is said of a finding and what is to be done, in the language of the session."""
    english, chinese = TEXTS[code]
    chosen = chinese if language() == "zh" else english
    return Text(*(part.format(about=about, **facts) for part in chosen))
