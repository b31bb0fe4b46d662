"""The store: reachable, sound, of this version's schema, with the rights it needs; and the runs it says are under way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from core.errors import ConfigError, SkiptraceError, Transient
from pipeline import lease
from pipeline.doctor.examination import Examination
from pipeline.doctor.findings import Area, Code, Finding, minute
from store import Health

LONG = timedelta(hours=6)
_AREA = Area("store")


def check(seen: Examination) -> Iterator[Finding]:
    health = seen.health
    if isinstance(health, ConfigError):
        yield _AREA.error(Code.STORE_URL, said=str(health))
    elif isinstance(health, Transient):
        yield _AREA.error(Code.STORE_UNREACHABLE, said=str(health))
    elif isinstance(health, SkiptraceError):
        yield _AREA.error(Code.STORE_UNREADABLE, said=str(health))
    elif health.schema is None:
        yield _AREA.ok(Code.STORE_NOT_YET)
    else:
        yield from _healthy(seen, health)


def _healthy(seen: Examination, health: Health) -> Iterator[Finding]:
    if health.damage:
        yield _AREA.error(Code.STORE_DAMAGED, said=health.damage)
    elif not health.is_known:
        yield _AREA.error(Code.STORE_NEWER, found=str(health.schema), newest=health.newest)
    elif health.schema != health.newest:
        yield _AREA.warning(Code.STORE_BEHIND, found=str(health.schema), newest=health.newest)
    else:
        yield _AREA.ok(Code.STORE_OK, found=str(health.schema), size=health.size_bytes // 2**20)
    if health.is_superuser:
        yield _AREA.warning(Code.STORE_SUPERUSER)
    if health.is_old_server:
        yield _AREA.warning(Code.STORE_SERVER_OLD)
    if health.is_open_line:
        yield _AREA.warning(Code.STORE_OPEN_LINE)
    if health.missing_rights:
        first, others = health.missing_rights[0], len(health.missing_rights) - 1
        yield _AREA.error(Code.STORE_RIGHTS, first, others=others)
    for pid, since in health.standing:
        yield _AREA.warning(Code.STORE_STANDING, str(pid), since=minute(since))
    if health.is_locked:
        yield _AREA.error(Code.STORE_LOCKED)
    yield from _runs(seen, health)


def _runs(seen: Examination, health: Health) -> Iterator[Finding]:
    """Runs that are said to be under way: one has the lease, the others were killed."""
    alive = None if health.lease is None or health.is_lease_over else health.lease
    for run_key, since in health.running:
        if alive is None or alive.about != run_key:
            yield _AREA.warning(Code.RUN_KILLED, run_key, since=minute(since))
    if alive is not None and seen.now - alive.since > LONG:
        holder = lease.shown(alive.holder)
        yield _AREA.warning(Code.RUN_LONG, alive.about, since=minute(alive.since), holder=holder)
