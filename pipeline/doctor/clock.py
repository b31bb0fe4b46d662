"""The clock of this machine, against the store's last event and its server's clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from pipeline.doctor.examination import Examination
from pipeline.doctor.findings import Area, Code, Finding, minute

SKEW = timedelta(minutes=1)
_AREA = Area("clock")


def check(seen: Examination) -> Iterator[Finding]:
    last, theirs = (seen.found.last_event, seen.found.clock) if seen.found else (None, None)
    wrong = []
    if last is not None and last > seen.now + SKEW:
        wrong.append(_AREA.error(Code.CLOCK_BEHIND, now=minute(seen.now), last=minute(last)))
    if theirs is not None and abs(theirs - seen.now) > SKEW:
        seconds = int(abs(theirs - seen.now).total_seconds())
        wrong.append(_AREA.warning(Code.CLOCK_SKEW, seconds=seconds))
    yield from wrong or [_AREA.ok(Code.CLOCK_OK, now=minute(seen.now))]
