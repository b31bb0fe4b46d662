"""`skiptrace store`: the schema of the store and who may do what in it, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.exits import told
from cli.messages import t

store_app = typer.Typer(help=t("store"), no_args_is_help=True)
DeploymentOption = Annotated[Path, typer.Option("--deployment", "-d", help=t("o_deployment"))]


def register(app: typer.Typer) -> None:
    """Mount these commands."""
    app.add_typer(store_app, name="store")


@store_app.command("grants", help=t("store_grants"), epilog="skiptrace store grants -d DIR > grants.sql")
def grants(
    deployment: DeploymentOption,
    apply: Annotated[bool, typer.Option("--apply", help=t("o_apply_grants"))] = False,
) -> None:
    from pipeline import upkeep
    from pipeline.site import open_site

    with told():
        site = open_site(deployment)
        if apply:
            upkeep.grant(site)
    for role, lines in upkeep.grants().items():
        print(t("granted_to", role=role) if apply else "\n".join(f"{line};" for line in lines))


@store_app.command("migrate", help=t("store_migrate"), epilog="skiptrace store migrate -d DIR --to 0300")
def migrate(
    deployment: DeploymentOption,
    to: Annotated[str, typer.Option("--to", help=t("o_schema"))] = "head",
    drop_rows: Annotated[bool, typer.Option("--drop-rows", help=t("o_drop_rows"))] = False,
) -> None:
    from cli.main import actor
    from pipeline import upkeep
    from pipeline.site import open_site

    with told():
        done = upkeep.migrate(open_site(deployment), to=to, may_drop=drop_rows, actor=actor())
    print(t("migrated", before=done.before or "-", after=done.after or "-"))
