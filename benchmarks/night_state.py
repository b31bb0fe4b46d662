"""What a night left behind, to be compared: every row of every table but the audit chain, sealed values opened, and the report.

    python benchmarks/night_state.py DEPLOYMENT > before.txt    # the same with the other code > after.txt, then: diff

A line a table: its name, its rows, and a digest that does not depend on their order; then the models, and the steps of the latest
report line by line. Left out is what a clock said. Values of people are hashed where they are opened; none is printed.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
CLOCK = {"runs": {"started_at", "finished_at", "report"}, "quarantine": {"first_seen", "last_seen"}}
LEFT_OUT = {"audit", "heads", "leases"}  # numbers are compared as the rows that carry them
DIGEST_BITS = 128


def lines(folder: Path) -> Iterator[str]:
    """Everything that outlives a run of this deployment, a line a thing."""
    import sqlalchemy as sa

    from pipeline.site import open_site
    from store import tables
    from store.engine import reading

    site = open_site(folder)
    with reading(site.store._engine) as connection:  # noqa: SLF001  all there is, of no use to the product
        for name, table in sorted(tables.metadata.tables.items()):
            if name in LEFT_OUT:
                continue
            rows = total = 0
            for row in connection.execute(sa.select(table).execution_options(yield_per=65_536)):
                rows += 1
                total += _number(_said(site, name, row))
            yield f"{name} {rows} {total % (1 << DIGEST_BITS):032x}"
    for path in sorted(site.models.glob("*")):
        yield f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    report = site.store.last_run().report
    for step in sorted(report.pop("steps"), key=lambda s: (s["step"], s["source"])):  # done in whatever order
        said = {k: v for k, v in step.items() if k not in ("seconds", "ended")}
        yield json.dumps(said, ensure_ascii=False)
    yield json.dumps(report, ensure_ascii=False)


def _said(site: Any, name: str, row: Any) -> str:
    from store.subjects import SEALED

    values = {k: v for k, v in row._asdict().items() if k not in CLOCK.get(name, ())}
    opened = SEALED.get(name)
    if opened and values[opened[1]] is not None:
        values[opened[1]] = site.keys.open(bytes(values[opened[1]]), opened[2](row))
    return json.dumps(values, sort_keys=True, default=_plain)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=DIGEST_BITS // 8).digest())


def _plain(value: Any) -> str:
    return hashlib.sha256(bytes(value)).hexdigest() if isinstance(value, (bytes, memoryview)) else str(value)


if __name__ == "__main__":
    print("\n".join(lines(Path(sys.argv[1]))))
