"""What the checks look at: an open site and the world around it."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import store
from core.errors import ConfigError, SkiptraceError
from pipeline.site import Site
from store.stage import is_url


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

    @property
    def found(self) -> store.Health | None:
        """The store, where it could be looked at."""
        return self.health if isinstance(self.health, store.Health) else None

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

    def shown(self, path: Path) -> str:
        """A path as findings tell it: within the deployment's folder, or whole."""
        folder = self.site.folder
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def nearest(path: Path) -> Path:
    """The path, or the closest thing above it that is there: where it would be made."""
    return next(p for p in (path, *path.parents) if p.exists())


def is_open_to_others(path: Path) -> bool:
    """Whether another user of this machine may do anything with it."""
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def mode_of(path: Path) -> str:
    """Its permissions, as chmod takes them."""
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"
