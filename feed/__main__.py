"""``python -m feed --deployment DIR``: the feed under uvicorn. TLS belongs to the proxy in front of it, or to --cert and --key."""

from __future__ import annotations

import argparse
import os

import uvicorn
from fastapi import FastAPI

from core.serving import uvicorn_options
from feed.app import create_app
from pipeline.site import open_site

DEPLOYMENT = "SKIPTRACE_DEPLOYMENT"  # how a worker, which is a process of its own, hears what it serves


def serve(
    deployment: str,
    *,
    host: str = "127.0.0.1",
    port: int = 8400,
    workers: int = 1,
    cert: str | None = None,
    key: str | None = None,
) -> None:
    """Serve until told to stop. The metrics count what is asked.

    Each of several ``workers`` counts rates and metrics for itself.
    """
    os.environ[DEPLOYMENT] = deployment
    open_site(deployment).store.close()  # migrated, or refused, once and before any worker opens it
    options = uvicorn_options(host=host, port=port, cert=cert, key=key)
    uvicorn.run("feed.__main__:application", factory=True, workers=workers, **options)


def application() -> FastAPI:
    """The feed of the deployment that the environment names."""
    return create_app(open_site(os.environ[DEPLOYMENT]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m feed", description="Serve the feed of a deployment.")
    parser.add_argument("--deployment", "-d", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8400)
    parser.add_argument("--workers", type=int, default=1, help="processes that answer")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    given = parser.parse_args()
    serve(given.deployment, host=given.host, port=given.port, workers=given.workers, cert=given.cert, key=given.key)


if __name__ == "__main__":
    main()
