"""`skiptrace evaluate` and `skiptrace learn`: how good the ranking is, and how outcomes make it better."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.exits import told
from cli.messages import t

DeploymentOption = Annotated[Path, typer.Option("--deployment", "-d", help=t("o_deployment"))]
learn_app = typer.Typer(help=t("learn"), no_args_is_help=True)


def evaluate(
    deployment: DeploymentOption,
    truth: Annotated[Path, typer.Option("--truth", help=t("o_truth"))],
    baselines: Annotated[bool, typer.Option("--baselines", help=t("o_baselines"))] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=t("o_out"))] = None,
) -> None:
    from cli import screen
    from cli.main import actor
    from pipeline import evaluate as verb
    from pipeline import shared
    from pipeline.site import open_site

    with told():
        site = open_site(deployment)
        beside = {name: truth.with_name(f"{name}.csv") for name in ("third_party_phones", "ceiling")}
        found = verb.evaluate(
            site,
            truth,
            third_parties=beside["third_party_phones"] if beside["third_party_phones"].is_file() else None,
            ceiling=beside["ceiling"] if beside["ceiling"].is_file() else None,
            with_baselines=baselines,
            actor=actor(),
        )
    found = shared.evaluation(found, site.deployment.min_cell)
    screen.frame(found.metrics, title=t("metrics"))
    screen.frame(found.reliability, title=t("reliability"))
    if out is not None:
        found.metrics.to_csv(out, index=False)
        screen.errors.print(t("written", n=len(found.metrics), file=str(out)))


@learn_app.command("propose", help=t("learn_propose"), epilog="skiptrace learn propose -d DIR --outcomes attempts.csv")
def propose(
    deployment: DeploymentOption, outcomes: Annotated[Path, typer.Option("--outcomes", help=t("o_outcomes"))]
) -> None:
    from datetime import UTC, datetime

    from cli import screen
    from cli.main import actor
    from pipeline import learn as verb
    from pipeline.site import open_site

    with told():
        learned, path = verb.propose(open_site(deployment), outcomes, as_of=datetime.now(UTC), actor=actor())
    screen.frame(learned.report, title=t("before_after"))
    screen.frame(learned.scorecard, title=t("scorecard"))
    for reason, n in learned.ignored.items():
        screen.console.print(f"{reason}: {n}")
    screen.errors.print(t("proposed", file=str(path)))


@learn_app.command(
    "promote", help=t("learn_promote"), epilog="skiptrace learn promote -d DIR state/models/ranking-….json"
)
def promote(deployment: DeploymentOption, proposal: Annotated[Path, typer.Argument()]) -> None:
    from cli import screen
    from pipeline import learn as verb
    from pipeline.site import open_site

    with told():
        path = verb.promote(open_site(deployment), proposal)
    screen.errors.print(t("promoted", file=str(path)))


def register(app: Any) -> None:
    """Put these commands under the root."""
    app.command("evaluate", help=t("evaluate"), epilog="skiptrace evaluate -d .demo --truth .demo/truth/current.csv")(
        evaluate
    )
    app.add_typer(learn_app, name="learn")
