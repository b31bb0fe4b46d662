"""The run's bookkeeping: every row that enters a step leaves it under exactly one name, and the sums close."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import Fatal


@dataclass(frozen=True, slots=True)
class Count:
    """``rows`` rows of ``source`` left ``step`` under ``name``; ``detail`` is the rule or reason, or empty."""

    step: str
    source: str
    name: str
    rows: int
    detail: str = ""


# step -> (what comes in, the names under which it leaves). What comes in is counted by the step itself. Of an incremental
# source, `superseded` rows gave way to another row of their id, `unchanged` ones are as they were, `kept` ones come from earlier.
SUMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pull": (("read",), ("pulled", "unreadable", "superseded", "deleted", "unchanged")),
    "check": (("pulled",), ("clean", "quarantined", "not_a_signal")),
    "admit": (("clean", "kept"), ("admitted", "withheld")),
    "advance": (("cases",), ("contacting", "lost", "tracing", "closed", "archived")),
    "match": (("admitted",), ("linked", "unmatched", "withheld")),
    "rank": (("links",), ("supporting", "third_party", "unusable")),
    "publish": (("candidates",), ("published", "not_published")),
}


@dataclass(frozen=True, slots=True)
class Sum:
    """One balance of one step and source."""

    step: str
    source: str
    entered: int
    left: int

    @property
    def closes(self) -> bool:
        return self.entered == self.left


def balance(counts: Iterable[Count]) -> list[Sum]:
    """The sums of every (step, source) that was counted, in order of the path."""
    entered: dict[tuple[str, str], int] = {}
    left: dict[tuple[str, str], int] = {}
    for c in counts:
        if c.step not in SUMS:
            continue
        into, out = SUMS[c.step]
        key = (c.step, c.source)
        if c.name in into:
            entered[key] = entered.get(key, 0) + c.rows
        elif c.name in out:
            left[key] = left.get(key, 0) + c.rows
    order = {step: i for i, step in enumerate(SUMS)}
    keys = sorted(set(entered) | set(left), key=lambda k: (order[k[0]], k[1]))
    return [Sum(step, source, entered.get((step, source), 0), left.get((step, source), 0)) for step, source in keys]


def require_closed(counts: Iterable[Count]) -> None:
    """Raise Fatal naming every step and source whose sum does not close."""
    broken = [s for s in balance(counts) if not s.closes]
    if broken:
        raise Fatal(
            "counts do not close: " + "; ".join(f"{s.step}/{s.source} {s.entered} in, {s.left} out" for s in broken)
        )
