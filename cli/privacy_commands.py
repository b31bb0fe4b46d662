"""Commands for persons' rights and for keys: withdraw, case, rights, keys, retention, policy, and the audit of a case."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.exits import Exit, told
from cli.messages import language, t
from cli.opened import CaseOption, DeploymentOption, actor, opened, print_json

case_app = typer.Typer(help=t("case"), no_args_is_help=True)
rights_app = typer.Typer(help=t("rights"), no_args_is_help=True)
keys_app = typer.Typer(help=t("keys"), no_args_is_help=True)
retention_app = typer.Typer(help=t("retention"), no_args_is_help=True)
policy_app = typer.Typer(help=t("policy"), no_args_is_help=True)


class CloseReason(StrEnum):
    """Why a case ends."""

    PAID = "paid"
    AGREEMENT = "agreement"
    LEGAL = "legal"


class KeyProvider(StrEnum):
    """Where a key ring's master was before."""

    FILE = "file"
    ENV = "env"


class RequestKind(StrEnum):
    """What a person may ask for."""

    ACCESS = "access"
    CORRECTION = "correction"
    DELETION = "deletion"
    EXPLANATION = "explanation"
    OBJECTION = "objection"
    COMPLAINT = "complaint"


def register(app: typer.Typer, audit_app: typer.Typer) -> None:
    """Mount these commands."""
    app.command("withdraw", help=t("withdraw"), epilog="skiptrace withdraw -d DIR --case C1 --scope delivery_address")(
        withdraw
    )
    for name, group in (
        ("case", case_app),
        ("rights", rights_app),
        ("keys", keys_app),
        ("retention", retention_app),
        ("policy", policy_app),
    ):
        app.add_typer(group, name=name)
    audit_app.command("log", help=t("audit_log"))(audit_log)
    audit_app.command("bundle", help=t("audit_bundle"))(audit_bundle)


def withdraw(
    deployment: DeploymentOption,
    case: Annotated[str | None, typer.Option("--case", help=t("o_case"))] = None,
    customer: Annotated[str | None, typer.Option("--customer", help=t("o_customer"))] = None,
    file: Annotated[Path | None, typer.Option("--file", help=t("o_withdrawals"), exists=True, dir_okay=False)] = None,
    scope: Annotated[list[str] | None, typer.Option("--scope", help=t("o_scope"))] = None,
) -> None:
    from pipeline import withdraw as verb

    if sum(v is not None for v in (case, customer, file)) != 1:
        raise typer.BadParameter(t("one_of", names="--case, --customer, --file"))
    with opened(deployment) as site:
        if file is not None:
            done = verb.from_file(site, file, actor=actor())
        else:
            done = verb.withdraw(site, case_id=case, customer_no=customer, scopes=scope or None, actor=actor())
    _told(done)


@case_app.command("close", help=t("case_close"))
def case_close(
    deployment: DeploymentOption,
    case: CaseOption,
    reason: Annotated[CloseReason, typer.Option("--reason", help=t("o_close_reason"))],
) -> None:
    from pipeline import closure

    with opened(deployment) as site:
        done = closure.close(site, [case], closure.Reason(reason.value), actor=actor())
    _told(done)


@case_app.command("hold", help=t("case_hold"))
def case_hold(
    deployment: DeploymentOption, case: CaseOption, reason: Annotated[str, typer.Option("--reason", help=t("o_hold"))]
) -> None:
    from pipeline import retention

    with opened(deployment) as site:
        retention.hold(site, case, reason=reason, actor=actor())


@case_app.command("release", help=t("case_release"))
def case_release(deployment: DeploymentOption, case: CaseOption) -> None:
    from pipeline import retention

    with opened(deployment) as site:
        retention.release(site, case, actor=actor())


@rights_app.command("receive", help=t("rights_receive"))
def rights_receive(
    deployment: DeploymentOption,
    case: CaseOption,
    kind: Annotated[RequestKind, typer.Option("--kind", help=t("o_request_kind"))],
) -> None:
    from pipeline import rights

    with opened(deployment) as site:
        row = rights.receive(site, kind.value, case, actor=actor())
    print_json(row)


@rights_app.command("due", help=t("rights_due"))
def rights_due(deployment: DeploymentOption) -> None:
    from pipeline import rights

    now = datetime.now(UTC)
    with opened(deployment) as site:
        rows = rights.queue(site).to_pylist()
    for row in rows:
        print_json(row | {"overdue": row["due_at"] < now})


