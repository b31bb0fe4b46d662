"""`skiptrace feed`: who may read the feed, and getting it to systems that cannot poll."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from cli.exits import Exit
from cli.messages import t
from cli.opened import DeploymentOption, actor, opened

feed_app = typer.Typer(help=t("feed"), no_args_is_help=True)
ClientOption = Annotated[str, typer.Option("--client", help=t("o_client"))]


def register(app: typer.Typer) -> None:
    """Mount these commands."""
    app.add_typer(feed_app, name="feed")


@feed_app.command(
    "grant",
    help=t("feed_grant"),
    epilog="skiptrace feed grant case-system -d DIR --scope deltas:read --scope outcomes:write",
)
def grant(
    deployment: DeploymentOption,
    client: Annotated[str, typer.Argument(help=t("o_client"))],
    scope: Annotated[list[str], typer.Option("--scope", help=t("o_feed_scope"))],
    portfolio: Annotated[list[str] | None, typer.Option("--portfolio", help=t("o_portfolio"))] = None,
    rate: Annotated[int, typer.Option("--rate", min=1, help=t("o_rate"))] = 600,
) -> None:
    from cli import screen
    from pipeline import feed_clients

    with opened(deployment) as site:
        key = feed_clients.create(
            site, client, scopes=scope, portfolios=portfolio or None, rate_per_minute=rate, actor=actor()
        )
    screen.errors.print(t("key_once", purpose=site.deployment.purpose))
    print(key)


@feed_app.command("clients", help=t("feed_clients"), epilog="skiptrace feed clients -d DIR")
def clients(deployment: DeploymentOption) -> None:
    from cli import screen
    from pipeline import feed_clients

    with opened(deployment) as site:
        rows = feed_clients.listed(site)
    for row in rows:
        portfolios = t("every_portfolio") if row["portfolios"] is None else ", ".join(row["portfolios"])
        state = t("revoked_at", at=f"{row['revoked_at']:%Y-%m-%d %H:%M}") if row["revoked_at"] else t("in_use")
        screen.console.print(
            f"{row['client_id']}: {state}; {', '.join(row['scopes'])}; {portfolios}; {row['rate_per_minute']}/min"
        )


@feed_app.command("revoke", help=t("feed_revoke"), epilog="skiptrace feed revoke case-system -d DIR")
def revoke(deployment: DeploymentOption, client: Annotated[str, typer.Argument(help=t("o_client"))]) -> None:
    from cli import screen
    from pipeline import feed_clients

    with opened(deployment) as site:
        was_there = feed_clients.revoke(site, client, actor=actor())
    screen.errors.print(t("revoked") if was_there else t("no_such_client"))
    if not was_there:
        raise typer.Exit(Exit.USAGE)


@feed_app.command(
    "webhook",
    help=t("feed_webhook"),
    epilog="skiptrace feed webhook cases -d DIR --client case-system --url https://case.example/hook",
)
def webhook(
    deployment: DeploymentOption,
    name: Annotated[str, typer.Argument(help=t("o_webhook"))],
    client: ClientOption,
    url: Annotated[str, typer.Option("--url", help=t("o_url"))],
    after: Annotated[int, typer.Option("--after", min=0, help=t("o_after"))] = 0,
) -> None:
    from cli import screen
    from pipeline import feed_clients, feed_delivery
    from pipeline.services.feed import Feed

    with opened(deployment) as site:
        secret = feed_delivery.add_webhook(Feed(site), name, url, feed_clients.reader(site, client), after=after)
    screen.errors.print(t("secret_once"))
    print(secret)


@feed_app.command("webhooks", help=t("feed_webhooks"), epilog="skiptrace feed webhooks -d DIR")
def webhooks(deployment: DeploymentOption) -> None:
    from cli import screen
    from pipeline import feed_delivery
    from pipeline.services.feed import Feed

    with opened(deployment) as site:
        feed = Feed(site)
        rows, head = feed_delivery.webhooks(feed), feed.head()
    for row in rows:
        stands = t(
            "hook_stands", after=row["after_seq"], head=head, failed=row["attempts"], status=row["last_status"] or "–"
        )
        screen.console.print(f"{row['webhook_id']} ({row['client_id']}) {row['url']}: {stands}")


@feed_app.command("deliver", help=t("feed_deliver"), epilog="skiptrace feed deliver -d DIR --every 5")
def deliver(
    deployment: DeploymentOption,
    every: Annotated[float | None, typer.Option("--every", min=0.1, help=t("o_every"))] = None,
) -> None:
    from cli import screen
    from pipeline import feed_delivery
    from pipeline.services.feed import Feed

    with opened(deployment) as site:
        feed, post = Feed(site), feed_delivery.post_over_https()
        while True:
            done = feed_delivery.deliver(feed, post)
            if every is None or done.pages or done.failed:
                screen.errors.print(t("delivered", deltas=done.deltas, pages=done.pages, failed=done.failed))
            if every is None:
                break
            time.sleep(every)
    if done.failed:
        raise typer.Exit(Exit.INCOMPLETE)


@feed_app.command(
    "drop",
    help=t("feed_drop"),
    epilog="skiptrace feed drop -d DIR --client case-system --out drops --encrypt-to case.pem",
)
def drop(
    deployment: DeploymentOption,
    client: ClientOption,
    out: Annotated[Path, typer.Option("--out", "-o", help=t("o_drop"))],
    encrypt_to: Annotated[list[Path] | None, typer.Option("--encrypt-to", help=t("o_encrypt_to"))] = None,
) -> None:
    from cli import screen
    from pipeline import feed_clients, feed_drop, feed_envelope
    from pipeline.services.feed import Feed

    with opened(deployment) as site:
        feed = Feed(site)
        recipients = [feed_envelope.recipient(file.read_bytes(), feed.clock()) for file in encrypt_to or ()]
        manifest = feed_drop.drop(feed, out, feed_clients.reader(site, client), encrypt_to=recipients)
    folder = out / f"{manifest['seq']:012d}"
    screen.errors.print(t("dropped", n=next(iter(manifest["files"].values()))["rows"], seq=manifest["seq"]))
    print(folder)
