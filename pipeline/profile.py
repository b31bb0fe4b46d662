"""The profile of a source in a run, counts only, kept in the run's report; and those of the runs before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from expectations import Profile
from pipeline.run import Run

_RUNS = 10
_BELOW_PROVINCE = r"^(\d\d|[A-Z]{2}-[A-Z]+).*$"  # 330203 → 33, US-TX-4671654 → US-TX
_CLOSED = ("disposition", "scope", "purpose", "holder_hint")  # columns of a closed vocabulary
_NEVER_EMPTY = frozenset({"signal_id", "source", "row", "record_id", "confidence", "is_pickup_point", "retires_older"})


@dataclass
class Counts:
    """Filled batch by batch."""

    rows: int = 0
    repeated: int = 0
    filled: Counter[str] = field(default_factory=Counter)
    categories: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, clean: pa.Table) -> None:
        self.rows += clean.num_rows
        for name in clean.column_names:
            if name not in _NEVER_EMPTY:
                self.filled[name] += clean.num_rows - clean.column(name).null_count
        if "record_id" in clean.column_names:
            ids = clean.column("record_id").drop_null()
            self.repeated += len(ids) - pc.count_distinct(ids).as_py()
        for name in set(_CLOSED) & set(clean.column_names):
            self._categories(name, clean.column(name))
        if "region" in clean.column_names:
            self._categories("region", pc.replace_substring_regex(clean.column("region"), _BELOW_PROVINCE, r"\1"))

    def _categories(self, name: str, column: pa.ChunkedArray) -> None:
        counted = pc.value_counts(column.drop_null())
        counts = self.categories.setdefault(name, Counter())
        for value, n in zip(*counted.flatten(), strict=True):
            counts[str(value.as_py())] += n.as_py()

    def as_dict(self) -> dict[str, Any]:
        categories = {name: dict(sorted(c.items())) for name, c in sorted(self.categories.items()) if c}
        return {
            "rows": self.rows,
            "repeated": self.repeated,
            "filled": {name: n for name, n in sorted(self.filled.items()) if n},
            "categories": categories,
        }


def of(report: Mapping[str, Any], source: str) -> Profile | None:
    """The profile of a source that a report holds."""
    found = next(
        (s.get("profile") for s in report.get("steps", ()) if (s["step"], s["source"]) == ("check", source)), None
    )
    return Profile(**found) if found else None


def before(run: Run, source: str) -> list[Profile]:
    """Those of the last runs that ended before this one's interval does."""
    ended = [
        r for r in run.site.store.runs(status="done", limit=_RUNS + 1) if r.interval.end < run.interval.end and r.report
    ]
    return [p for r in ended[:_RUNS] if (p := of(dict(r.report or {}), source)) is not None]
