"""Search a deployment for values that should be gone: every file byte by byte, every sealed value opened.

The lender's own source files are not the deployment's and are left out (they are what the search is made from).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import store
from pipeline.site import FILE, Site
from store.stage import is_url
from store.subjects import SEALED

_SHORTEST = 4  # characters; shorter needles are found in anything


@dataclass(frozen=True)
class Residue:
    """Where something was found, never what: file or table → how many hits. ``opened`` sealed values were looked into."""

    plain: dict[str, int] = field(default_factory=dict)
    sealed: dict[str, int] = field(default_factory=dict)
    files: int = 0
    opened: int = 0

    @property
    def found(self) -> int:
        return sum(self.plain.values()) + sum(self.sealed.values())


def search(site: Site, values: Collection[str], *, restricted: bool = False) -> Residue:
    """Where any of these values still is. ``restricted`` also opens what is kept in storage only."""
    needles = {v for v in values if len(v) >= _SHORTEST or not v.isascii()}
    plain, files = dict[str, int](), 0
    for name, content in _contents(site):
        files += 1
        if n := _hits(content, needles):
            plain[name] = n
    sealed, opened = {}, 0
    for table in SEALED:
        if table == "restricted" and not restricted:
            continue
        hits = 0
        for _, purpose, blob in _blobs(site, table):
            text = _plain(site.keys.open(blob, purpose))
            opened += 1
            hits += any(n in text for n in needles)
        if hits:
            sealed[table] = hits
    return Residue(plain, sealed, files, opened)


def _contents(site: Site) -> Iterator[tuple[str, bytes]]:
    """Every file of the deployment by its name, and every object of a stage that is in a bucket."""
    for path in deployment_files(site):
        yield path.name, content_of(site, path)
    if is_url(site.deployment.stage):
        for key in site.stage.place.files():
            yield key, site.stage.place.raw(key)


def content_of(site: Site, path: Path) -> bytes:
    """A file of the deployment, the store's own among them."""
    own = store.files_of(site.deployment.store, site.folder)
    return store.raw(path) if path in own else path.read_bytes()


def deployment_files(site: Site) -> Iterator[Path]:
    """What the product itself keeps: everything under the folder but the declaration and the sources."""
    sources = {site.base.resolve()} - {site.folder}
    for path in sorted(site.folder.rglob("*")):
        if path.is_file() and path.name != FILE and not any(s in path.resolve().parents for s in sources):
            yield path


def stolen(folder: Path, values: Collection[str], *, without: Collection[str] = ()) -> dict[str, int]:
    """What a thief of these files reads, in the usual encodings: file → hits. ``without`` names files not stolen."""
    needles = {v for v in values if len(v) >= _SHORTEST or not v.isascii()}
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name not in without]
    contents = ((p, store.raw(p) if _is_of_sqlite(p) else p.read_bytes()) for p in paths)
    return {str(p.relative_to(folder)): n for p, content in contents if (n := _hits(content, needles))}


def _is_of_sqlite(path: Path) -> bool:
    return path.name.endswith(("-wal", "-shm")) or Path(f"{path}-wal").exists()


def _hits(content: bytes, needles: Collection[str]) -> int:
    forms = (b for n in needles for b in _forms(n))
    return sum(f in content for f in forms)


def _forms(value: str) -> set[bytes]:
    """As text in three encodings, escaped as JSON, and in base64."""
    plain = {value.encode("utf-8"), value.encode("utf-16-le"), value.encode("gb18030", errors="replace")}
    plain.add(json.dumps(value)[1:-1].encode())
    if len(value) > _SHORTEST * 2:
        plain.add(base64.b64encode(value.encode()).rstrip(b"=")[:-1])
    return {p for p in plain if len(p) > 3}


def _blobs(site: Site, table: str) -> Iterator[tuple[str, str, bytes]]:
    after = ""
    while part := site.store.subjects.sealed(table, after=after):
        yield from part
        after = part[-1][0]


def _plain(text: str) -> str:
    """A sealed payload is JSON: its values as a person wrote them."""
    return "\n".join(str(v) for v in json.loads(text).values()) if text.startswith("{") else text
