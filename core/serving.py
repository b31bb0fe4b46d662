"""How every server of ours answers: what the feed, the workbench and the metrics say to uvicorn alike."""

from __future__ import annotations

from typing import Any


def uvicorn_options(*, host: str, port: int, cert: str | None = None, key: str | None = None) -> dict[str, Any]:
    """No access log: paths hold case ids, and who read what is in the audit chain. TLS where a certificate is given."""
    return {
        "host": host,
        "port": port,
        "ssl_certfile": cert,
        "ssl_keyfile": key,
        "access_log": False,
        "server_header": False,
        "log_level": "warning",
    }
