"""Where a run writes: folders that can be written and are closed to others, and the stage's bucket."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from core.errors import SkiptraceError
from pipeline.doctor.examination import Examination, is_open_to_others, mode_of, nearest
from pipeline.doctor.findings import Area, Code, Finding
from store.stage import open_stage

_AREA = Area("files")


def check(seen: Examination) -> Iterator[Finding]:
    wrong = [*_unwritable(seen), *_open_to_others(seen), *_bucket(seen)]
    yield from wrong or [_AREA.ok(Code.FOLDERS_OK)]


def _folders(seen: Examination) -> list[Path]:
    """Where a run writes."""
    own = [seen.ring.parent, *([seen.store_file.parent] if seen.store_file else ())]
    return sorted({*own, *([] if seen.is_stage_a_bucket else [seen.stage])})


def _bucket(seen: Examination) -> Iterator[Finding]:
    """A stage in a bucket is listed, no more: whether it may be written, a run finds out."""
    if not seen.is_stage_a_bucket:
        return
    try:
        open_stage(seen.site.deployment.stage, base=seen.site.folder).runs()
    except SkiptraceError as e:
        yield _AREA.error(Code.STAGE_UNREACHABLE, said=str(e))


def _unwritable(seen: Examination) -> Iterator[Finding]:
    for folder in _folders(seen):
        try:
            with tempfile.TemporaryFile(dir=nearest(folder)):
                pass
        except OSError as e:
            yield _AREA.error(Code.FOLDER_UNWRITABLE, seen.shown(folder), said=e.strerror or type(e).__name__)


def _open_to_others(seen: Examination) -> Iterator[Finding]:
    files = [seen.store_file.with_name(seen.store_file.name + end) for end in ("", "-wal")] if seen.store_file else []
    own = [f for f in _folders(seen) if f not in (seen.site.folder, *seen.site.folder.parents)]
    for path in [*own, *files]:
        if path.exists() and is_open_to_others(path):
            wanted = "0700" if path.is_dir() else "0600"
            yield _AREA.warning(Code.OPEN_TO_OTHERS, seen.shown(path), mode=mode_of(path), wanted=wanted)
