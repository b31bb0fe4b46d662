"""The matching engine as a tool for any two tables."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import matching
from matching import files


def link_files(
    left: Path,
    right: Path,
    *,
    spec: Path | None,
    out: Path,
    model: Path | None,
    stats: Path | None,
    labels: Path | None = None,
    charts: Path | None = None,
    evidence: bool,
    lang: str = "en",
) -> dict[str, Any]:
    """Link two files and write pairs (id_l, id_r, score in bits, prob); the run's statistics."""
    return matching.link_files(
        left,
        right,
        spec,
        out,
        model,
        stats,
        labels_path=labels,
        charts_folder=charts,
        evidence=evidence,
        lang=lang,
        clock=time.perf_counter,
    )


def explain_pair(
    left: Path,
    right: Path,
    ids: tuple[str, str],
    *,
    spec: Path | None,
    model: Path | None,
    charts: Path | None = None,
    lang: str = "en",
) -> str:
    """Why two records are, or are not, held to be the same, in words; as a waterfall too, in the folder ``charts``."""
    found = matching.explain_files(left, right, *ids, spec, model)
    if charts:
        from matching import pictures

        pictures.of_pair(charts, found, lang)
    return found.text(lang)


def draft_spec(left: Path, right: Path, lang: str = "en") -> str:
    """The spec that would be used for these two tables, as YAML to keep and correct, with the reasons above it."""
    from matching.draft import draft

    return draft(files.read(left), files.read(right), lang)
