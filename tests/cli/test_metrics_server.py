"""`skiptrace serve metrics`: as a scraper meets it, over real HTTP; who is answered; what of the store it needs."""

from __future__ import annotations

import os
import subprocess
import sys

import httpx
import pytest
from starlette.testclient import TestClient

from cli.metrics_server import LEAST_TOKEN, TOKEN, MetricsApp, Scraped, token_for
from core.errors import ConfigError, Transient
from pipeline import metrics
from pipeline.site import open_site
from store.roles import Role
from tests.on_postgres import under
from tests.servers.ports import free, wait_for
from tests.support import ROOT

SECRET = "a-token-of-a-test-only"


def test_over_http_with_a_token_and_without(ran, canaries):
    port = free()
    environ = os.environ | {TOKEN: SECRET, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "cli.main", "serve", "metrics", "-d", str(ran[0].folder), "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_for(port, 60)
        url = f"http://127.0.0.1:{port}/metrics"
        assert [httpx.get(url, headers=h).status_code for h in ({}, {"Authorization": "Bearer wrong"})] == [401, 401]
        answer = httpx.get(url, headers={"Authorization": f"Bearer {SECRET}"})
    finally:
        server.terminate()
        out = server.communicate(timeout=30)[0].decode()
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "\nskiptrace_run_failed " in answer.text
    assert [c for c in canaries if c in answer.text + out] == []
    assert SECRET not in out


def test_only_reads_of_one_path_are_answered(ran):
    client = TestClient(MetricsApp(open_site(ran[0].folder), None))
    assert client.get("/metrics").status_code == 200
    assert client.get("/").status_code == 404
    assert client.post("/metrics").status_code == 405
    assert client.post("/metrics").headers["allow"] == "GET"


def test_a_store_that_is_away_is_told_without_its_address(ran, monkeypatch):
    def away(_site):
        raise Transient("postgresql+psycopg://night:hunter2@db refused")

    monkeypatch.setattr(metrics, "text", away)
    answer = TestClient(MetricsApp(ran[0], None)).get("/metrics")
    assert (answer.status_code, answer.text) == (503, "the store does not answer: Transient\n")


def test_many_scrapers_are_one_read(ran, monkeypatch):
    reads, now = [], [0.0]
    monkeypatch.setattr(metrics, "text", lambda _site: reads.append(1) or str(len(reads)))
    scraped = Scraped(ran[0], clock=lambda: now[0])
    assert [scraped.text() for _ in range(3)] == ["1", "1", "1"]
    now[0] = 5.0
    assert scraped.text() == "2"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_is_answered_without_a_token(host):
    assert token_for(host, {}) is None


@pytest.mark.parametrize(
    ("host", "environ"), [("0.0.0.0", {}), ("::", {}), ("metrics.lender.example", {}), ("127.0.0.1", {TOKEN: "short"})]
)
def test_others_are_not_answered_without_a_real_token(host, environ):
    with pytest.raises(ConfigError, match=TOKEN):
        token_for(host, environ)
    assert token_for(host, {TOKEN: "x" * LEAST_TOKEN}) == "x" * LEAST_TOKEN


@pytest.mark.server
def test_the_monitors_role_and_no_key_are_enough(ran_on_postgres, postgres, tmp_path):
    owners = ran_on_postgres(tmp_path)
    wanted = metrics.samples_of(owners)
    (keys,) = owners.folder.rglob("keys.json")
    keys.unlink()
    site = under(owners, postgres, Role.MONITOR)
    found = metrics.samples_of(site)
    assert found == wanted
    assert found["skiptrace_quarantine_open"]
    assert not keys.exists()  # nor was it made anew
    site.store.close()
    owners.store.close()
