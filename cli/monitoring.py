"""`skiptrace metrics`: the state of a deployment for Prometheus."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.messages import t
from cli.opened import DeploymentOption, opened


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command(
        "metrics", help=t("run_metrics"), epilog="skiptrace metrics -d DIR --out /var/lib/node_exporter/skiptrace.prom"
    )(metrics)


def metrics(
    deployment: DeploymentOption,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=t("o_out"))] = None,
) -> None:
    from pipeline.metrics import text

    with opened(deployment) as site:
        found = text(site)
        if out is None:
            print(found, end="")
            return
        half = out.with_name(f".{out.name}.{os.getpid()}")  # a collector reads whole files only: *.prom, not this one
        half.write_text(found, encoding="utf-8")
        half.chmod(0o644)  # counts only, and the collector is another user
        half.replace(out)
