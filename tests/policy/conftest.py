from __future__ import annotations

import pytest

import policy


@pytest.fixture
def cn() -> policy.Pack:
    return policy.load("cn")
