"""`skiptrace serve`: the feed and the workbench are programs of their own (entry points never import each other)."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.messages import t

serve_app = typer.Typer(help=t("serve"), no_args_is_help=True)
DeploymentOption = Annotated[Path, typer.Option("--deployment", "-d", help=t("o_deployment"))]
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
) -> None:
    where = ("--host", host, "--port", str(port), "--workers", str(workers))
    _become("feed", "--deployment", str(deployment), *where)


@serve_app.command("workbench", help=t("serve_workbench"), epilog="skiptrace serve workbench -d DIR --demo")
def workbench(
    deployment: DeploymentOption,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option("--port")] = 8090,
    demo: Annotated[bool, typer.Option("--demo", help=t("o_demo"))] = False,
) -> None:
    _become(
        "workbench", "--deployment", str(deployment), "--host", host, "--port", str(port), *(["--demo"] if demo else [])
    )


def _become(module: str, *arguments: str) -> None:
    sys.argv = [f"skiptrace serve {module}", *arguments]
    runpy.run_module(module, run_name="__main__")
