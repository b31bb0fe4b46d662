"""`skiptrace serve`: the feed and the workbench are programs of their own (entry points never import each other); metrics."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.messages import t
from cli.opened import DeploymentOption

serve_app = typer.Typer(help=t("serve"), no_args_is_help=True)
Host = Annotated[str, typer.Option("--host")]


def register(app: typer.Typer) -> None:
    """Mount these commands."""
    app.add_typer(serve_app, name="serve")


@serve_app.command("feed", help=t("serve_feed"), epilog="skiptrace serve feed -d DIR --port 8400")
def feed(
    deployment: DeploymentOption,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option("--port")] = 8400,
    workers: Annotated[int, typer.Option("--workers", min=1, help=t("o_workers"))] = 1,
    cert: Annotated[Path | None, typer.Option("--cert", help=t("o_cert"))] = None,
    key: Annotated[Path | None, typer.Option("--key", help=t("o_key"))] = None,
) -> None:
    where = ["--host", host, "--port", str(port), "--workers", str(workers)]
    where += [*(["--cert", str(cert)] if cert else []), *(["--key", str(key)] if key else [])]
    _become("feed", "--deployment", str(deployment), *where)


@serve_app.command("workbench", help=t("serve_workbench"), epilog="skiptrace serve workbench -d DIR --demo")
def workbench(
    deployment: DeploymentOption,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option("--port")] = 8090,
    demo: Annotated[bool, typer.Option("--demo", help=t("o_demo"))] = False,
    allow_host: Annotated[list[str] | None, typer.Option("--allow-host", help=t("o_allow_host"))] = None,
    add_account: Annotated[str | None, typer.Option("--add-account", help=t("o_add_account"))] = None,
    role: Annotated[str | None, typer.Option("--role", help=t("o_role"))] = None,
) -> None:
    more = ["--demo"] if demo else []
    more += [part for name in allow_host or () for part in ("--allow-host", name)]
    more += ["--add-account", add_account] if add_account else []
    more += ["--role", role] if role else []
    _become("workbench", "--deployment", str(deployment), "--host", host, "--port", str(port), *more)


@serve_app.command("metrics", help=t("serve_metrics"), epilog="skiptrace serve metrics -d DIR --port 9464")
def metrics(
    deployment: DeploymentOption,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option("--port")] = 9464,
    cert: Annotated[Path | None, typer.Option("--cert", help=t("o_cert"))] = None,
    key: Annotated[Path | None, typer.Option("--key", help=t("o_key"))] = None,
) -> None:
    from cli.exits import told
    from cli.metrics_server import serve, token_for
    from pipeline.site import open_site

    with told():
        token = token_for(host, os.environ)
        site = open_site(deployment)
        site.store.last_run()  # a store that is not there, or refuses, is told now
        serve(site, host=host, port=port, token=token, cert=str(cert) if cert else None, key=str(key) if key else None)


def _become(module: str, *arguments: str) -> None:
    sys.argv = [f"skiptrace serve {module}", *arguments]
    runpy.run_module(module, run_name="__main__")
