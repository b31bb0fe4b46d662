"""The synthetic portfolio, for newcomers and tests."""

from __future__ import annotations

from pathlib import Path

from core.errors import ConfigError


def write_sample(folder: Path, *, world: str, debtors: int, seed: int) -> None:
    """Write a visibly fictional portfolio with its deployment.yaml into the folder."""
    import sample

    worlds = sample.WORLDS
    if world not in worlds:
        raise ConfigError(f"no such world; known: {', '.join(sorted(worlds))}", file="--world")
    sample.write(worlds[world], folder, debtors=debtors, seed=seed)
