"""A deployment whose store is a database of its own on a real server, as a run leaves it: run once, copied by the server itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import sqlalchemy as sa

from pipeline.site import Site, open_site
from pipeline.walk import walk
from tests.support import run_of

_made: dict[str, Path] = {}


def copy(server, portfolio: Path, into: Path, keys: Path | None = None) -> Site:
    """A copy of the portfolio after its run, with a database of its own. ``keys``: those of another deployment, for the same ids."""
    template = f"ran_{abs(hash(str(portfolio)))}"
    if template not in _made:
        folder = into / "template"
        site = _deployed(server, portfolio, folder, template, keys)
        walk(run_of(site))
        site.store.close()
        _made[template] = folder
    name = f"copy_{abs(hash(str(into)))}"
    _admin(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return _deployed(server, _made[template], into / "site", name, None)


def _deployed(server, source: Path, folder: Path, name: str, keys: Path | None) -> Site:
    if not (source / "state").is_dir():
        _admin(server, f"CREATE DATABASE {name}")
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("truth"))
    file = folder / "deployment.yaml"
    text = file.read_text(encoding="utf-8")
    url = server.url.replace("/postgres?", f"/{name}?")
    before = next(line.partition(": ")[2] for line in text.splitlines() if line.startswith("store: "))
    file.write_text(text.replace(before, url), encoding="utf-8")
    if keys is not None:
        (folder / "state").mkdir(exist_ok=True)
        shutil.copy(keys, folder / "state" / "keys.json")
    return open_site(folder)


def _admin(server, statement: str) -> None:
    admin = sa.create_engine(server.url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(statement))
    admin.dispose()
