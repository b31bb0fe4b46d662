from __future__ import annotations

import socket
from typing import NoReturn

import pytest


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nothing in this room may open a connection: an attempt is recorded and refused, whoever makes it."""
    attempts: list[str] = []

    def refuse(*_: object, **__: object) -> NoReturn:
        attempts.append("connect")
        raise OSError("no network in this room")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return attempts
