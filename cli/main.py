"""The `skiptrace` command. Each command loads only the rooms it needs, so that `--help` answers at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import case_commands, doctor, feed_commands, learning, monitoring, privacy_commands, serving, store_commands
from cli.exits import Exit, told
from cli.messages import t
from cli.opened import DeploymentOption, actor, opened
from core import machine

if TYPE_CHECKING:
    from pipeline.inspect import SetAside

machine.prefer_quick_sorts()
app = typer.Typer(help=t("app"), no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")
sources_app = typer.Typer(help=t("sources"), no_args_is_help=True)
quarantine_app = typer.Typer(help=t("quarantine"), no_args_is_help=True)
audit_app = typer.Typer(help=t("audit"), no_args_is_help=True)
app.add_typer(sources_app, name="sources")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(audit_app, name="audit")
doctor.register(app)
monitoring.register(app)
learning.register(app)
privacy_commands.register(app, audit_app)
case_commands.register(app)
serving.register(app)
feed_commands.register(app)
store_commands.register(app)

AsOf = Annotated[str | None, typer.Option("--as-of", help=t("o_as_of"))]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=t("o_quiet"))]
Limit = Annotated[int, typer.Option("--limit", min=1, help=t("o_limit"))]


class Format(StrEnum):
    """How candidates are written."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class ReportFormat(StrEnum):
    """How a run report is shown."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("expected YYYY-MM-DD", param_hint="--as-of") from None


@app.command(help=t("run"), epilog="skiptrace run --deployment examples/portfolio --as-of 2026-11-01")
def run(deployment: DeploymentOption, as_of: AsOf = None, quiet: Quiet = False) -> None:
    from cli import screen
    from pipeline.run import Run, interval_of
    from pipeline.walk import walk

    day = _day(as_of)
    with opened(deployment) as site, screen.progress(quiet=quiet) as progress:
        report = walk(Run(site, interval_of(day), actor=actor(), progress=progress))
    _show(report)


@app.command(help=t("backfill"), epilog="skiptrace backfill -d DIR --from 2026-09-01 --to 2026-10-01")
def backfill(
    deployment: DeploymentOption,
    start: Annotated[str, typer.Option("--from", help=t("o_read_from"))],
    end: Annotated[str, typer.Option("--to", help=t("o_to"))],
    quiet: Quiet = False,
) -> None:
    from datetime import time

    from cli import screen
    from core.types import Interval
    from pipeline import backfill as older
    from pipeline.walk import walk

    first, last = (datetime.combine(_day(text), time(), UTC) for text in (start, end))
    with opened(deployment) as site, screen.progress(quiet=quiet) as progress:
        report = walk(older.run_of(site, Interval(first, last), actor=actor(), progress=progress))
    _show(report)


def _show(report: dict[str, Any]) -> None:
    """What came of a run; not all done where a source failed."""
    from cli import screen

    screen.report(report)
    if report["failed_sources"]:
        raise typer.Exit(Exit.INCOMPLETE)


@app.command(help=t("candidates"), epilog="skiptrace candidates -d DIR --case C1 --format jsonl --out c1.jsonl")
def candidates(
    deployment: DeploymentOption,
    case: Annotated[str | None, typer.Option("--case", help=t("o_case"))] = None,
    form: Annotated[Format, typer.Option("--format", "-f", help=t("o_format"))] = Format.TABLE,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=t("o_out"))] = None,
    reveal: Annotated[bool, typer.Option("--reveal", help=t("o_reveal"))] = False,
    reason: Annotated[str | None, typer.Option("--reason", help=t("o_reason"))] = None,
    limit: Limit = 40,
) -> None:
    from cli import export, screen
    from pipeline import serve

    if reveal and not reason:
        raise typer.BadParameter("--reveal needs --reason", param_hint="--reason")
    if form is Format.PARQUET and out is None:
        raise typer.BadParameter("parquet needs --out", param_hint="--out")
    if form is Format.TABLE and out is not None:
        raise typer.BadParameter("a file is csv, jsonl or parquet", param_hint="--format")
    with opened(deployment) as site:
        rows = serve.candidates(site, case_id=case, actor=actor(), reveal_reason=reason if reveal else None)
        if form is Format.TABLE:
            screen.candidates(rows, limit=limit)
            return
        export.write(rows, form.value, out)
    if out is not None:
        screen.errors.print(t("written", n=rows.num_rows, file=str(out)))


@app.command(help=t("report"), epilog="skiptrace report -d DIR --format html --out report.html")
def report(
    deployment: DeploymentOption,
    run_key: Annotated[str | None, typer.Option("--run", help=t("o_run"))] = None,
    form: Annotated[ReportFormat, typer.Option("--format", "-f")] = ReportFormat.TEXT,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=t("o_out"))] = None,
    share: Annotated[bool, typer.Option("--share", help=t("o_share"))] = False,
) -> None:
    import json

    from cli import screen
    from cli.messages import language
    from pipeline import shared
    from pipeline.report import page, stored

    if form is ReportFormat.TEXT and out is not None:
        raise typer.BadParameter("a file is json or html", param_hint="--format")
    with opened(deployment) as site:
        found = stored(site, run_key)
    if found is None:
        screen.errors.print(t("no_run"))
        raise typer.Exit(Exit.STOPPED)
    k = site.deployment.min_cell
    if share:
        found = shared.report_json(found, k) if form is ReportFormat.JSON else shared.report(found, k)
    if form is ReportFormat.TEXT:
        screen.report(found)
        return
    text = (
        json.dumps(found, ensure_ascii=False, indent=1) if form is ReportFormat.JSON else page(found, lang=language())
    )
    if out is None:
        print(text)
        return
    out.write_text(text, encoding="utf-8")
    key = "page_written" if form is ReportFormat.HTML else "file_written"
    screen.errors.print(t(key, file=str(out)))


@sources_app.command("check", help=t("sources_check"), epilog="skiptrace sources check -d examples/portfolio")
def sources_check(deployment: DeploymentOption) -> None:
    from cli import screen
    from pipeline.sources import check_all

    with opened(deployment) as site:
        findings = check_all(site)
    worst = 0
    for f in findings:
        colour = {"ok": "green", "warning": "yellow", "error": "red"}[f.level]
        screen.console.print(f"[{colour}]{f.level:8}[/] {f.source:20} {f.check:10} {f.message}", highlight=False)
        worst = max(worst, Exit.INCOMPLETE if f.level == "error" else Exit.DONE)
    raise typer.Exit(worst)


@sources_app.command("accept", help=t("sources_accept"), epilog="skiptrace sources accept -d examples/portfolio shop")
def sources_accept(deployment: DeploymentOption, names: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    from cli import screen
    from pipeline import drift

    with opened(deployment) as site:
        files = drift.accept(site, names or None)
    for file in files:
        screen.console.print(t("file_written", file=str(file)), highlight=False)


@sources_app.command("infer", help=t("sources_infer"), epilog="skiptrace sources infer exports/orders.csv")
def sources_infer(file: Annotated[Path, typer.Argument()]) -> None:
    from pipeline.sources import draft

    with told():
        print(draft(file))


@app.command(help=t("quality"), epilog="skiptrace quality -d DIR --out quality.html")
def quality(
    deployment: DeploymentOption,
    out: Annotated[Path, typer.Option("--out", "-o", help=t("o_out"))],
) -> None:
    from cli import screen
    from cli.messages import language
    from pipeline.quality import page

    with opened(deployment) as site:
        out.write_text(page(site, lang=language()), encoding="utf-8")
    screen.errors.print(t("page_written", file=str(out)))


@quarantine_app.command("list", help=t("quarantine_list"))
def quarantine_list(
    deployment: DeploymentOption,
    source: Annotated[str | None, typer.Option("--source")] = None,
    limit: Limit = 40,
) -> None:
    from cli import screen

    with opened(deployment) as site:
        rows = site.store.quarantine_list(source=source, status="open")
    for r in rows.slice(0, limit).to_pylist():
        where = f"row {r['row']}" if r["row"] is not None else r["record_id"]
        screen.console.print(f"{r['source']:20} {where:12} {r['field'] or ''}: {r['reason']}", highlight=False)
    if rows.num_rows > limit:
        screen.console.print(t("more", n=rows.num_rows - limit))


@quarantine_app.command("replay", help=t("quarantine_replay"))
def quarantine_replay(
    deployment: DeploymentOption, source: Annotated[str | None, typer.Option("--source")] = None, as_of: AsOf = None
) -> None:
    from cli import screen
    from pipeline.quarantine import replay
    from pipeline.run import Run, interval_of

    with opened(deployment) as site:
        result = replay(Run(site, interval_of(_day(as_of)), actor=actor()), source)
    screen.console.print(t("replayed", n=result.tried, ok=result.clean, bad=result.tried - result.clean))


@audit_app.command("verify", help=t("audit_verify"))
def audit_verify(deployment: DeploymentOption) -> None:
    from cli import screen

    with opened(deployment) as site:
        verdict = site.store.verify_audit()
    if verdict.is_intact:
        screen.console.print(t("audit_ok", n=verdict.checked))
        return
    screen.errors.print(t("audit_bad", seq=verdict.broken_at, why=verdict.problem))
    raise typer.Exit(Exit.STOPPED)


@app.command(help=t("sample"), epilog="skiptrace sample --out demo && skiptrace run -d demo --as-of 2026-11-01")
def sample(
    out: Annotated[Path, typer.Option("--out", "-o", help=t("o_out"))],
    world: Annotated[str, typer.Option("--world")] = "demo",
    debtors: Annotated[int, typer.Option("--debtors", min=1)] = 2000,
    seed: Annotated[int, typer.Option("--seed")] = 20261101,
) -> None:
    from cli import screen
    from pipeline.sample import write_sample

    with told():
        write_sample(out, world=world, debtors=debtors, seed=seed)
    screen.errors.print(t("sample_written", folder=str(out)))


@app.command(help=t("link"), epilog="skiptrace link a.parquet b.parquet --spec spec.yaml --out pairs.parquet")
def link(
    left: Annotated[Path, typer.Argument()],
    right: Annotated[Path, typer.Argument()],
    spec: Annotated[Path | None, typer.Option("--spec", help=t("o_spec"))] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=t("o_out"))] = None,
    model: Annotated[Path | None, typer.Option("--model", help=t("o_model"))] = None,
    stats: Annotated[Path | None, typer.Option("--stats", help=t("o_stats"))] = None,
    labels: Annotated[Path | None, typer.Option("--labels", help=t("o_labels"))] = None,
    charts: Annotated[Path | None, typer.Option("--charts", help=t("o_charts"))] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help=t("o_evidence"))] = False,
    explain: Annotated[tuple[str, str] | None, typer.Option("--explain", help=t("o_explain"))] = None,
    propose: Annotated[bool, typer.Option("--propose", help=t("o_propose"))] = False,
) -> None:
    import json

    from cli.messages import language
    from pipeline import link as tool

    with told():
        if propose:
            drafted = tool.draft_spec(left, right, lang=language())
            if out is None:
                print(drafted, end="")
            else:
                out.write_text(drafted, encoding="utf-8")
        elif explain is not None:
            print(tool.explain_pair(left, right, explain, spec=spec, model=model, charts=charts, lang=language()))
        elif out is None:
            raise typer.BadParameter("give --out, --explain or --propose", param_hint="--out")
        else:
            found = tool.link_files(
                left,
                right,
                spec=spec,
                out=out,
                model=model,
                stats=stats,
                labels=labels,
                charts=charts,
                evidence=evidence,
                lang=language(),
            )
            print(json.dumps(found))


@app.command(help=t("address"), epilog="skiptrace address orders.csv --column 收货地址 --out parts.jsonl")
def address(
    file: Annotated[Path, typer.Argument()],
    column: Annotated[str, typer.Option("--column")],
    out: Annotated[Path, typer.Option("--out", "-o", help=t("o_out"))],
    country: Annotated[str, typer.Option("--country")] = "CN",
) -> None:
    from cli import export
    from pipeline import inspect

    with told():
        aside: list[inspect.SetAside] = []
        rows = export.write_lines(inspect.addresses(file, column, aside, country), out)
    _written(rows, out, aside)


@app.command(help=t("text"), epilog="skiptrace text notes.csv --column text --out found.jsonl")
def text(
    file: Annotated[Path, typer.Argument()],
    column: Annotated[str, typer.Option("--column")],
    out: Annotated[Path, typer.Option("--out", "-o", help=t("o_out"))],
    subject: Annotated[str | None, typer.Option("--subject", help=t("o_subject"))] = None,
) -> None:
    from cli import export
    from pipeline import inspect

    with told():
        aside: list[inspect.SetAside] = []
        rows = export.write_lines(inspect.texts(file, column, aside, subject), out)
    _written(rows, out, aside)


def _written(rows: int, out: Path, aside: Sequence[SetAside]) -> None:
    from cli import screen

    screen.written(rows, str(out), [(a.file, a.row, a.reason) for a in aside])
    if aside:
        raise typer.Exit(Exit.INCOMPLETE)


def main() -> None:
    """Entry point of the `skiptrace` script."""
    machine.end_at_once()
    app()


if __name__ == "__main__":
    main()
