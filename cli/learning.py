"""`skiptrace evaluate` and `skiptrace learn`: how good the ranking is, and how outcomes make it better."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.messages import t
from cli.opened import DeploymentOption, actor, opened

learn_app = typer.Typer(help=t("learn"), no_args_is_help=True)


def evaluate(
    deployment: DeploymentOption,
    truth: Annotated[Path, typer.Option("--truth", help=t("o_truth"))],
    baselines: Annotated[bool, typer.Option("--baselines", help=t("o_baselines"))] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=t("o_out"))] = None,
    page: Annotated[Path | None, typer.Option("--page", help=t("o_page"))] = None,
) -> None:
    from cli import screen
    from cli.messages import language
    from pipeline import evaluate as verb
    from pipeline import shared

    with opened(deployment) as site:
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
    if page is not None:
        verb.draw(found, page, language())


@learn_app.command("propose", help=t("learn_propose"), epilog="skiptrace learn propose -d DIR --outcomes attempts.csv")
def propose(
    deployment: DeploymentOption,
    outcomes: Annotated[Path | None, typer.Option("--outcomes", help=t("o_outcomes"))] = None,
) -> None:
    from datetime import UTC, datetime

    from cli import screen
    from pipeline import learn as verb

    with opened(deployment) as site:
        learned, path = verb.propose(site, outcomes, as_of=datetime.now(UTC), actor=actor())
    screen.frame(learned.report, title=t("before_after"))
    screen.frame(learned.scorecard, title=t("scorecard"))
    screen.frame(learned.drift, title=t("drift"))
    for reason, n in learned.ignored.items():
        screen.console.print(f"{reason}: {n}")
    if path is None:
        screen.errors.print(t("nothing_to_learn"))
        return
    screen.errors.print(t("proposed", version=learned.params.version))


@learn_app.command("models", help=t("learn_models"), epilog="skiptrace learn models -d DIR")
def models(deployment: DeploymentOption) -> None:
    import pandas as pd

    from cli import screen
    from pipeline import learn as verb

    with opened(deployment) as site:
        found, done = verb.models(site), verb.history(site)
    rows = [{"version": m.version, "in_force": m.is_in_force, "from": m.provenance.get("from", "")} for m in found]
    screen.frame(pd.DataFrame(rows), title=t("models"))
    if done:
        screen.frame(pd.DataFrame([vars(p) for p in done]), title=t("promotions"))


@learn_app.command("compare", help=t("learn_compare"), epilog="skiptrace learn compare -d DIR VERSION")
def compare(deployment: DeploymentOption, version: Annotated[str, typer.Argument(help=t("o_version"))]) -> None:
    import pandas as pd

    from cli import screen
    from pipeline import learn as verb

    with opened(deployment) as site:
        changes, measured = verb.compare(site, version), verb.report_of(site, version)
    screen.frame(pd.DataFrame([vars(c) for c in changes], columns=["name", "before", "after"]), title=t("changes"))
    for name, title in (("report", "before_after"), ("scorecard", "scorecard"), ("drift", "drift")):
        if measured.get(name):
            screen.frame(pd.DataFrame(measured[name]), title=t(title))


@learn_app.command("promote", help=t("learn_promote"), epilog="skiptrace learn promote -d DIR VERSION --reason '…'")
def promote(
    deployment: DeploymentOption,
    version: Annotated[str, typer.Argument(help=t("o_version"))],
    reason: Annotated[str, typer.Option("--reason", help=t("o_why_model"))],
) -> None:
    from cli import screen
    from pipeline import learn as verb

    with opened(deployment) as site:
        model = verb.promote(site, version, actor=actor(), reason=reason)
    screen.errors.print(t("promoted", version=model.version))


@learn_app.command("rollback", help=t("learn_rollback"), epilog="skiptrace learn rollback -d DIR --reason '…'")
def rollback(
    deployment: DeploymentOption, reason: Annotated[str, typer.Option("--reason", help=t("o_why_model"))]
) -> None:
    from cli import screen
    from pipeline import learn as verb

    with opened(deployment) as site:
        model = verb.rollback(site, actor=actor(), reason=reason)
    screen.errors.print(t("promoted", version=model.version))


def register(app: Any) -> None:
    """Put these commands under the root."""
    app.command("evaluate", help=t("evaluate"), epilog="skiptrace evaluate -d .demo --truth .demo/truth/current.csv")(
        evaluate
    )
    app.add_typer(learn_app, name="learn")
