"""The key ring: there, closed to others, usable, and the one that sealed what is stored."""

from __future__ import annotations

from collections.abc import Iterator

import privacy.keys
from core.errors import SkiptraceError, Transient
from pipeline.doctor.examination import Examination, is_open_to_others, mode_of
from pipeline.doctor.findings import Area, Code, Finding

_AREA = Area("keys")


def check(seen: Examination) -> Iterator[Finding]:
    keys, sealed = seen.site.deployment.keys, seen.found.sealed if seen.found else ()
    if not seen.ring.exists():
        lost = _AREA.error(Code.KEYS_LOST, keys.path)
        master = "" if keys.provider != "env" else f"{keys.prefix}_MASTER"
        unset = _AREA.error(Code.KEYS_UNUSABLE, keys.path, said=f"{master} is not set")
        is_unset = bool(master) and not seen.site.environ.get(master)
        yield lost if sealed else unset if is_unset else _AREA.ok(Code.KEYS_NOT_YET, keys.path)
        return
    if is_open_to_others(seen.ring):
        yield _AREA.error(Code.KEYS_OPEN, keys.path, mode=mode_of(seen.ring))
        return
    try:
        ring = privacy.keys.load(keys, seen.site.folder, seen.site.environ)
    except Transient as e:
        yield _AREA.error(Code.KEYS_UNREACHABLE, keys.path, said=str(e))
    except (SkiptraceError, OSError) as e:
        yield _AREA.error(Code.KEYS_UNUSABLE, keys.path, said=_said(e))
    else:
        opens = all(_opens(ring, *one) for one in sealed)
        yield _AREA.ok(Code.KEYS_OK, keys.path) if opens else _AREA.error(Code.KEYS_OTHER, keys.path)


def _opens(ring: privacy.keys.KeyRing, candidate: str, blob: bytes) -> bool:
    try:
        ring.open(blob, f"candidate:{candidate}")
    except SkiptraceError:
        return False
    return True


def _said(error: Exception) -> str:
    if isinstance(error, SkiptraceError):
        return str(error)
    return str(getattr(error, "strerror", None) or type(error).__name__)
