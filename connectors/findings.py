"""``probe``: a look at a live source, for ``skiptrace sources check``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import pyarrow.compute as pc

from connectors.batches import Batch, pull
from connectors.secrets import Secrets
from core.deployment import REQUIRED_BY_KIND, SourceSpec
from core.errors import SourceUnusable, Transient
from values import dates

Level = Literal["ok", "warning", "error"]

_TIME_FIELDS = ("observed_at", "at", "granted_at", "lost_since")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check of one source found: counts, field names and dates, never a value."""

    source: str
    check: Literal["reachable", "rows", "fields", "newest", "columns"]
    level: Level
    message: str


@dataclass(slots=True)
class _Look:
    """What was seen of a source so far; no row is kept."""

    spec: SourceSpec
    read: int = 0
    filled: set[str] = field(default_factory=set)
    reasons: Counter[str] = field(default_factory=Counter)
    newest: datetime | None = None

    def at(self, batch: Batch) -> None:
        self.read += batch.read
        self.reasons.update(batch.unreadable["reason"].to_pylist())
        self.filled |= {name for name in self.spec.fields if batch.rows[name].null_count < batch.rows.num_rows}
        if self.time_field is not None:
            moments, _ = dates.normalise(batch.rows[self.time_field])
            self.newest = max((m for m in (self.newest, pc.max(moments).as_py()) if m is not None), default=None)

    @property
    def time_field(self) -> str | None:
        return next((name for name in _TIME_FIELDS if name in self.spec.fields), None)


def probe(
    spec: SourceSpec,
    *,
    base: Path,
    environ: Mapping[str, str],
    sample_rows: int = 1_000_000,
    secrets: Secrets | None = None,
) -> list[Finding]:
    """Whether the source can be reached, has the mapped columns, and how its first rows come out. Its troubles are findings."""
    look = _Look(spec)
    try:
        for batch in _sample(pull(spec, base=base, environ=environ, secrets=secrets), sample_rows):
            look.at(batch)
    except (SourceUnusable, Transient) as e:
        return [Finding(spec.name, "reachable", "error", str(e))]
    reached = Finding(spec.name, "reachable", "ok", "reached, and every mapped column is there")
    readable = look.read > look.reasons.total()
    return [reached, _rows(look), *([_filled(look), *_newest(look)] if readable else [])]


def _sample(batches: Iterator[Batch], rows: int) -> Iterator[Batch]:
    read = 0
    for batch in batches:
        yield batch
        read += batch.read
        if read >= rows:
            return


def _rows(look: _Look) -> Finding:
    bad = ", ".join(f"{count:,} {reason}" for reason, count in look.reasons.most_common())
    level: Level = "warning" if bad or not look.read else "ok"
    if look.read and look.reasons.total() == look.read:
        level = "error"
    return Finding(
        look.spec.name, "rows", level, f"{look.read:,} rows looked at" + (f"; unreadable: {bad}" if bad else "")
    )


def _filled(look: _Look) -> Finding:
    """Mapped fields that hold nothing: a typing error in the mapping, or a column that is no longer filled."""
    empty = [name for name in look.spec.fields if name not in look.filled]
    if not empty:
        return Finding(look.spec.name, "fields", "ok", f"all {len(look.spec.fields)} mapped fields hold values")
    lacks = any(look.filled.isdisjoint((n,) if isinstance(n, str) else n) for n in REQUIRED_BY_KIND[look.spec.kind])
    message = f"mapped but always empty: {', '.join(empty)}"
    return Finding(look.spec.name, "fields", "error" if lacks else "warning", message)


def _newest(look: _Look) -> list[Finding]:
    if look.time_field is None:
        return []
    if look.newest is None:
        return [Finding(look.spec.name, "newest", "warning", f"no {look.time_field} can be read as a date")]
    return [Finding(look.spec.name, "newest", "ok", f"newest {look.time_field}: {look.newest:%Y-%m-%d %H:%M} UTC")]
