"""`skiptrace feed`: a key that opens the feed, webhooks, drops."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.support import copy_of

runner = CliRunner()


@pytest.fixture(scope="module")
def folder(ran, tmp_path_factory):
    return str(copy_of(ran[0].folder, tmp_path_factory.mktemp("feed-commands")))


def call(folder, *words: str):
    return runner.invoke(app, ["feed", words[0], "-d", folder, *words[1:]], env={"COLUMNS": "200"})


def test_a_key_is_printed_once_opens_the_feed_and_is_revoked(folder):
    from feed.app import create_app
    from pipeline.site import open_site
    from tests.feed.conftest import Caller

    made = call(folder, "grant", "case-system", "--scope", "deltas:read", "--portfolio", "none-such")
    assert made.exit_code == 0, made.output
    key = made.stdout.strip().splitlines()[-1]
    assert "X-Purpose: post_loan_contact" in made.output
    site = open_site(folder)
    assert Caller(create_app(site), key).get("/v1/deltas").json()["deltas"] == []
    listed = call(folder, "clients").output
    assert "case-system: in use; deltas:read; none-such; 600/min" in listed
    assert key.rpartition(".")[2] not in listed
    assert call(folder, "revoke", "case-system").exit_code == 0
    assert call(folder, "revoke", "case-system").exit_code == 2
    assert Caller(create_app(site), key).get("/v1/deltas").status_code == 401


def test_a_webhook_and_a_drop_are_a_clients_own(folder, tmp_path):
    assert call(folder, "grant", "hooked", "--scope", "deltas:read").exit_code == 0
    assert call(folder, "grant", "narrow", "--scope", "metrics:read").exit_code == 0
    url = ("--url", "https://127.0.0.1:9/hook")
    assert call(folder, "webhook", "w", "--client", "hooked", *url).exit_code == 0
    for client in ("narrow", "nobody"):
        assert call(folder, "webhook", "x", "--client", client, *url).exit_code == 2
        assert call(folder, "drop", "--client", client, "--out", str(tmp_path)).exit_code == 2
    assert call(folder, "deliver").exit_code == 3  # nobody answers there
    assert "1 failures in a row" in call(folder, "webhooks").output
    dropped = call(folder, "drop", "--client", "hooked", "--out", str(tmp_path))
    assert dropped.exit_code == 0, dropped.output
    (there,) = tmp_path.iterdir()
    assert json.loads((there / "manifest.json").read_text())["files"]["candidates.csv"]["rows"] > 0
    bad = tmp_path / "bad.pem"
    bad.write_text("nothing")
    assert call(folder, "drop", "--client", "hooked", "--out", str(tmp_path), "--encrypt-to", str(bad)).exit_code == 2


@pytest.mark.parametrize("words", [("--scope", "everything"), ("--scope", "deltas:read", "--rate", "0")])
def test_what_is_no_scope_or_no_rate_makes_no_client(folder, words):
    assert call(folder, "grant", "odd", *words).exit_code == 2
