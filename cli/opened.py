"""What most commands begin with and end in: which deployment and case, the deployment opened, who asks, a row as one line of JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.exits import told
from cli.messages import t

if TYPE_CHECKING:
    from pipeline.site import Site

DeploymentOption = Annotated[Path, typer.Option("--deployment", "-d", help=t("o_deployment"))]
CaseOption = Annotated[str, typer.Option("--case", help=t("o_case"))]


@contextmanager
def opened(deployment: Path) -> Iterator[Site]:
    """The site of this folder; errors of ours become one line and an exit code."""
    from pipeline.site import open_site

    with told():
        yield open_site(deployment)


def actor() -> str:
    """Who is asking, for the audit chain: SKIPTRACE_ACTOR, else the account this runs under."""
    return os.environ.get("SKIPTRACE_ACTOR") or f"user:{os.environ.get('USER', 'unknown')}"


def print_json(row: Any) -> None:
    """A row as one line."""
    print(json.dumps(row, ensure_ascii=False, default=str))
