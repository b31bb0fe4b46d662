"""doctor: what is wrong with a deployment, or will be soon. It looks and changes nothing; each finding has its remedy.

Texts are the terminal's (``cli.texts.findings``); here a finding is a code, what it is about, and facts: names, counts, dates.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from importlib import metadata
from pathlib import Path

import privacy.keys
import store
from core.errors import ConfigError, SkiptraceError, Transient
from pipeline import lease, sources
from pipeline.site import FILE, Site, open_site
from policy import working_days
from policy.decide import assessment_conditions
from store.stage import is_url, open_stage

SOON = timedelta(days=30)
CALENDAR_SOON = timedelta(days=60)
LONG = timedelta(hours=6)
SKEW = timedelta(minutes=1)
LEAST_FREE = 200 * 2**20
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LEVELS = ("ok", "warning", "error")


class Code(StrEnum):
    """The closed list of what the doctor can say; docs/reference/doctor.md has the remedy of each."""

    CONFIG_OK = "config_ok"
    CONFIG_WRONG = "config_wrong"
    CONFIG_WRITABLE = "config_writable"
    SECRET_IN_FILE = "secret_in_file"  # noqa: S105 - a code, no password
    VERSIONS_OK = "versions_ok"
    PACKAGE_MISSING = "package_missing"
    PACKAGE_OLD = "package_old"
    KEYS_OK = "keys_ok"
    KEYS_NOT_YET = "keys_not_yet"
    KEYS_LOST = "keys_lost"
    KEYS_OPEN = "keys_open"
    KEYS_UNUSABLE = "keys_unusable"
    KEYS_UNREACHABLE = "keys_unreachable"
    KEYS_OTHER = "keys_other"
    STORE_OK = "store_ok"
    STORE_NOT_YET = "store_not_yet"
    STORE_URL = "store_url"
    STORE_UNREACHABLE = "store_unreachable"
    STORE_UNREADABLE = "store_unreadable"
    STORE_DAMAGED = "store_damaged"
    STORE_NEWER = "store_newer"
    STORE_BEHIND = "store_behind"
    STORE_SUPERUSER = "store_superuser"
    STORE_SERVER_OLD = "store_server_old"
    STORE_OPEN_LINE = "store_open_line"
    STORE_RIGHTS = "store_rights"
    STORE_STANDING = "store_standing"
    STORE_LOCKED = "store_locked"
    RUN_KILLED = "run_killed"
    RUN_LONG = "run_long"
    FOLDERS_OK = "folders_ok"
    FOLDER_UNWRITABLE = "folder_unwritable"
    OPEN_TO_OTHERS = "open_to_others"
    STAGE_UNREACHABLE = "stage_unreachable"
    DISK_OK = "disk_ok"
    DISK_LOW = "disk_low"
    DISK_SMALL = "disk_small"
    CLOCK_OK = "clock_ok"
    CLOCK_BEHIND = "clock_behind"
    CLOCK_SKEW = "clock_skew"
    ASSESSMENT_OK = "assessment_ok"
    ASSESSMENT_EXPIRED = "assessment_expired"
    ASSESSMENT_EXPIRING = "assessment_expiring"
    PURPOSE_UNKNOWN = "purpose_unknown"
    CALENDAR_OK = "calendar_ok"
    CALENDAR_ENDED = "calendar_ended"
    CALENDAR_ENDING = "calendar_ending"
    SOURCE_OK = "source_ok"
    SOURCE_WRONG = "source_wrong"
    SOURCE_DOUBTFUL = "source_doubtful"


@dataclass(frozen=True, slots=True)
class Finding:
    """``area`` is what was looked at, ``about`` the file, source or package, ``facts`` fill the text. Never a value of a person."""

    area: str
    level: str
    code: Code
    about: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Examination:
    """An open site, and the world around it: injected, so that it can be broken."""

    site: Site
    now: datetime
    free: Callable[[Path], int]

    @cached_property
    def health(self) -> store.Health | SkiptraceError:
        """The store as found, or why it could not be looked at."""
        try:
            return store.examine(self.site.deployment.store, base=self.site.folder)
        except SkiptraceError as e:
            return e

    @cached_property
    def store_file(self) -> Path | None:
        with suppress(ConfigError):
            return store.file_of(self.site.deployment.store, self.site.folder)
        return None

    @property
    def ring(self) -> Path:
        return self.site.folder / self.site.deployment.keys.path

    @property
    def is_stage_a_bucket(self) -> bool:
        return is_url(self.site.deployment.stage)

    @property
    def stage(self) -> Path:
        """Where stage files are made on this machine: the stage, or, before a bucket takes them, the folder for temporary files."""
        given = self.site.deployment.stage
        return Path(tempfile.gettempdir()) if self.is_stage_a_bucket else self.site.folder / given


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
    checks = (_configuration, _versions, _store, _keys, _files, _disk, _clock, _law)
    found = [f for check in checks for f in check(seen)]
    return [*found, *(_sources(seen) if with_sources else ())]


def worst(findings: list[Finding]) -> str:
    """The worst level among them."""
    return _LEVELS[max((_LEVELS.index(f.level) for f in findings), default=0)]


def _error(area: str, code: Code, about: str = "", **facts: str | int) -> Finding:
    return Finding(area, "error", code, about, facts)


def _warning(area: str, code: Code, about: str = "", **facts: str | int) -> Finding:
    return Finding(area, "warning", code, about, facts)


def _ok(area: str, code: Code, about: str = "", **facts: str | int) -> Finding:
    return Finding(area, "ok", code, about, facts)


# --- configuration and versions -----------------------------------------------------------------------------------------


def _configuration(seen: Examination) -> Iterator[Finding]:
    file = seen.site.folder / FILE
    yield _ok("configuration", Code.CONFIG_OK, FILE, sources=len(seen.site.deployment.sources))
    if file.is_file() and file.stat().st_mode & stat.S_IWOTH:
        yield _warning("configuration", Code.CONFIG_WRITABLE, FILE)
    if file.is_file() and _password_in(seen.site.deployment.store) and not _is_substituted(file):
        yield _warning("configuration", Code.SECRET_IN_FILE, FILE)


def _password_in(url: str) -> bool:
    before, at, _ = url.partition("@")
    return bool(at) and ":" in before.partition("://")[2]


def _is_substituted(file: Path) -> bool:
    """Whether the store's line takes something from the environment."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return any("${" in line for line in lines if line.strip().startswith("store:"))


