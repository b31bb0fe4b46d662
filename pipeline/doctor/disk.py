"""Room for a run: what its file sources hold, staged in three steps, and a second copy of the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.doctor.examination import Examination, nearest
from pipeline.doctor.findings import Area, Code, Finding

LEAST_FREE = 200 * 2**20
_AREA = Area("disk")


def check(seen: Examination) -> Iterator[Finding]:
    size = seen.found.size_bytes if seen.found and seen.store_file else 0
    needs = {seen.stage: 3 * _source_bytes(seen)}
    if seen.store_file:
        needs[seen.store_file.parent] = needs.get(seen.store_file.parent, 0) + size
    wrong = [f for folder, need in needs.items() for f in _room(seen, folder, need)]
    yield from wrong or [_AREA.ok(Code.DISK_OK)]


def _room(seen: Examination, folder: Path, need: int) -> Iterator[Finding]:
    try:
        free = seen.free(nearest(folder))
    except OSError:
        return  # told among the files
    facts: dict[str, str | int] = {"free": free // 2**20, "need": max(need, LEAST_FREE) // 2**20}
    if free < LEAST_FREE:
        yield _AREA.error(Code.DISK_LOW, seen.shown(folder), **facts)
    elif free < need:
        yield _AREA.warning(Code.DISK_SMALL, seen.shown(folder), **facts)


def _source_bytes(seen: Examination) -> int:
    total = 0
    for spec in seen.site.deployment.sources:
        with suppress(OSError, ValueError):
            total += sum(p.stat().st_size for p in _local(seen.site.base, spec.location))
    return total


def _local(base: Path, location: str) -> Iterator[Path]:
    """The files of this machine that a location names; none of a URL or a database."""
    if "://" in location or (Path(location).is_absolute() and not Path(location).exists()):
        return
    if Path(location).is_absolute():
        yield Path(location)
        return
    yield from (p for p in base.glob(location) if p.is_file())
