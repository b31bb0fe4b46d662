"""doctor: what is wrong with a deployment, or will be soon. It looks and changes nothing; each finding has its remedy.

One module an area. Texts are the terminal's (``cli.texts.findings``); here a finding is a code, what it is about, and facts:
names, counts, dates.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from core.errors import ConfigError
from pipeline.doctor import clock, configuration, disk, files, keys, law, sources, store, versions
from pipeline.doctor.examination import Examination
from pipeline.doctor.findings import Code, Finding, is_of_one_source, is_passing
from pipeline.site import open_site

__all__ = ["Code", "Finding", "examine", "is_of_one_source", "is_passing"]

_AREAS = (configuration, versions, store, keys, files, disk, clock, law)


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def examine(
    folder: str | Path,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    free: Callable[[Path], int] = _free,
    with_sources: bool = True,
) -> list[Finding]:
    """Everything found, area by area. A deployment file that cannot be read ends it there."""
    try:
        site = open_site(folder, environ=environ)
    except ConfigError as e:
        return [Finding("configuration", "error", Code.CONFIG_WRONG, e.file, {"said": str(e)})]
    seen = Examination(site, clock(), free)
    areas = (*_AREAS, sources) if with_sources else _AREAS
    return [finding for area in areas for finding in area.check(seen)]
