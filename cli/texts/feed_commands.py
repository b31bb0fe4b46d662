"""The feed's clients, webhooks and file drops."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
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
}
