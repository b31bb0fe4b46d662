"""A deployment folder opened: its declaration, where its files live, its keys, its store."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import policy
import privacy.keys
import store
from connectors.secrets import Login, Secrets, of_schemes
from core.deployment import Deployment, parse
from core.errors import ConfigError
from privacy.cipher import FileCipher
from store.stage import Stage, open_stage

FILE = "deployment.yaml"


@dataclass(frozen=True)
class Site:
    """One lender's installation. Cheap to make; the store, the keys and the policy pack open on first use.

    ``logins``: by scheme of a reference (``airflow:CONN_ID``), who knows the login.
    """

    folder: Path
    deployment: Deployment
    environ: Mapping[str, str]
    logins: Mapping[str, Login] = field(default_factory=dict)

    @cached_property
    def base(self) -> Path:
        """The folder against which source locations resolve."""
        return (self.folder / self.deployment.root).resolve()

    @cached_property
    def stage(self) -> Stage:
        return open_stage(self.deployment.stage, FileCipher(self.keys), base=self.folder)

    @cached_property
    def keys(self) -> privacy.keys.KeyRing:
        return privacy.keys.load(self.deployment.keys, self.folder, self.environ)

    @cached_property
    def store(self) -> store.Store:
        return store.open(self.deployment.store, base=self.folder)

    @cached_property
    def secrets(self) -> Secrets:
        """What resolves the references to logins: the environment, and where Airflow runs, its connections."""
        return of_schemes(self.environ, self.logins)

    @cached_property
    def pack(self) -> policy.Pack:
        return policy.load(self.deployment.jurisdiction)

    @cached_property
    def models(self) -> Path:
        """Where model files live: parameters and provenance, no person's value."""
        return self.folder / "state" / "models"

    def token(self, kind: str, value: str) -> str:
        """Keyed token of one identifier: the same in every run, useless without the key."""
        return self.keys.token(kind, value)


def open_site(
    folder: str | Path, *, environ: Mapping[str, str] | None = None, logins: Mapping[str, Login] | None = None
) -> Site:
    """The site of this folder (or of this deployment file). Raises ConfigError naming key and line."""
    path = Path(folder)
    file = path if path.is_file() else path / FILE
    if not file.is_file():
        raise ConfigError("there is no deployment.yaml in this folder", file=file.name)
    env = dict(os.environ if environ is None else environ)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8 text", file=file.name) from None
    return Site(file.parent.resolve(), parse(text, environ=env, file=file.name), env, logins or {})
