"""``python -m feed --deployment DIR``: the feed under uvicorn. TLS belongs to the proxy in front of it, or to --cert and --key."""

from __future__ import annotations

import argparse

import uvicorn

from feed.app import create_app
from pipeline.site import open_site


def serve(
    deployment: str, *, host: str = "127.0.0.1", port: int = 8400, cert: str | None = None, key: str | None = None
) -> None:
    """Serve until told to stop. No access log: paths hold case ids, and the metrics count."""
    app = create_app(open_site(deployment))
    uvicorn.run(
        app,
        host=host,
        port=port,
        access_log=False,
        server_header=False,
        ssl_certfile=cert,
        ssl_keyfile=key,
        log_level="warning",
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m feed", description="Serve the feed of a deployment.")
    parser.add_argument("--deployment", "-d", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8400)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    given = parser.parse_args()
    serve(given.deployment, host=given.host, port=given.port, cert=given.cert, key=given.key)


if __name__ == "__main__":
    main()
