"""Serving the feed and the workbench."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "serve": ("Serve the candidate feed or the analysts' workbench.", "启动候选数据接口或分析师工作台。"),
    "serve_metrics": (
        "The state of the deployment at /metrics for Prometheus; beyond this machine with a token.",
        "在 /metrics 以 Prometheus 格式提供部署状态；对外须用令牌。",
    ),
    "serve_feed": ("The API that case systems consume.", "供案件系统使用的接口。"),
    "serve_workbench": (
        "The web application in which analysts inspect candidates.",
        "分析师查看候选联系方式的网页应用。",
    ),
    "o_add_account": ("Make an account (asks for its password) and end.", "新建账号（会询问密码）后退出。"),
    "o_role": ("Role of the account.", "账号角色。"),
    "o_allow_host": ("Host name of a proxy in front; repeat for more.", "前置代理的主机名；可重复。"),
    "o_cert": ("TLS certificate, where no proxy speaks TLS.", "TLS 证书（无代理时）。"),
    "o_key": ("Its key.", "证书私钥。"),
    "o_workers": ("Processes that answer; one fills one core.", "应答进程数；每个进程占用一个核心。"),
    "o_demo": ("Make one account a role and print their passwords once.", "为每个角色建立一个账号，并一次性打印密码。"),
}
