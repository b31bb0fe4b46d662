"""The deployment file: who may change it, and whether a password stands in it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from pipeline.doctor.examination import Examination
from pipeline.doctor.findings import Area, Code, Finding
from pipeline.site import FILE

_AREA = Area("configuration")


def check(seen: Examination) -> Iterator[Finding]:
    file = seen.site.folder / FILE
    yield _AREA.ok(Code.CONFIG_OK, FILE, sources=len(seen.site.deployment.sources))
    if file.is_file() and file.stat().st_mode & stat.S_IWOTH:
        yield _AREA.warning(Code.CONFIG_WRITABLE, FILE)
    if file.is_file() and _password_in(seen.site.deployment.store) and not _is_substituted(file):
        yield _AREA.warning(Code.SECRET_IN_FILE, FILE)


def _password_in(url: str) -> bool:
    before, at, _ = url.partition("@")
    return bool(at) and ":" in before.partition("://")[2]


def _is_substituted(file: Path) -> bool:
    """Whether the store's line takes something from the environment."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return any("${" in line for line in lines if line.strip().startswith("store:"))
