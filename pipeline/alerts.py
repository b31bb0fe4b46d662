"""Alerts to the people who run a deployment: by webhook, by e-mail, or both; names, counts and codes, never a value.

Where they go is told by the environment (addresses of webhooks and mail servers hold secrets):

    SKIPTRACE_ALERT_WEBHOOK   https://…                       the alert as JSON, by POST
    SKIPTRACE_ALERT_EMAIL     ops@lender.example,risk@…       to whom
    SKIPTRACE_ALERT_SMTP      smtp[s]://user:password@host:port   smtp: STARTTLS where the server has it
    SKIPTRACE_ALERT_FROM      skiptrace@lender.example        the first of the receivers where it is not given

An alert that cannot be sent is logged by the kind of its error, and stops nothing.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from enum import StrEnum
from typing import TypedDict
from urllib.parse import unquote, urlsplit

import httpx

from core.errors import SkiptraceError

_LOG = logging.getLogger(__name__)
_SECONDS = 10
_LONGEST = 500


class What(StrEnum):
    """What an alert is about."""

    TASK_FAILED = "task_failed"
    RUN_FAILED = "run_failed"
    SOURCES_STOPPED = "sources_stopped"  # the run was published without them
    LATE = "deadline_missed"


class Alert(TypedDict):
    """The body of a webhook; ``text`` is the same for people."""

    what: str
    deployment: str
    run: str
    task: str
    sources: list[str]
    text: str


def alert(
    what: What, *, deployment: str, run: str = "", task: str = "", sources: list[str] | None = None, text: str = ""
) -> Alert:
    """An alert as it is sent."""
    return Alert(
        what=what.value, deployment=deployment, run=run, task=task, sources=sources or [], text=text[:_LONGEST]
    )


def of_error(error: BaseException | str | None) -> str:
    """What may be told of an error: our own messages hold no values; of any other the kind alone."""
    if isinstance(error, SkiptraceError):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__ if isinstance(error, BaseException) else ""


def send(given: Alert, environ: Mapping[str, str]) -> list[str]:
    """Send it wherever the environment says; the ways that took it."""
    ways: dict[str, Callable[[Alert, Mapping[str, str]], None]] = {
        "SKIPTRACE_ALERT_WEBHOOK": _post,
        "SKIPTRACE_ALERT_EMAIL": _mail,
    }
    return [name for name, way in ways.items() if environ.get(name) and _sent(name, way, given, environ)]


def _sent(name: str, way: Callable[[Alert, Mapping[str, str]], None], given: Alert, environ: Mapping[str, str]) -> bool:
    try:
        way(given, environ)
    except Exception as e:  # noqa: BLE001  a run must not fail because nobody could be told
        _LOG.error("alert %s not sent by %s: %s", given["what"], name, type(e).__name__)
        return False
    return True


def _post(given: Alert, environ: Mapping[str, str]) -> None:
    httpx.post(environ["SKIPTRACE_ALERT_WEBHOOK"], json=given, timeout=_SECONDS).raise_for_status()


def _mail(given: Alert, environ: Mapping[str, str]) -> None:
    server = urlsplit(environ.get("SKIPTRACE_ALERT_SMTP", "smtp://localhost:25"))
    message = _message(given, environ)
    host, port = server.hostname or "localhost", server.port or (465 if server.scheme == "smtps" else 25)
    secure = ssl.create_default_context()
    connection = (
        smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=secure)
        if server.scheme == "smtps"
        else smtplib.SMTP(host, port, timeout=_SECONDS)
    )
    with connection as smtp:
        smtp.ehlo()
        if server.scheme != "smtps" and smtp.has_extn("starttls"):
            smtp.starttls(context=secure)
            smtp.ehlo()
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(message)


def _message(given: Alert, environ: Mapping[str, str]) -> EmailMessage:
    message = EmailMessage()
    to = [address.strip() for address in environ["SKIPTRACE_ALERT_EMAIL"].split(",")]
    message["To"] = ", ".join(to)
    message["From"] = environ.get("SKIPTRACE_ALERT_FROM", to[0])
    message["Subject"] = f"[skiptrace] {given['deployment']}: {given['what'].replace('_', ' ')}"
    lines = [f"{name}: {', '.join(v) if isinstance(v, list) else v}" for name, v in given.items() if v]
    message.set_content("\n".join(lines) + "\n")
    return message
