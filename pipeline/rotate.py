"""rotate: a new sealing key, and every sealed value sealed again under it, a batch at a time while the service runs.

Old keys stay in the ring, so that what is not yet done still opens; a process that loaded the ring before the rotation fetches
the new key when it first meets it. Stopped in the middle, the same command goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import privacy.keys
from core.deployment import Keys
from core.events import Event, EventName
from pipeline import lease
from pipeline.site import Site
from privacy.keys import KeyRing
from store.subjects import SEALED

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many values were looked at and sealed again under ``key_id``; ``resumed`` an earlier rotation that was cut off."""

    key_id: str
    seen: int
    resealed: int
    resumed: bool
    retired: tuple[str, ...] = ()


def rotate(site: Site, *, actor: str, batch: int = BATCH, retire: bool = False) -> Rotated:
    """Make a new key unless a rotation is unfinished, then seal everything again under the active one.

    ``retire`` also removes the keys that nothing uses any more: only when every process has been restarted since. A run
    under way holds its keys: Transient until it ends. So is another rotation.
    """
    with lease.alone(site, lease.ROTATION), lease.alone(site, lease.RUN, "a rotation") if retire else nullcontext():
        return _rotate(site, actor, batch, retire=retire)


def _rotate(site: Site, actor: str, batch: int, *, retire: bool) -> Rotated:
    keys, folder = site.deployment.keys, site.folder
    ring = privacy.keys.load(keys, folder, site.environ)
    resumed = any(key != ring.active for key in used_keys(site))
    if not resumed:
        ring = privacy.keys.rotate(keys, folder, site.environ)
    seen = resealed = 0
    for table in SEALED:
        for part in _batches(site, table, batch):
            seen += len(part)
            resealed += _reseal(site, table, ring, part)
    site.store.subjects.scrub()
    retired = tuple(privacy.keys.retire(keys, folder, site.environ, used_keys(site))) if retire else ()
    facts: dict[str, str | int | float | bool] = {
        "key": ring.active,
        "resealed": resealed,
        "retired": ",".join(retired),
    }
    site.store.record(Event(EventName.KEYS_ROTATED, actor, facts=facts))
    return Rotated(ring.active, seen, resealed, resumed, retired)


def rewrap(site: Site, before: Keys, *, actor: str) -> str:
    """The data keys wrapped by the deployment's present provider instead of the one they had before; the active key's id."""
    ring = privacy.keys.rewrap(site.deployment.keys, site.folder, site.environ, before)
    facts: dict[str, str | int | float | bool] = {"key": ring.active, "provider": site.deployment.keys.provider}
    site.store.record(Event(EventName.KEYS_ROTATED, actor, facts=facts))
    return ring.active


def used_keys(site: Site) -> frozenset[str]:
    """The keys that some sealed value of the store still needs."""
    parts = (part for table in SEALED for part in _batches(site, table, 50_000))
    return frozenset(privacy.keys.key_of(blob) for part in parts for _, _, blob in part if blob)


def _batches(site: Site, table: str, size: int) -> Iterator[list[tuple[str, str, bytes]]]:
    after = ""
    while part := site.store.subjects.sealed(table, after=after, limit=size):
        yield part
        after = part[-1][0]


def _reseal(site: Site, table: str, ring: KeyRing, part: list[tuple[str, str, bytes]]) -> int:
    old = [(key, aad, blob) for key, aad, blob in part if privacy.keys.key_of(blob) != ring.active]
    fresh = [(key, blob, ring.seal(ring.open(blob, aad), aad)) for key, aad, blob in old]
    if not fresh:
        return 0
    return site.store.subjects.reseal(table, fresh)