@rights_app.command("ask-again", help=t("rights_ask_again"))
def rights_ask_again(deployment: DeploymentOption, case: CaseOption) -> None:
    from pipeline import rights

    with opened(deployment) as site:
        may, since = rights.may_ask_again(site, case)
    print_json({"case_id": case, "may_ask": may, "not_before": since})
    raise typer.Exit(Exit.DONE if may else Exit.INCOMPLETE)


@rights_app.command("answer", help=t("rights_answer"))
def rights_answer(deployment: DeploymentOption, request: Annotated[str, typer.Argument()]) -> None:
    from pipeline import rights

    with opened(deployment) as site:
        is_closed = rights.answer(site, request, actor=actor())
    if not is_closed:
        raise typer.BadParameter(t("no_request"))


@rights_app.command("export", help=t("rights_export"))
def rights_export(
    deployment: DeploymentOption, case: CaseOption, out: Annotated[Path, typer.Option("--out", "-o", help=t("o_out"))]
) -> None:
    from pipeline import rights

    with opened(deployment) as site:
        found = rights.export(site, case, actor=actor())
        with os.fdopen(os.open(out, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(found, file, ensure_ascii=False, indent=1, default=str)
    print(t("written", n=len(found["contacts"]), file=str(out)))


@rights_app.command("explain", help=t("rights_explain"))
def rights_explain(deployment: DeploymentOption, case: CaseOption) -> None:
    from pipeline import rights

    with opened(deployment) as site:
        for row in rights.explain(site, case, actor=actor()):
            print_json(row)


@rights_app.command("correct", help=t("rights_correct"))
def rights_correct(
    deployment: DeploymentOption, case: CaseOption, candidate: Annotated[str, typer.Option("--candidate")]
) -> None:
    from pipeline import rights

    with opened(deployment) as site:
        done = rights.correct(site, case, candidate, actor=actor())
    _told(done)


@rights_app.command("delete", help=t("rights_delete"))
def rights_delete(deployment: DeploymentOption, case: CaseOption) -> None:
    from pipeline import rights

    with opened(deployment) as site:
        done = rights.delete(site, case, actor=actor())
    _told(done)


@rights_app.command("object", help=t("rights_object"))
def rights_object(deployment: DeploymentOption, case: CaseOption) -> None:
    from pipeline import rights

    with opened(deployment) as site:
        done = rights.object_to(site, case, actor=actor())
    _told(done)


@keys_app.command("rotate", help=t("keys_rotate"))
def keys_rotate(
    deployment: DeploymentOption, retire: Annotated[bool, typer.Option("--retire", help=t("o_retire"))] = False
) -> None:
    from pipeline.rotate import rotate

    with opened(deployment) as site:
        done = rotate(site, actor=actor(), retire=retire)
    print(t("rotated", key_id=done.key_id, n=done.resealed, retired=", ".join(done.retired) or "-"))


@keys_app.command("rewrap", help=t("keys_rewrap"))
def keys_rewrap(
    deployment: DeploymentOption,
    before: Annotated[KeyProvider, typer.Option("--from", help=t("o_provider_before"))],
    prefix: Annotated[str, typer.Option("--from-prefix", help=t("o_from_prefix"))] = "SKIPTRACE_KEY",
) -> None:
    from core.deployment import Keys
    from pipeline.rotate import rewrap

    with opened(deployment) as site:
        keys = Keys(provider=before.value, path=site.deployment.keys.path, prefix=prefix)
        key_id = rewrap(site, keys, actor=actor())
    print(t("rewrapped", key_id=key_id, provider=site.deployment.keys.provider))


@retention_app.command("purge", help=t("retention_purge"))
def retention_purge(deployment: DeploymentOption) -> None:
    from pipeline import retention

    with opened(deployment) as site:
        counts = retention.purge(site, actor=actor())
    print_json(counts)


@policy_app.command(
    "explain",
    help=t("policy_explain"),
    epilog="skiptrace policy explain -j us --channel voice --zone America/New_York --at 2026-11-01T07:30-05:00",
)
def policy_explain(
    kind: Annotated[str | None, typer.Option("--kind", help=t("o_kind"))] = None,
    scope: Annotated[list[str] | None, typer.Option("--scope", help=t("o_scope_asked"))] = None,
    jurisdiction: Annotated[str, typer.Option("--jurisdiction", "-j", help=t("o_jurisdiction"))] = "cn",
    purpose: Annotated[str, typer.Option("--purpose", help=t("o_purpose"))] = "post_loan_contact",
    observed: Annotated[str | None, typer.Option("--observed", help=t("o_day"))] = None,
    granted: Annotated[str | None, typer.Option("--granted", help=t("o_day"))] = None,
    expires: Annotated[str | None, typer.Option("--expires", help=t("o_day"))] = None,
    withdrawn: Annotated[str | None, typer.Option("--withdrawn", help=t("o_day"))] = None,
    at: Annotated[str | None, typer.Option("--at", help=t("o_day"))] = None,
    case_status: Annotated[str | None, typer.Option("--case-status")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help=t("o_channel"))] = None,
    zone: Annotated[list[str] | None, typer.Option("--zone", help=t("o_zone"))] = None,
    party: Annotated[str, typer.Option("--party", help=t("o_party"))] = "debtor",
    fact: Annotated[list[str] | None, typer.Option("--fact", help=t("o_fact"))] = None,
    contacted: Annotated[list[str] | None, typer.Option("--contacted", help=t("o_contacted"))] = None,
    never_contacted: Annotated[bool, typer.Option("--never-contacted", help=t("o_never_contacted"))] = False,
    lost_since: Annotated[str | None, typer.Option("--lost-since", help=t("o_day"))] = None,
) -> None:
    from pipeline.explain import explain, explain_contact

    if (kind is None) == (channel is None):
        raise typer.BadParameter(t("one_of", names="--kind, --channel"))
    if kind is not None and not scope:
        raise typer.BadParameter(t("one_of", names="--scope"), param_hint="--scope")
    now = _moment("--at", at) or datetime.now(UTC)
    with told():
        if channel is not None:
            past = _contacts(contacted or []) if contacted or never_contacted else None
            answer = explain_contact(
                jurisdiction, channel, at=now, party=party, zones=tuple(zone or ()), facts=_facts(fact or []),
                contacts=past, lost_since=_moment("--lost-since", lost_since), lang=language(),
            )  # fmt: skip
        else:
            answer = explain(
                jurisdiction, kind or "", tuple(scope or ()), purpose=purpose, at=now,
                observed_at=_moment("--observed", observed), granted_at=_moment("--granted", granted),
                expires_at=_moment("--expires", expires), withdrawn_at=_moment("--withdrawn", withdrawn),
                case_status=case_status, lang=language(),
            )  # fmt: skip
    print(f"{t('allowed') if answer.allowed else t('denied')} ({answer.pack})")
    for rule_id, text, source in answer.rules:
        print(f"  {rule_id}  {text}  [{source}]")
    if channel is not None and not answer.allowed:
        when = answer.next_permitted_at
        print(f"  {t('next_permitted', at=when.isoformat()) if when else t('never_by_time')}")
    raise typer.Exit(Exit.DONE if answer.allowed else Exit.INCOMPLETE)


def _moment(option: str, text: str | None) -> datetime | None:
    """A day, or a time with or without its zone: UTC where none is said."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(t("not_a_time"), param_hint=option) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _facts(given: list[str]) -> dict[str, bool | int | float]:
    """``name=yes``, ``name=no`` or ``name=number``."""
    words: dict[str, bool | int | float] = {"yes": True, "no": False}
    out: dict[str, bool | int | float] = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            is_yes_or_no = name.startswith(("is_", "has_"))
            out[name] = words[value] if is_yes_or_no else float(value) if name == "balance" else int(value)
        except (KeyError, ValueError):
            raise typer.BadParameter(t("not_a_fact", name=name), param_hint="--fact") from None
    return out


def _contacts(given: list[str]) -> list[tuple[datetime, str, str]]:
    """``TIME,CHANNEL,OUTCOME``."""
    out = []
    for text in given:
        parts = text.split(",")
        when = _moment("--contacted", parts[0])
        if len(parts) != 3 or when is None:
            raise typer.BadParameter(t("not_a_contact"), param_hint="--contacted")
        out.append((when, parts[1], parts[2]))
    return out


def audit_log(deployment: DeploymentOption, case: CaseOption) -> None:
    from pipeline.audit import log

    with opened(deployment) as site:
        for event in log(site, case):
            print_json(event)


def audit_bundle(
    deployment: DeploymentOption, case: CaseOption, out: Annotated[Path, typer.Option("--out", "-o", help=t("o_out"))]
) -> None:
    from pipeline.audit import bundle

    with opened(deployment) as site:
        digest = bundle(site, case, out, actor=actor())
    print(f"{out}  sha256 {digest}")


def _told(done: Any) -> None:
    print(t("forgotten", n=done.candidates, kept=done.restricted, payloads=done.payloads))
    if not done.is_complete:
        print(t("forgetting_goes_on", due=f"{done.due_at:%Y-%m-%d}"))
