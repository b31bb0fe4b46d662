"""Alerts against a real HTTP server and a real SMTP dialogue: what is sent, what is not, and what an unreachable receiver does."""

from __future__ import annotations

import json
import socket
import threading
from email import message_from_string, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.errors import SourceUnusable
from pipeline import alerts
from pipeline.alerts import What

GIVEN = alerts.alert(
    What.SOURCES_STOPPED, deployment="lender", run="r1", sources=["courier"], text="source courier: its header is gone"
)


@pytest.fixture
def webhook():
    """The bodies it was sent; ``status`` is what it answers."""
    heard = []

    class Hook(BaseHTTPRequestHandler):
        status = 200

        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(Hook.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", heard, Hook
    server.shutdown()
    server.server_close()


@pytest.fixture
def smtp():
    """Where it listens, and the messages it took: (receivers, message)."""
    taken = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer, peer.makefile("rw", newline="\r\n", encoding="utf-8") as talk:
                _dialogue(talk, taken)

    threading.Thread(target=serve, daemon=True).start()
    yield f"smtp://127.0.0.1:{listener.getsockname()[1]}", taken
    listener.close()


def _dialogue(talk, taken):
    def say(line):
        talk.write(line + "\n")
        talk.flush()

    say("220 double")
    to = []
    for line in talk:
        word = line[:4].upper()
        if word == "RCPT":
            to.append(line.partition("<")[2].partition(">")[0])
        if word == "DATA":
            say("354 go on")
            body = "".join(iter(lambda: next(talk), ".\r\n"))
            taken.append((to, message_from_string(body, policy=policy.default)))
        if word == "QUIT":
            say("221 bye")
            return
        say("250 ok")


def test_a_webhook_is_posted_the_alert(webhook):
    url, heard, _ = webhook
    assert alerts.send(GIVEN, {"SKIPTRACE_ALERT_WEBHOOK": url}) == ["SKIPTRACE_ALERT_WEBHOOK"]
    assert heard == [GIVEN]


def test_a_mail_goes_to_every_receiver(smtp):
    server, taken = smtp
    environ = {"SKIPTRACE_ALERT_EMAIL": "ops@lender.example, risk@lender.example", "SKIPTRACE_ALERT_SMTP": server}
    assert alerts.send(GIVEN, environ) == ["SKIPTRACE_ALERT_EMAIL"]
    ((to, message),) = taken
    assert to == ["ops@lender.example", "risk@lender.example"]
    assert message["Subject"] == "[skiptrace] lender: sources stopped"
    assert "sources: courier" in message.get_content()


def test_nothing_is_sent_where_nothing_is_configured(webhook):
    assert alerts.send(GIVEN, {}) == []
    assert webhook[1] == []


def test_a_receiver_that_cannot_be_reached_stops_nothing_and_the_other_is_told(webhook, caplog):
    url, heard, hook = webhook
    environ = {"SKIPTRACE_ALERT_EMAIL": "ops@lender.example", "SKIPTRACE_ALERT_SMTP": "smtp://127.0.0.1:1"}
    assert alerts.send(GIVEN, environ | {"SKIPTRACE_ALERT_WEBHOOK": url}) == ["SKIPTRACE_ALERT_WEBHOOK"]
    hook.status = 500
    assert alerts.send(GIVEN, {"SKIPTRACE_ALERT_WEBHOOK": url}) == []
    assert len(heard) == 2
    assert "HTTPStatusError" in caplog.text
    assert url not in caplog.text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SourceUnusable("shop", "no column", row=3, field="name"), "SourceUnusable: source shop, row 3, field name: no column"),
        (ValueError("19900000106"), "ValueError"),
        ("Traceback … 19900000106", ""),
        (None, ""),
    ],
)  # fmt: skip
def test_of_errors_that_are_not_ours_only_the_kind_is_told(error, text):
    assert alerts.of_error(error) == text
