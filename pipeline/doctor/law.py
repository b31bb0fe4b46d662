"""The impact assessment, the purpose, and the calendar of working days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from pipeline.doctor.examination import Examination
from pipeline.doctor.findings import Area, Code, Finding
from policy import working_days
from policy.decide import assessment_conditions

SOON = timedelta(days=30)
CALENDAR_SOON = timedelta(days=60)
_AREA = Area("law")


def check(seen: Examination) -> Iterator[Finding]:
    deployment, pack = seen.site.deployment, seen.site.pack
    assessment = deployment.impact_assessment
    facts = {"until": assessment.valid_until}
    if assessment_conditions(assessment, seen.now):
        yield _AREA.error(Code.ASSESSMENT_EXPIRED, assessment.id, **facts)
    elif assessment_conditions(assessment, seen.now + SOON):
        yield _AREA.warning(Code.ASSESSMENT_EXPIRING, assessment.id, **facts)
    else:
        yield _AREA.ok(Code.ASSESSMENT_OK, assessment.id, **facts)
    if deployment.purpose not in pack.purposes:
        yield _AREA.error(Code.PURPOSE_UNKNOWN, deployment.purpose, known=", ".join(sorted(pack.purposes)))
    yield _calendar(seen)


def _calendar(seen: Examination) -> Finding:
    year = working_days.last_known_year(seen.site.deployment.jurisdiction)
    if year is None:
        return _AREA.ok(Code.CALENDAR_OK, seen.site.deployment.jurisdiction)
    end = datetime.combine(date(year + 1, 1, 1), datetime.min.time(), UTC)
    if seen.now >= end:
        return _AREA.warning(Code.CALENDAR_ENDED, "chinesecalendar", year=year)
    if seen.now + CALENDAR_SOON >= end:
        return _AREA.warning(Code.CALENDAR_ENDING, "chinesecalendar", year=year)
    return _AREA.ok(Code.CALENDAR_OK, "chinesecalendar", year=year)
