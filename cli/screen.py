"""What the terminal shows: tables, sums, progress. Values arrive masked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.messages import reason, t

console = Console()
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
    """Ranked candidates, a block a case."""
    revealed = "value" in rows.column_names
    if not rows.num_rows:
        console.print(t("no_candidates"))
        return
    table = Table(title=t("ranked_revealed" if revealed else "ranked"), header_style="bold")
    for name, justify in (("case_id", "left"), ("rank", "right"), ("kind", "left"), ("value", "left"), ("probability", "right"),
                          ("last_seen", "left"), ("sources", "left"), ("origins", "right"), ("reasons", "left")):  # fmt: skip
        table.add_column(t("c_" + name), justify=justify)  # type: ignore[arg-type]
    previous = None
    for r in rows.slice(0, limit).to_pylist():
        if previous not in (None, r["case_id"]):
            table.add_section()
        table.add_row(
            "" if r["case_id"] == previous else r["case_id"],
            str(r["rank"]),
            t("k_" + r["kind"]),
            r["value"] if revealed else r["value_masked"],
            f"{r['probability']:.2f}",
            r["last_seen"].date().isoformat() if r["last_seen"] else "",
            ", ".join(r["sources"]),
            str(r["origins"]),
            "; ".join(reason(code) for code in r["reasons"]),
        )
        previous = r["case_id"]
    console.print(table)
    if rows.num_rows > limit:
        console.print(t("more", n=rows.num_rows - limit))


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


def _detail(counts: list[list[Any]]) -> str:
    from core.ledger import SUMS

    entering = {into for into, _ in SUMS.values()}
    shown = [
        f"{name}{f' ({detail})' if detail else ''} {rows:,}"
        for name, rows, detail in counts
        if name not in entering and rows
    ]
    return "\n".join(shown)


def _pairs(values: dict[str, int], *, prefix: str = "") -> str:
    shown = [f"{t(prefix + k) if prefix else k} {v:,}" for k, v in values.items() if v]
    return " · ".join(shown) or t("none")
