"""`skiptrace doctor`: what is wrong with a deployment, and what to do about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import Exit, told
from cli.messages import t
from cli.opened import DeploymentOption

if TYPE_CHECKING:
    from pipeline.doctor import Finding


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command("doctor", help=t("doctor"), epilog="skiptrace doctor -d DIR --json")(doctor)


def doctor(
    deployment: DeploymentOption,
    as_json: Annotated[bool, typer.Option("--json", help=t("o_json"))] = False,
    sources: Annotated[bool, typer.Option("--sources/--no-sources", help=t("o_doctor_sources"))] = True,
) -> None:
    from pipeline.doctor import examine

    with told():
        findings = examine(deployment, with_sources=sources)
    (_json if as_json else _show)(findings)
    raise typer.Exit(code_of(findings))


def code_of(findings: list[Finding]) -> Exit:
    """0 nothing is wrong (warnings may be) · 2 the deployment file · 1 no run would come through · 4 only something that does
    not answer now · 3 only single sources.
    """
    from pipeline.doctor import Code, is_of_one_source, is_passing

    wrong = {f.code for f in findings if f.level == "error"}
    if Code.CONFIG_WRONG in wrong:
        return Exit.USAGE
    if any(not is_passing(c) and not is_of_one_source(c) for c in wrong):
        return Exit.STOPPED
    if any(is_passing(c) for c in wrong):
        return Exit.TRY_AGAIN
    return Exit.INCOMPLETE if wrong else Exit.DONE


def _json(findings: list[Finding]) -> None:
    rows = []
    for f in findings:
        said, remedy = _text(f)
        row = {"area": f.area, "level": f.level, "code": f.code.value, "about": f.about, "facts": dict(f.facts)}
        rows.append(row | {"message": said, "remedy": remedy})
    print(json.dumps({"exit_code": int(code_of(findings)), "findings": rows}, ensure_ascii=False, indent=1))


def _show(findings: list[Finding]) -> None:
    from rich.markup import escape

    from cli import screen

    colours = {"ok": "green", "warning": "yellow", "error": "red"}
    for f in findings:
        said, remedy = _text(f)
        mark = f"[{colours[f.level]}]{t('level_' + f.level):8}[/]"
        screen.console.print(f"{mark} {t('area_' + f.area):14} {escape(said)}", highlight=False)
        if remedy:
            screen.console.print(f"{'':24}→ {escape(remedy)}", highlight=False)


def _text(f: Finding) -> tuple[str, str]:
    from cli.texts.findings import text

    return text(f.code.value, f.about, dict(f.facts))
