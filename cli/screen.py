"""What the terminal shows: tables, sums, progress. Values arrive masked."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from rich.console import Console, JustifyMethod
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.messages import reason, t

_PIPED_WIDTH = 150  # a pipe or a file has no width of its own; 80 would wrap every line
_NARROW = 136
_TOLD = 20  # rows set aside
_CANDIDATE_COLUMNS = ("case_id", "rank", "kind", "value", "probability", "last_seen", "sources", "origins", "reasons")
_WIDE_ONLY = frozenset({"sources", "origins", "last_seen"})
_FIGURES = frozenset({"rank", "probability", "origins"})


def _width() -> int | None:
    return None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH


console = Console(width=_width())
errors = Console(stderr=True)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str, str, int], None]]:
    """A line a step and source that counts rows while they pass; nothing when quiet or not a terminal."""
    if quiet or not errors.is_terminal:
        yield lambda _step, _source, _rows: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as bar:
        tasks: dict[tuple[str, str], Any] = {}

        def advance(step: str, source: str, rows: int) -> None:
            key = (step, source)
            if key not in tasks:
                tasks[key] = bar.add_task(f"{step} {source}", total=None)
            bar.advance(tasks[key], rows)

        yield advance


def candidates(rows: pa.Table, *, limit: int) -> None:
    """Ranked candidates, a block a case. A narrow terminal shows what decides: the contact, its probability and why."""
    if not rows.num_rows:
        console.print(t("no_candidates"))
        return
    shown = [c for c in _CANDIDATE_COLUMNS if console.width >= _NARROW or c not in _WIDE_ONLY]
    table = Table(title=t("ranked_revealed" if "value" in rows.column_names else "ranked"), header_style="bold")
    for name in shown:
        justify: JustifyMethod = "right" if name in _FIGURES else "left"
        wraps = name in {"sources", "reasons"}
        least = 24 if name == "reasons" else None
        table.add_column(t("c_" + name), justify=justify, no_wrap=not wraps, overflow="fold", min_width=least)
    previous = None
    for r in rows.slice(0, limit).to_pylist():
        if previous not in (None, r["case_id"]):
            table.add_section()
        cells = _cells(r) | ({"case_id": ""} if r["case_id"] == previous else {})
        table.add_row(*[cells[name] for name in shown])
        previous = r["case_id"]
    console.print(table)
    if rows.num_rows > limit:
        console.print(t("more", n=rows.num_rows - limit))


def _cells(r: dict[str, Any]) -> dict[str, str]:
    return {
        "case_id": r["case_id"],
        "rank": str(r["rank"]),
        "kind": t("k_" + r["kind"]),
        "value": r.get("value") or r["value_masked"],
        "probability": f"{r['probability']:.2f}",
        "last_seen": r["last_seen"].date().isoformat() if r["last_seen"] else "",
        "sources": ", ".join(r["sources"]),
        "origins": str(r["origins"]),
        "reasons": "; ".join(reason(code) for code in r["reasons"]),
    }


def report(r: dict[str, Any]) -> None:
    """The run report: every sum, then candidates, deltas, notes."""
    console.print(f"[bold]{r['deployment']}[/] · {r['run_key']} · {r['status']} · {r['pack']}")
    table = Table(title=t("sums"), header_style="bold")
    for name, justify in (("step", "left"), ("source", "left"), ("rows_in", "right"), ("rows_out", "right"), ("detail", "left"), ("closes", "left"), ("seconds", "right")):  # fmt: skip
        table.add_column(t(name), justify=justify)  # type: ignore[arg-type]
    seconds = {(s["step"], s["source"]): s["seconds"] for s in r["steps"]}
    counts = {(s["step"], s["source"]): s["counts"] for s in r["steps"]}
    for s in r["sums"]:
        key = (s["step"], s["source"])
        mark = t("yes") if s["closes"] else f"[red]{t('no')}[/]"
        table.add_row(
            s["step"],
            s["source"],
            f"{s['in']:,}",
            f"{s['out']:,}",
            _detail(counts.get(key, [])),
            mark,
            f"{seconds.get(key, 0):.2f}",
        )
    console.print(table)
    console.print(f"{t('candidates_by_kind')}: {_pairs(r['candidates'], prefix='k_')}")
    console.print(f"{t('deltas')}: {_pairs(r['deltas'])}")
    for step in r["steps"]:
        for note in step["notes"]:
            colour = {"error": "red", "warning": "yellow"}.get(note["level"], "")
            console.print(f"[{colour}]{note['level']}[/] {note['message']}" if colour else note["message"])
    if r.get("error"):
        console.print(f"[red]{r['error']}[/]")


def frame(rows: Any, *, title: str) -> None:
    """A data frame of names and figures."""
    table = Table(title=title, header_style="bold")
    for name in rows.columns:
        table.add_column(str(name), justify="left" if rows[name].dtype == object else "right")
    for row in rows.itertuples(index=False):
        table.add_row(*["" if v != v or v is None else f"{v:.4g}" if isinstance(v, float) else str(v) for v in row])  # noqa: PLR0124 - NaN
    console.print(table)


def _detail(counts: list[list[Any]]) -> str:
    from core.ledger import SUMS

    entering = {name for into, _ in SUMS.values() for name in into} - {"kept"}
    shown = [
        f"{name}{f' ({detail})' if detail else ''} {rows:,}"
        for name, rows, detail in counts
        if name not in entering and rows
    ]
    return "\n".join(shown)


def _pairs(values: dict[str, int], *, prefix: str = "") -> str:
    shown = [f"{t(prefix + k) if prefix else k} {v:,}" for k, v in values.items() if v]
    return " · ".join(shown) or t("none")


def written(rows: int, file: str, aside: Sequence[tuple[str, int, str]]) -> None:
    """How many rows went where, and which could not be read: file, row, reason."""
    if not aside:
        errors.print(t("written", n=rows, file=file))
        return
    errors.print(t("written_but", n=rows, file=file, aside=len(aside), read=rows + len(aside)))
    for name, row, why in aside[:_TOLD]:
        errors.print(t("set_aside", file=name, row=row, reason=why))
    if len(aside) > _TOLD:
        errors.print(t("and_more", n=len(aside) - _TOLD))
