"""A key is proved once, however many requests bring it at once, and looked up again before it is trusted any longer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline import feed_clients
from pipeline.feed_clients import Door


@pytest.fixture
def proofs(monkeypatch):
    """How often a secret was hashed."""
    counted = []
    hashed = feed_clients._hash
    monkeypatch.setattr(feed_clients, "_hash", lambda *a: counted.append(1) or hashed(*a))
    return counted


@pytest.fixture
def forgetful(monkeypatch):
    """Nothing is remembered for any time."""
    monkeypatch.setattr(feed_clients, "REMEMBERED_SECONDS", 0.0)


def made(site, name):
    return feed_clients.create(site, name, scopes=["deltas:read"], actor="test")


def test_many_that_come_at_once_with_one_key_are_one_proof(site, proofs):
    key, door = made(site, "at-once"), Door(site)
    proofs.clear()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(door.client, [key] * 40))
    assert {c.client_id for c in found} == {"at-once"}
    assert 1 <= len(proofs) <= 2
    assert not door._turns


def test_a_proved_key_is_not_proved_again_but_looked_up(site, proofs, forgetful):
    key, door = made(site, "looked-up"), Door(site)
    proofs.clear()
    assert [door.client(key).client_id for _ in range(3)] == ["looked-up"] * 3
    assert len(proofs) == 1
    feed_clients.revoke(site, "looked-up", actor="test")
    assert door.client(key) is None
    assert len(proofs) == 1


def test_a_wrong_secret_is_proved_wrong_each_time(site, proofs, forgetful):
    key, door = made(site, "guessed"), Door(site)
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    proofs.clear()
    assert door.client(key) is not None
    assert [door.client(wrong) for _ in range(2)] == [None, None]
    assert len(proofs) == 3
    assert door.client(key) is not None


def test_what_is_not_used_is_forgotten(site, proofs, forgetful, monkeypatch):
    monkeypatch.setattr(feed_clients, "FORGOTTEN_SECONDS", 0.001)
    door = Door(site)
    for name in ("unused-one", "unused-two"):
        assert door.client(made(site, name)) is not None
    assert len(door._known) == len(door._proved) == 1
