"""backup, restore: the store as one encrypted file with a manifest; what was forgotten since is forgotten again first.

The file opens with the deployment's key ring only, under the key that was active: a key that was retired since takes every
backup made under it along (crypto-shredding). The ring and the tombstones are not in it: keep them apart from it.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import store
from core.errors import Fatal, SkiptraceError, Transient
from core.events import Event, EventName
from pipeline import closure, retention, rights, tombstones, withdraw
from pipeline.site import Site
from privacy.cipher import FileCipher
from store import dump
from store.encrypted_file import EncryptedReader, EncryptedWriter
from store.erasure import Subject

DATA, MANIFEST = "store.enc", "manifest.json"
_FORMAT = 1
_PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought back, and what it forgot again at once."""

    made_at: datetime
    schema: str
    forgotten: int
    candidates: int


class _Hashed:
    """A file that is hashed as it is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._file.write(data)


def backup(site: Site, out: Path, *, actor: str) -> dict[str, Any]:
    """Write a backup into a new folder; its manifest. Runs and readers go on meanwhile. Raises Fatal when the folder holds something."""
    if out.exists() and any(out.iterdir()):
        raise Fatal(f"{out.name} is not empty: every backup has a folder of its own")
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    at = datetime.now(UTC)
    site.store.record(Event(EventName.STORE_BACKED_UP, actor))  # before: the copy knows that it was made
    told = tombstones.mark(site)  # before too: what is told while the copy is made is told again
    health = store.examine(site.deployment.store, base=site.folder)
    cipher, unnamed = FileCipher(site.keys), out / f".{DATA}"
    with os.fdopen(os.open(unnamed, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        hashed = _Hashed(file)
        sealed = EncryptedWriter(hashed, cipher, _name(at))  # type: ignore[arg-type]
        dump.dump(site.deployment.store, base=site.folder, out=sealed)  # type: ignore[arg-type]
        plain_bytes = sealed.tell()
        sealed.finish()
        file.flush()
        os.fsync(file.fileno())
    unnamed.rename(out / DATA)
    manifest = {
        "format": _FORMAT, "made_at": at.isoformat(), "backend": _backend(site), "schema": str(health.schema), "key": cipher.key_id,
        "bytes": plain_bytes, "sha256": hashed.digest.hexdigest(), "tombstones": told.lines, "tombstones_hash": told.hash,
    }  # fmt: skip
    manifest |= {"mac": _mac(site, manifest)}
    with os.fdopen(os.open(out / MANIFEST, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as text:
        json.dump(manifest, text, indent=1)
    return manifest


def restore(site: Site, folder: Path, *, may_replace: bool = False, actor: str) -> Restored:
    """Put a backup in place of the deployment's store. Nobody reads it before what was forgotten since is forgotten again.

    Raises Fatal when the backup was altered, its key is gone, the tombstones do not go on from it, or there is a store already.
    """
    manifest = verify(site, folder)
    told = tombstones.since(site, tombstones.Mark(manifest["tombstones"], manifest["tombstones_hash"]))
    made_at = datetime.fromisoformat(manifest["made_at"])
    _require_no_run(site)
    with (
        _opened(site, folder, manifest) as data,
        dump.restored(site.deployment.store, data, base=site.folder, may_replace=may_replace) as opened,
    ):
        there = replace(site)
        there.__dict__["store"] = opened  # where the site would open what is not to be opened yet
        candidates = _forget_again(there, told, actor)
        retention.purge(there, actor=actor)
        verdict = opened.verify_audit()
        if not verdict.is_intact:
            raise Fatal(f"the audit chain of this backup is broken at {verdict.broken_at}: {verdict.problem}")
        facts: dict[str, str | int | float | bool] = {"made_at": manifest["made_at"], "forgotten": len(told)}
        opened.record(Event(EventName.STORE_RESTORED, actor, facts=facts))
        opened.close()
    return Restored(made_at, manifest["schema"], len(told), candidates)


def verify(site: Site, folder: Path) -> dict[str, Any]:
    """The manifest of a backup that is whole and opens. Raises Fatal saying what is wrong with it."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        mac = manifest.pop("mac")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Fatal(f"{folder.name} holds no backup: {MANIFEST} is missing or no manifest") from None
    if mac != _mac(site, manifest) or manifest["format"] != _FORMAT:
        raise Fatal(f"{MANIFEST} was altered, is of another deployment, or of another version")
    if manifest["backend"] != _backend(site):
        raise Fatal(f"a backup of {manifest['backend']} cannot be restored into {_backend(site)}")
    if _digest(folder / DATA) != manifest["sha256"]:
        raise Fatal(f"{DATA} is missing, was altered or cut off: it is not the file that the manifest names")
    if site.keys.key(manifest["key"]) is None:
        raise Fatal(f"the key {manifest['key']} of this backup was retired: nothing opens it any more")
    with _opened(site, folder, manifest) as data:
        while data.read(_PART):
            pass  # every chunk opens, before anything is changed
    return manifest


