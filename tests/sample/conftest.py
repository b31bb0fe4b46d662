from __future__ import annotations

from pathlib import Path

import pytest

import sample


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> sample.Manifest:
    """A portfolio of the demo world, once for all tests."""
    return sample.write(sample.DEMO, tmp_path_factory.mktemp("demo"), debtors=1500)


@pytest.fixture(scope="session")
def folder(demo: sample.Manifest) -> Path:
    return demo.folder
