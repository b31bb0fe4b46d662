"""`skiptrace store`: backups of the store, its schema, and who may do what in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.messages import t
from cli.opened import DeploymentOption, actor, opened

store_app = typer.Typer(help=t("store"), no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Mount these commands."""
    app.add_typer(store_app, name="store")


@store_app.command("grants", help=t("store_grants"), epilog="skiptrace store grants -d DIR > grants.sql")
def grants(
    deployment: DeploymentOption,
    apply: Annotated[bool, typer.Option("--apply", help=t("o_apply_grants"))] = False,
) -> None:
    from pipeline import upkeep

    with opened(deployment) as site:
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
    from pipeline import upkeep

    with opened(deployment) as site:
        done = upkeep.migrate(site, to=to, may_drop=drop_rows, actor=actor())
    print(t("migrated", before=done.before or "-", after=done.after or "-"))


@store_app.command("backup", help=t("store_backup"), epilog="skiptrace store backup -d DIR --out /backups/2026-11-01")
def backup(
    deployment: DeploymentOption, out: Annotated[Path, typer.Option("--out", "-o", help=t("o_backup_out"))]
) -> None:
    from pipeline import backup as copies

    with opened(deployment) as site:
        made = copies.backup(site, out, actor=actor())
    print(t("backed_up", folder=str(out), mb=f"{made['bytes'] / 2**20:.1f}", key_id=made["key"]))


@store_app.command(
    "restore", help=t("store_restore"), epilog="skiptrace store restore /backups/2026-11-01 -d DIR --replace"
)
def restore(
    deployment: DeploymentOption,
    backup: Annotated[Path, typer.Argument(help=t("o_backup"))],
    replace: Annotated[bool, typer.Option("--replace", help=t("o_replace"))] = False,
    check: Annotated[bool, typer.Option("--check", help=t("o_check_backup"))] = False,
) -> None:
    from pipeline import backup as copies

    with opened(deployment) as site:
        if check:
            made = copies.verify(site, backup)
            print(t("backup_whole", at=made["made_at"], schema=made["schema"]))
            return
        done = copies.restore(site, backup, may_replace=replace, actor=actor())
    print(t("restored", at=f"{done.made_at:%Y-%m-%d %H:%M}Z", n=done.forgotten, candidates=done.candidates))