def _versions(_seen: Examination) -> Iterator[Finding]:
    from packaging.requirements import Requirement

    wrong = []
    for text in metadata.requires("skiptrace") or ():
        need = Requirement(text)
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(need.name)
        except metadata.PackageNotFoundError:
            wrong.append(_error("versions", Code.PACKAGE_MISSING, need.name, wanted=str(need.specifier)))
            continue
        if not need.specifier.contains(found, prereleases=True):
            wrong.append(_error("versions", Code.PACKAGE_OLD, need.name, wanted=str(need.specifier), found=found))
    yield from wrong or [_ok("versions", Code.VERSIONS_OK, found=metadata.version("skiptrace"))]


# --- store and keys -----------------------------------------------------------------------------------------------------


def _store(seen: Examination) -> Iterator[Finding]:
    health = seen.health
    if isinstance(health, ConfigError):
        yield _error("store", Code.STORE_URL, said=str(health))
    elif isinstance(health, Transient):
        yield _error("store", Code.STORE_UNREACHABLE, said=str(health))
    elif isinstance(health, SkiptraceError):
        yield _error("store", Code.STORE_UNREADABLE, said=str(health))
    elif health.schema is None:
        yield _ok("store", Code.STORE_NOT_YET)
    else:
        yield from _healthy(seen, health)


