"""Streams over a real connection: a client that stops in the middle, and a server that fails in the middle."""

from __future__ import annotations

import json
import socket
import threading
import time

import httpx
import pytest
import uvicorn

from pipeline.services.readers import Deltas
from tests.feed.conftest import PURPOSE

ENDLESS = 10**9


@pytest.fixture(scope="module")
def server(app):
    out = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    thread = threading.Thread(target=out.run, daemon=True)
    thread.start()
    while not out.started:
        time.sleep(0.02)
    yield out.servers[0].sockets[0].getsockname()
    out.should_exit = True
    thread.join(10)


@pytest.fixture
def http(server, caller):
    headers = {"Authorization": f"Bearer {caller.key}", "X-Purpose": PURPOSE, "Accept": "application/x-ndjson"}
    with httpx.Client(base_url=f"http://{server[0]}:{server[1]}", headers=headers, trust_env=False) as out:
        yield out


@pytest.fixture
def pages(app, monkeypatch):
    """Pages without an end, made of the first one; how many were asked for."""
    real, asked = app.state.feed.deltas, []

    def deltas(reader, after, limit):
        asked.append(after)
        return Deltas(real(reader, 0, 200).lines, after + 200, ENDLESS)

    monkeypatch.setattr(app.state.feed, "deltas", deltas)
    return asked


def test_whoever_stops_reading_stops_the_work_and_holds_nobody_up(server, http, caller, pages, monkeypatch):
    request = f"GET /v1/deltas?limit=1000000 HTTP/1.1\r\nHost: feed\r\nAuthorization: Bearer {caller.key}\r\nX-Purpose: {PURPOSE}\r\nAccept: application/x-ndjson\r\n\r\n"
    gone = [socket.create_connection(server) for _ in range(12)]  # more than there are threads
    for each in gone:
        each.sendall(request.encode())
    for each in gone:
        assert each.recv(1000).startswith(b"HTTP/1.1 200")
        each.close()
    end, before = time.monotonic() + 10, -1
    while before != len(pages):
        assert time.monotonic() < end, "pages are still made for nobody"
        before = len(pages)
        time.sleep(0.3)
    monkeypatch.undo()
    page = http.get("/v1/deltas?limit=10", headers={"Accept": "application/json"}, timeout=5).json()
    assert [d["seq"] for d in page["deltas"]] == list(range(1, 11))


def test_a_stream_that_fails_is_cut_and_what_came_before_is_whole(http, app, monkeypatch):
    real = app.state.feed.deltas

    def deltas(reader, after, limit):
        if after:
            raise RuntimeError("in the middle")
        first = real(reader, 0, 100)
        return Deltas(first.lines, 100, ENDLESS)

    monkeypatch.setattr(app.state.feed, "deltas", deltas)
    lines: list[str] = []
    with pytest.raises(httpx.RemoteProtocolError):
        read(http, lines)
    assert len(lines) == 100
    monkeypatch.undo()
    whole: list[str] = []
    read(http, whole)
    assert [json.loads(line)["seq"] for line in lines] == [json.loads(line)["seq"] for line in whole[:100]]
    assert len(whole) > 100


def read(http, into):
    """Every line of the stream, as far as it comes."""
    with http.stream("GET", "/v1/deltas?limit=1000000", headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            into.append(line)
