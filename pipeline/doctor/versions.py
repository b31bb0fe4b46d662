"""The packages that are installed, against those that were declared."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

from pipeline.doctor.examination import Examination
from pipeline.doctor.findings import Area, Code, Finding

_AREA = Area("versions")


def check(_seen: Examination) -> Iterator[Finding]:
    from packaging.requirements import Requirement

    wrong = []
    for text in metadata.requires("skiptrace") or ():
        need = Requirement(text)
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(need.name)
        except metadata.PackageNotFoundError:
            wrong.append(_AREA.error(Code.PACKAGE_MISSING, need.name, wanted=str(need.specifier)))
            continue
        if not need.specifier.contains(found, prereleases=True):
            wrong.append(_AREA.error(Code.PACKAGE_OLD, need.name, wanted=str(need.specifier), found=found))
    yield from wrong or [_AREA.ok(Code.VERSIONS_OK, found=metadata.version("skiptrace"))]