def _healthy(seen: Examination, health: store.Health) -> Iterator[Finding]:
    if health.damage:
        yield _error("store", Code.STORE_DAMAGED, said=health.damage)
    elif not health.is_known:
        yield _error("store", Code.STORE_NEWER, found=str(health.schema), newest=health.newest)
    elif health.schema != health.newest:
        yield _warning("store", Code.STORE_BEHIND, found=str(health.schema), newest=health.newest)
    else:
        yield _ok("store", Code.STORE_OK, found=str(health.schema), size=health.size_bytes // 2**20)
    if health.is_superuser:
        yield _warning("store", Code.STORE_SUPERUSER)
    if health.is_old_server:
        yield _warning("store", Code.STORE_SERVER_OLD)
    if health.is_open_line:
        yield _warning("store", Code.STORE_OPEN_LINE)
    if health.missing_rights:
        first, others = health.missing_rights[0], len(health.missing_rights) - 1
        yield _error("store", Code.STORE_RIGHTS, first, others=others)
    for pid, since in health.standing:
        yield _warning("store", Code.STORE_STANDING, str(pid), since=_minute(since))
    if health.is_locked:
        yield _error("store", Code.STORE_LOCKED)
    yield from _runs(seen, health)


def _runs(seen: Examination, health: store.Health) -> Iterator[Finding]:
    """Runs that are said to be under way: one has the lease, the others were killed."""
    alive = None if health.lease is None or health.is_lease_over else health.lease
    for run_key, since in health.running:
        if alive is None or alive.about != run_key:
            yield _warning("store", Code.RUN_KILLED, run_key, since=_minute(since))
    if alive is not None and seen.now - alive.since > LONG:
        yield _warning(
            "store", Code.RUN_LONG, alive.about, since=_minute(alive.since), holder=lease.shown(alive.holder)
        )


def _keys(seen: Examination) -> Iterator[Finding]:
    keys, sealed = seen.site.deployment.keys, _sealed(seen)
    if not seen.ring.exists():
        lost = _error("keys", Code.KEYS_LOST, keys.path)
        master = "" if keys.provider != "env" else f"{keys.prefix}_MASTER"
        unset = _error("keys", Code.KEYS_UNUSABLE, keys.path, said=f"{master} is not set")
        is_unset = bool(master) and not seen.site.environ.get(master)
        yield lost if sealed else unset if is_unset else _ok("keys", Code.KEYS_NOT_YET, keys.path)
        return
    if seen.ring.stat().st_mode & _OTHERS:
        yield _error("keys", Code.KEYS_OPEN, keys.path, mode=f"{stat.S_IMODE(seen.ring.stat().st_mode):04o}")
        return
    try:
        ring = privacy.keys.load(keys, seen.site.folder, seen.site.environ)
    except Transient as e:
        yield _error("keys", Code.KEYS_UNREACHABLE, keys.path, said=str(e))
    except (SkiptraceError, OSError) as e:
        yield _error("keys", Code.KEYS_UNUSABLE, keys.path, said=_said(e))
    else:
        opens = all(_opens(ring, *one) for one in sealed)
        yield _ok("keys", Code.KEYS_OK, keys.path) if opens else _error("keys", Code.KEYS_OTHER, keys.path)


def _sealed(seen: Examination) -> tuple[tuple[str, bytes], ...]:
    return seen.health.sealed if isinstance(seen.health, store.Health) else ()


def _opens(ring: privacy.keys.KeyRing, candidate: str, blob: bytes) -> bool:
    try:
        ring.open(blob, f"candidate:{candidate}")
    except SkiptraceError:
        return False
    return True


def _said(error: Exception) -> str:
    return (
        str(error)
        if isinstance(error, SkiptraceError)
        else str(getattr(error, "strerror", None) or type(error).__name__)
    )


# --- files, disk, clock -------------------------------------------------------------------------------------------------


def _files(seen: Examination) -> Iterator[Finding]:
    wrong = [*_unwritable(seen), *_open_to_others(seen), *_bucket(seen)]
    yield from wrong or [_ok("files", Code.FOLDERS_OK)]


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
        yield _error("files", Code.STAGE_UNREACHABLE, said=str(e))


def _unwritable(seen: Examination) -> Iterator[Finding]:
    for folder in _folders(seen):
        try:
            with tempfile.TemporaryFile(dir=_nearest(folder)):
                pass
        except OSError as e:
            yield _error("files", Code.FOLDER_UNWRITABLE, _shown(seen, folder), said=e.strerror or type(e).__name__)


def _nearest(path: Path) -> Path:
    """The path, or the closest thing above it that is there: where it would be made."""
    return next(p for p in (path, *path.parents) if p.exists())


def _open_to_others(seen: Examination) -> Iterator[Finding]:
    files = [seen.store_file.with_name(seen.store_file.name + end) for end in ("", "-wal")] if seen.store_file else []
    own = [f for f in _folders(seen) if f not in (seen.site.folder, *seen.site.folder.parents)]
    for path in [*own, *files]:
        if path.exists() and path.stat().st_mode & _OTHERS:
            mode = "0700" if path.is_dir() else "0600"
            now = f"{stat.S_IMODE(path.stat().st_mode):04o}"
            yield _warning("files", Code.OPEN_TO_OTHERS, _shown(seen, path), mode=now, wanted=mode)


def _shown(seen: Examination, path: Path) -> str:
    return path.relative_to(seen.site.folder).as_posix() if path.is_relative_to(seen.site.folder) else str(path)


def _disk(seen: Examination) -> Iterator[Finding]:
    """Room for a run: what its file sources hold, staged in three steps, and a second copy of the store."""
    size = seen.health.size_bytes if isinstance(seen.health, store.Health) and seen.store_file else 0
    needs = {seen.stage: 3 * _source_bytes(seen)}
    if seen.store_file:
        needs[seen.store_file.parent] = needs.get(seen.store_file.parent, 0) + size
    wrong = [f for folder, need in needs.items() for f in _room(seen, folder, need)]
    yield from wrong or [_ok("disk", Code.DISK_OK)]


def _room(seen: Examination, folder: Path, need: int) -> Iterator[Finding]:
    try:
        free = seen.free(_nearest(folder))
    except OSError:
        return  # told among the files
    facts: dict[str, str | int] = {"free": free // 2**20, "need": max(need, LEAST_FREE) // 2**20}
    if free < LEAST_FREE:
        yield _error("disk", Code.DISK_LOW, _shown(seen, folder), **facts)
    elif free < need:
        yield _warning("disk", Code.DISK_SMALL, _shown(seen, folder), **facts)


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


def _clock(seen: Examination) -> Iterator[Finding]:
    health = seen.health if isinstance(seen.health, store.Health) else None
    last, theirs = (health.last_event, health.clock) if health else (None, None)
    wrong = []
    if last is not None and last > seen.now + SKEW:
        wrong.append(_error("clock", Code.CLOCK_BEHIND, now=_minute(seen.now), last=_minute(last)))
    if theirs is not None and abs(theirs - seen.now) > SKEW:
        seconds = int(abs(theirs - seen.now).total_seconds())
        wrong.append(_warning("clock", Code.CLOCK_SKEW, seconds=seconds))
    yield from wrong or [_ok("clock", Code.CLOCK_OK, now=_minute(seen.now))]


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}Z"


# --- law and sources ----------------------------------------------------------------------------------------------------


def _law(seen: Examination) -> Iterator[Finding]:
    deployment, pack = seen.site.deployment, seen.site.pack
    assessment = deployment.impact_assessment
    facts = {"until": assessment.valid_until}
    if assessment_conditions(assessment, seen.now):
        yield _error("law", Code.ASSESSMENT_EXPIRED, assessment.id, **facts)
    elif assessment_conditions(assessment, seen.now + SOON):
        yield _warning("law", Code.ASSESSMENT_EXPIRING, assessment.id, **facts)
    else:
        yield _ok("law", Code.ASSESSMENT_OK, assessment.id, **facts)
    if deployment.purpose not in pack.purposes:
        yield _error("law", Code.PURPOSE_UNKNOWN, deployment.purpose, known=", ".join(sorted(pack.purposes)))
    yield _calendar(seen)


def _calendar(seen: Examination) -> Finding:
    year = working_days.last_known_year(seen.site.deployment.jurisdiction)
    if year is None:
        return _ok("law", Code.CALENDAR_OK, seen.site.deployment.jurisdiction)
    end = datetime.combine(date(year + 1, 1, 1), datetime.min.time(), UTC)
    if seen.now >= end:
        return _warning("law", Code.CALENDAR_ENDED, "chinesecalendar", year=year)
    code = Code.CALENDAR_ENDING if seen.now + CALENDAR_SOON >= end else Code.CALENDAR_OK
    return Finding("law", "warning" if code is Code.CALENDAR_ENDING else "ok", code, "chinesecalendar", {"year": year})


def _sources(seen: Examination) -> Iterator[Finding]:
    codes = {"ok": Code.SOURCE_OK, "warning": Code.SOURCE_DOUBTFUL, "error": Code.SOURCE_WRONG}
    for f in sources.check_all(seen.site):
        yield Finding("sources", f.level, codes[f.level], f.source, {"check": f.check, "said": f.message})


def is_passing(code: Code) -> bool:
    """Whether this is worth another attempt by itself: something that does not answer now."""
    return code in {Code.STORE_UNREACHABLE, Code.STORE_LOCKED, Code.KEYS_UNREACHABLE}


def is_of_one_source(code: Code) -> bool:
    """Whether a run goes on without it."""
    return code is Code.SOURCE_WRONG
