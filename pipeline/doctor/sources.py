"""The declared sources, each tried."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline import sources
from pipeline.doctor.examination import Examination
from pipeline.doctor.findings import Code, Finding

_CODES = {"ok": Code.SOURCE_OK, "warning": Code.SOURCE_DOUBTFUL, "error": Code.SOURCE_WRONG}


def check(seen: Examination) -> Iterator[Finding]:
    for f in sources.check_all(seen.site):
        yield Finding("sources", f.level, _CODES[f.level], f.source, {"check": f.check, "said": f.message})
