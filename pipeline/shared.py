"""Figures for people outside operations: reports, run and quality pages, scorecards, evaluations, without small cells."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

import ranking
from privacy.small_cells import coarse, coarsened, told

_KEEP = frozenset({"seconds"})
_DROP = frozenset(
    {"notes", "history", "volume", "profile", "fullness", "filled", "rows_aside"}
)  # messages with counts in them, and shares of runs before
_COUNTS = frozenset({"debtors", "n"})


def report(found: Mapping[str, Any], k: int) -> dict[str, Any]:
    """A run report to show or to print."""
    return dict(coarsened(found, k, keep=_KEEP, drop=_DROP))


def report_json(found: Mapping[str, Any], k: int) -> dict[str, Any]:
    """A run report to write as JSON, which says of itself that it is coarse."""
    return dict(told(report(found, k))) | {"min_cell": k}


def runs(rows: Sequence[Mapping[str, Any]], k: int) -> list[dict[str, Any]]:
    """The list of runs."""
    return [report(row, k) for row in rows]


def quality(rows: Sequence[Mapping[str, Any]], k: int) -> list[dict[str, Any]]:
    """The quality of each source; the share of bad rows is that of the coarse counts."""
    out = [report(row, k) for row in rows]
    for row in out:
        row["bad_share"] = row["bad"] / row["rows"] if row["rows"] and not row["bad"].text else 0.0
    return out


def scorecard(rows: Sequence[Mapping[str, Any]], k: int) -> list[dict[str, Any]]:
    """What rests on each source; a mean over fewer than k candidates is not told."""
    out = []
    for row in rows:
        is_small = row["counts"].get("candidates", 0) < k
        mean = None if is_small or row["mean"] is None else round(row["mean"], 2)
        out.append({"source": row["source"], "mean": mean, "counts": coarsened(row["counts"], k)})
    return out


def calibration(rows: Sequence[Mapping[str, Any]], k: int) -> list[dict[str, Any]]:
    """Only what rests on k attempts or more, its shares to two digits."""
    figures = ("said", "found", "low", "high")
    kept = [row for row in rows if row["n"] >= k]
    return [{**row, "n": coarse(row["n"], k)} | {f: round(row[f], 2) for f in figures} for row in kept]


def evaluation(found: ranking.Evaluation, k: int) -> ranking.Evaluation:
    """Figures over fewer than k people are not told, nor how many they are."""
    return dataclasses.replace(found, metrics=_private(found.metrics, k), reliability=_private(found.reliability, k))


def _private(frame: pd.DataFrame, k: int) -> pd.DataFrame:
    out = frame.copy()
    for count in _COUNTS & set(out.columns):
        is_small = out[count].between(1, k - 1)
        figures = [c for c in out.columns if c not in _COUNTS and pd.api.types.is_float_dtype(out[c])]
        out.loc[is_small, figures] = float("nan")
        if is_small.any():
            out[count] = [coarse(int(n), k).text or str(n) for n in out[count]]
    return out
