"""What the owner of a store does to it by hand: another schema, the roles of its database."""

from __future__ import annotations

from dataclasses import dataclass

import store
import store.roles
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


def grants() -> dict[str, list[str]]:
    """The SQL that gives each role of PostgreSQL its rights."""
    return {role: list(store.roles.statements(role)) for role in store.roles.Role}


def grant(site: Site) -> None:
    """Make the roles and give them their rights, as the store's owner. Raises ConfigError where the store is SQLite."""
    store.roles.apply(site.deployment.store, base=site.folder)
