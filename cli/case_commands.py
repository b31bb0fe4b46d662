"""`skiptrace cases`: where cases stand, what may come next, asking and approving, complaints, files, refusals, wording."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.exits import Exit
from cli.messages import language, t
from cli.opened import CaseOption, DeploymentOption, actor, opened, print_json

cases_app = typer.Typer(help=t("cases"), no_args_is_help=True)
Ref = Annotated[str | None, typer.Option("--ref", help=t("o_ref"))]


class LifeName(StrEnum):
    """Where a case stands."""

    CONTACTING = "contacting"
    LOST = "lost"
    TRACING = "tracing"
    CLOSED = "closed"
    ARCHIVED = "archived"


class ActionName(StrEnum):
    """What a person asks for and another approves."""

    TRACE = "trace"
    RELAY = "relay"
    VISIT = "visit"
    LAWYER_LETTER = "lawyer_letter"
    ENTRUST = "entrust"
    EVIDENCE = "evidence"
    VOICE_BOT = "voice_bot"
    MESSAGING = "messaging"
    VOLUNTEERED = "volunteered"
    HIGH_RISK = "high_risk"
    LETTER = "letter"


class AudienceName(StrEnum):
    """To whom a text goes."""

    DEBTOR = "debtor"
    UNVERIFIED = "unverified"
    THIRD_PARTY = "third_party"


class Outcome(StrEnum):
    """What the second person says."""

    APPROVED = "approved"
    DECLINED = "declined"


ActionOption = Annotated[ActionName, typer.Option("--action", help=t("o_action"))]


def register(app: typer.Typer) -> None:
    """Mount these commands."""
    app.add_typer(cases_app, name="cases")


@cases_app.command("list", help=t("cases_list"), epilog="skiptrace cases list -d DIR --life lost")
def cases_list(
    deployment: DeploymentOption,
    life: Annotated[LifeName | None, typer.Option("--life", help=t("o_life"))] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help=t("o_limit"))] = 40,
) -> None:
    with _cases(deployment) as cases:
        for row in cases.listed(life=None if life is None else life.value, limit=limit):
            print_json({k: v for k, v in row.items() if v is not None})


@cases_app.command("show", help=t("cases_show"), epilog="skiptrace cases show -d DIR --case C1")
def cases_show(deployment: DeploymentOption, case: CaseOption) -> None:
    with _cases(deployment) as cases:
        print(json.dumps(cases.view(case, actor()).as_dict(), ensure_ascii=False, indent=1, default=str))


@cases_app.command(
    "record", help=t("cases_record"), epilog="skiptrace cases record -d DIR --case C1 promise --until 2026-12-01"
)
def cases_record(
    deployment: DeploymentOption,
    case: CaseOption,
    kind: Annotated[str, typer.Argument(help=t("o_event_kind"))],
    code: Annotated[str | None, typer.Option("--code", help=t("o_event_code"))] = None,
    point: Annotated[str | None, typer.Option("--point", help=t("o_point"))] = None,
    channel: Annotated[str | None, typer.Option("--channel", help=t("o_case_channel"))] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help=t("o_until"))] = None,
    amount: Annotated[float | None, typer.Option("--amount", help=t("o_amount"))] = None,
    badge: Annotated[list[str] | None, typer.Option("--badge", help=t("o_badge"))] = None,
    ref: Ref = None,
) -> None:
    from pipeline.services.cases import EventKind, Told

    if kind not in set(EventKind):
        raise typer.BadParameter(t("not_an_event", kinds=", ".join(EventKind)), param_hint="KIND")
    event = Told(
        EventKind(kind), code=code, point_id=point, channel=channel, amount=amount, agents=tuple(badge or ()), ref=ref,
        until=None if until is None else datetime.combine(until.date(), time(23, 59, 59), UTC),
    )  # fmt: skip
    with _cases(deployment) as cases:
        print(t("case_recorded", event=cases.tell(case, event, actor())))


@cases_app.command("request", help=t("cases_request"), epilog="skiptrace cases request -d DIR --case C1 --action visit")
def cases_request(deployment: DeploymentOption, case: CaseOption, action: ActionOption, ref: Ref = None) -> None:
    from pipeline.services.cases import Action

    with _cases(deployment) as cases:
        print(t("case_recorded", event=cases.ask(case, Action(action.value), actor(), ref=ref)))


@cases_app.command(
    "approve",
    help=t("cases_approve"),
    epilog="SKIPTRACE_ACTOR=user:b skiptrace cases approve -d DIR --case C1 --action trace",
)
def cases_approve(
    deployment: DeploymentOption,
    case: CaseOption,
    action: ActionOption,
    decline: Annotated[bool, typer.Option("--decline", help=t("o_decline"))] = False,
) -> None:
    from pipeline.services.cases import Action

    with _cases(deployment) as cases:
        settle = cases.decline if decline else cases.approve
        print(t("case_recorded", event=settle(case, Action(action.value), actor())))


@cases_app.command("waiting", help=t("cases_waiting"))
def cases_waiting(deployment: DeploymentOption) -> None:
    with _cases(deployment) as cases:
        for row in cases.waiting():
            print_json(row)


@cases_app.command("close", help=t("cases_close"), epilog="skiptrace cases close -d DIR --case C1 --reason paid")
def cases_close(
    deployment: DeploymentOption,
    case: CaseOption,
    reason: Annotated[str, typer.Option("--reason", help=t("o_close_reason"))],
) -> None:
    from pipeline.closure import Reason

    if reason not in {"paid", "agreement", "legal"}:
        raise typer.BadParameter("paid, agreement, legal", param_hint="--reason")
    with _cases(deployment) as cases:
        print(t("case_recorded", event=cases.close(case, Reason(reason), actor())))


@cases_app.command(
    "complain", help=t("cases_complain"), epilog="skiptrace cases complain -d DIR --case C1 --code too_often"
)
def cases_complain(
    deployment: DeploymentOption,
    case: CaseOption,
    code: Annotated[str, typer.Option("--code", help=t("o_complaint"))] = "other",
) -> None:
    from pipeline import rights
    from pipeline.services.cases import ComplaintCode

    if code not in set(ComplaintCode):
        raise typer.BadParameter(", ".join(ComplaintCode), param_hint="--code")
    with _cases(deployment) as cases:
        cases.view(case, actor())
        print_json(rights.receive(cases.site, "complaint", case, actor=actor(), code=code))


@cases_app.command("file", help=t("cases_file"), epilog="skiptrace cases file -d DIR --case C1 recording --sha256 HASH")
def cases_file(
    deployment: DeploymentOption,
    case: CaseOption,
    artefact: Annotated[str, typer.Argument(help=t("o_artefact"))],
    sha256: Annotated[str, typer.Option("--sha256", help=t("o_sha256"))],
    ref: Ref = None,
    place: Annotated[str | None, typer.Option("--place", help=t("o_place"))] = None,
    people: Annotated[bool, typer.Option("--people", help=t("o_people"))] = False,
) -> None:
    from pipeline.services.cases import Artefact

    if artefact not in set(Artefact):
        raise typer.BadParameter(", ".join(Artefact), param_hint="ARTEFACT")
    with _cases(deployment) as cases:
        entry = cases.file(case, Artefact(artefact), sha256, actor(), ref=ref, place_class=place, has_people=people)
        print(t("case_recorded", event=entry))


@cases_app.command("unfile", help=t("cases_unfile"))
def cases_unfile(
    deployment: DeploymentOption, case: CaseOption, entry: Annotated[str, typer.Argument(help=t("o_entry"))]
) -> None:
    with _cases(deployment) as cases:
        cases.unfile(case, entry, actor())


@cases_app.command("overdue", help=t("cases_overdue"))
def cases_overdue(deployment: DeploymentOption) -> None:
    with _cases(deployment) as cases:
        rows = cases.overdue()
    for row in rows:
        print_json(row)
    raise typer.Exit(Exit.INCOMPLETE if rows else Exit.DONE)


@cases_app.command("improve", help=t("cases_improve"), epilog="skiptrace cases improve -d DIR --propose")
def cases_improve(
    deployment: DeploymentOption,
    propose: Annotated[bool, typer.Option("--propose", help=t("o_propose_change"))] = False,
) -> None:
    from dataclasses import asdict

    from pipeline.services.improving import Improvements

    with _cases(deployment) as cases:
        improvements = Improvements(cases.site)
        for found in improvements.suggestions():
            made = {"id": improvements.propose(found, actor())} if propose else {}
            print_json(made | asdict(found))


@cases_app.command(
    "changes", help=t("cases_changes"), epilog="skiptrace cases changes -d DIR --settle X1 --as approved"
)
def cases_changes(
    deployment: DeploymentOption,
    settle: Annotated[str | None, typer.Option("--settle", help=t("o_settle"))] = None,
    as_: Annotated[Outcome, typer.Option("--as", help=t("o_settle_as"))] = Outcome.APPROVED,
) -> None:
    from pipeline.services.improving import Improvements

    with _cases(deployment) as cases:
        improvements = Improvements(cases.site)
        if settle is not None:
            improvements.settle(settle, as_.value, actor())
        for row in improvements.proposed():
            print_json(row)


@cases_app.command("may", help=t("cases_may"), epilog='skiptrace cases may -d DIR "查看朋友圈定位"')
def cases_may(deployment: DeploymentOption, step: Annotated[str, typer.Argument(help=t("o_step"))]) -> None:
    with _cases(deployment) as cases:
        answer = cases.refuse(step, actor())
    if answer is None:
        print(t("step_not_refused"))
        return
    lang = language()
    print(f"{t('denied')}: {', '.join(answer['rule_ids'])}  {answer['text'][lang]}  [{answer['citation']}]")
    print(f"{t('instead')}: {answer['substitute'][lang]}")
    raise typer.Exit(Exit.INCOMPLETE)


@cases_app.command("lint", help=t("cases_lint"), epilog='skiptrace cases lint "..." --to unverified')
def cases_lint(
    text: Annotated[str, typer.Argument(help=t("o_text"))],
    to: Annotated[AudienceName, typer.Option("--to", help=t("o_audience"))] = AudienceName.UNVERIFIED,
) -> None:
    from pipeline.services.cases import lint

    found = lint(sys.stdin.read() if text == "-" else text, to.value, language())
    for row in found:
        print(f"{row['rule_id']}  {row['text']}  [{row['ref']}]")
    if not found:
        print(t("lint_clean"))
    raise typer.Exit(Exit.INCOMPLETE if found else Exit.DONE)


@contextmanager
def _cases(deployment: Path) -> Iterator[Any]:
    """The casework of this deployment; a rule that stands against what is asked is one line, and exit code 3."""
    from pipeline.services.cases import Cases, NoCase, Stopped

    with opened(deployment) as site:
        try:
            yield Cases(site)
        except NoCase:
            raise typer.BadParameter(t("no_case"), param_hint="--case") from None
        except Stopped as e:
            rule, lang = e.rule, language()
            print(f"{t('denied')}: {rule.id}  {rule.text.of(lang)}  [{rule.ref}]", file=sys.stderr)
            if rule.substitute is not None:
                print(f"{t('instead')}: {rule.substitute.of(lang)}", file=sys.stderr)
            raise typer.Exit(Exit.INCOMPLETE) from None
