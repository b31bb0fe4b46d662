"""``probe``: a look at a live source, for ``skiptrace sources check``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from connectors.batches import Batch, pull
from core.deployment import REQUIRED_BY_KIND, SourceSpec
from core.errors import SourceUnusable, Transient

_TIME_FIELDS = ("observed_at", "at", "granted_at", "lost_since")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check of one source found: counts, field names and dates, never a value."""

    source: str
    check: Literal["reachable", "rows", "fields", "newest"]
    outcome: Literal["pass", "warn", "stop"]
    detail: str


def probe(spec: SourceSpec, *, base: Path, environ: Mapping[str, str], sample_rows: int = 10_000) -> list[Finding]:
    """Whether the source can be reached, has the mapped columns, and how its first rows come out. Never raises for it."""
    try:
        batches = list(_sample(pull(spec, base=base, environ=environ, batch_rows=sample_rows), sample_rows))
    except (SourceUnusable, Transient) as e:
        return [Finding(spec.name, "reachable", "stop", str(e))]
    rows = pa.concat_tables([b.rows for b in batches]) if batches else None
    found = [Finding(spec.name, "reachable", "pass", "reached, and every mapped column is there"), _rows(spec, batches)]
    if rows is not None and rows.num_rows:
        found += [_filled(spec, rows), *_newest(spec, rows)]
    return found


def _sample(batches: Iterator[Batch], rows: int) -> Iterator[Batch]:
    read = 0
    for batch in batches:
        yield batch
        read += batch.read
        if read >= rows:
            return


def _rows(spec: SourceSpec, batches: list[Batch]) -> Finding:
    read = sum(b.read for b in batches)
    reasons = Counter(chain.from_iterable(b.unreadable["reason"].to_pylist() for b in batches))
    bad = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    outcome: Literal["pass", "warn", "stop"] = "pass" if read and not reasons else "warn"
    if read and sum(reasons.values()) == read:
        outcome = "stop"
    return Finding(spec.name, "rows", outcome, f"{read} first rows read" + (f"; unreadable: {bad}" if bad else ""))


def _filled(spec: SourceSpec, rows: pa.Table) -> Finding:
    """Mapped fields that hold nothing: a typing error in the mapping, or a column that is no longer filled."""
    empty = [name for name in spec.fields if rows[name].null_count == rows.num_rows]
    needed = {n for need in REQUIRED_BY_KIND[spec.kind] for n in ((need,) if isinstance(need, str) else ())}
    if not empty:
        return Finding(spec.name, "fields", "pass", f"all {len(spec.fields)} mapped fields hold values")
    outcome: Literal["warn", "stop"] = "stop" if needed & set(empty) else "warn"
    return Finding(spec.name, "fields", outcome, f"mapped but always empty: {', '.join(empty)}")


def _newest(spec: SourceSpec, rows: pa.Table) -> list[Finding]:
    """The newest date among the first rows, of those written as ISO dates."""
    field = next((name for name in _TIME_FIELDS if name in spec.fields), None)
    if field is None:
        return []
    dates = pc.match_substring_regex(rows[field], r"^\d{4}-\d{2}-\d{2}")
    newest = pc.max(pc.utf8_slice_codeunits(rows[field].filter(dates), 0, 10)).as_py()
    detail = f"newest {field} among these rows: {newest}" if newest else f"{field} is not written as ISO dates"
    return [Finding(spec.name, "newest", "pass", detail)]
