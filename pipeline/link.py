"""The matching engine as a tool for any two tables, and the parsers on one column, for inspection."""

from __future__ import annotations

from pathlib import Path

import matching


def link_files(
    left: Path,
    right: Path,
    *,
    spec: Path | None,
    out: Path,
    model: Path | None,
    stats: Path | None,
    evidence: bool,
) -> dict[str, float | int]:
    """Link two files and write pairs (id_l, id_r, score in bits, prob); returns the run's statistics."""
    return matching.link_files(
        left, right, spec_path=spec, out=out, model_path=model, stats_path=stats, evidence=evidence
    )