class _opened:  # noqa: N801 - a context manager
    """The plaintext of a backup."""

    def __init__(self, site: Site, folder: Path, manifest: dict[str, Any]) -> None:
        self._file = (folder / DATA).open("rb")
        self._data = EncryptedReader(
            self._file, FileCipher(site.keys), _name(datetime.fromisoformat(manifest["made_at"]))
        )

    def __enter__(self) -> Any:
        return self._data

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _require_no_run(site: Site) -> None:
    """Nobody writes into the store that is replaced. One that cannot be read any more is nobody's."""
    try:
        now = store.examine(site.deployment.store, base=site.folder)
    except SkiptraceError:
        return
    if now.lease is not None and not now.is_lease_over:
        raise Transient(f"{now.lease.about or 'a run'} is under way: restore when it has ended")


def _forget_again(site: Site, told: list[dict[str, Any]], actor: str) -> int:
    """Do again what was told; how many candidates that took out."""
    if not told:
        return 0
    cases = {site.token("case_id", c): c for c in site.store.cases()["case_id"].to_pylist()}
    done = 0
    for line in told:
        at = datetime.fromisoformat(line["at"])
        case_ids = tuple(sorted(cases[c] for c in line["cases"] if c in cases))
        if line["what"] == "withdrawal":
            found = site.store.subjects.find(tokens=line["tokens"])
            who = Subject(tuple(sorted({*line["tokens"], *found.tokens})), tuple(sorted({*case_ids, *found.case_ids})))
            done += withdraw.heard(site, [who], scopes=line["scopes"], at=at, actor=actor).candidates
        elif line["what"] == "closure" and case_ids:
            done += closure.heard(site, case_ids, closure.Reason(line["reason"]), at=at, actor=actor).candidates
        elif line["what"] == "correction":
            done += _disown(site, case_ids, line["candidate"], actor)
    return done


def _disown(site: Site, case_ids: tuple[str, ...], token: str, actor: str) -> int:
    done = 0
    for case_id in case_ids:
        for candidate in site.store.candidates(case_id=case_id, at=datetime.now(UTC))["candidate_id"].to_pylist():
            if site.token("candidate_id", candidate) == token:
                done += rights.disown(site, case_id, candidate, actor=actor).candidates
    return done


def _digest(file: Path) -> str | None:
    """The file's SHA-256; None where there is none that can be read."""
    try:
        with file.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except OSError:
        return None


def _name(at: datetime) -> str:
    return f"backup {at.isoformat()}"


def _backend(site: Site) -> str:
    return "sqlite" if store.file_of(site.deployment.store, site.folder) is not None else "postgresql"


def _mac(site: Site, manifest: dict[str, Any]) -> str:
    return site.token("backup", json.dumps(manifest, sort_keys=True))
