"""A source against its own history: how much it brought, how full its columns are, what repeats, which categories it holds.

A difference counts where it is both large and more than chance would make of so many rows. It warns, it never stops: what is usual
is not what is right. A new source has no history and passes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from expectations.verdict import SourceVerdict

FEWEST_RUNS = 3  # before which nothing is usual
_FEWEST_ROWS = 20
_VOLUME_FACTOR = 2.0
_SHARE = 0.10  # a change of a share that is worth a word
_REPEATED = 0.01
_DISTANCE = 0.20  # total variation between two distributions
_CHANCE = 4.0  # standard errors


@dataclass(frozen=True, slots=True)
class Profile:
    """Counts of one source in one run. ``filled``: column → rows that have it; ``categories``: column → value → rows."""

    rows: int
    repeated: int = 0
    filled: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def against_history(now: Profile, before: Sequence[Profile], *, is_whole: bool = True) -> list[SourceVerdict]:
    """What is unusual. ``is_whole``: each run sees all rows, so that their number says something."""
    usual = [p for p in before if p.rows >= _FEWEST_ROWS]
    if len(usual) < FEWEST_RUNS:
        return []
    found = [*_volume(now, usual)] if is_whole else []
    if now.rows < _FEWEST_ROWS:
        return found
    return [*found, *_filled(now, usual), *_repeated(now, usual), *_categories(now, usual)]


def _volume(now: Profile, before: Sequence[Profile]) -> Iterator[SourceVerdict]:
    usual = median(p.rows for p in before)
    if not usual / _VOLUME_FACTOR <= now.rows <= usual * _VOLUME_FACTOR:
        yield SourceVerdict("warn", "volume", f"{now.rows} rows, usual are {usual:.0f}")


def _filled(now: Profile, before: Sequence[Profile]) -> Iterator[SourceVerdict]:
    for column, n in sorted(now.filled.items()):
        usual = median(p.filled.get(column, 0) / p.rows for p in before)
        if _differs(n / now.rows, usual, now.rows, _SHARE):
            yield SourceVerdict("warn", "fill", f"{column}: {n / now.rows:.0%} of rows have it, usual are {usual:.0%}")


def _repeated(now: Profile, before: Sequence[Profile]) -> Iterator[SourceVerdict]:
    usual = median(p.repeated / p.rows for p in before)
    share = now.repeated / now.rows
    if share > usual and _differs(share, usual, now.rows, _REPEATED):
        yield SourceVerdict("warn", "duplicates", f"{share:.1%} of rows repeat another, usual are {usual:.1%}")


def _categories(now: Profile, before: Sequence[Profile]) -> Iterator[SourceVerdict]:
    for column, counts in sorted(now.categories.items()):
        total = sum(counts.values())
        usual = _mean_shares([p.categories.get(column, {}) for p in before])
        if total < _FEWEST_ROWS or not usual:
            continue
        values = usual.keys() | counts.keys()
        distance = sum(abs(counts.get(v, 0) / total - usual.get(v, 0.0)) for v in values) / 2
        if distance > _DISTANCE + _CHANCE * math.sqrt(len(values) / total) / 2:
            yield SourceVerdict(
                "warn", "categories", f"{column}: {distance:.0%} of rows are distributed otherwise than usual"
            )


def _mean_shares(counts: Sequence[Mapping[str, int]]) -> dict[str, float]:
    known = [c for c in counts if sum(c.values())]
    values = {v for c in known for v in c}
    return {v: sum(c.get(v, 0) / sum(c.values()) for c in known) / len(known) for v in values}


def _differs(share: float, usual: float, rows: int, least: float) -> bool:
    error = math.sqrt(max(usual * (1 - usual), 1 / rows) / rows)
    return abs(share - usual) > max(least, _CHANCE * error)
