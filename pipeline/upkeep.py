"""What the owner of a store does to it by hand: bring its schema to another version."""

from __future__ import annotations

from dataclasses import dataclass

import store
from pipeline.site import Site


@dataclass(frozen=True, slots=True)
class Migrated:
    """The schema before (None: there was none) and after."""

    before: str | None
    after: str | None


def migrate(site: Site, *, to: str = "head", may_drop: bool = False, actor: str) -> Migrated:
    """Bring the store to this version's schema, or (``to``) to an older one. Raises Fatal when that would lose rows."""
    url, base = site.deployment.store, site.folder
    before = store.examine(url, base=base).schema
    store.migrate_store(url, base=base, to=to, may_drop=may_drop, actor=actor)
    return Migrated(before, store.examine(url, base=base).schema)
