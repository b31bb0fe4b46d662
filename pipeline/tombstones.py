"""What was forgotten, told apart from the store: what a backup brings back is forgotten again before anybody reads it.

One line an event, in a file of its own (``tombstones`` in deployment.yaml): keyed tokens of the person, of cases and of
candidates, never a value or an id that means something without the key. Lines are chained by a keyed hash. A line is
written before the store forgets: told and then not done is harmless, done and not told is not.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import Fatal, Transient
from pipeline.site import Site
from store.erasure import Subject

_TAIL = 1 << 16


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the file had come: lines, and the keyed hash of the last."""

    lines: int = 0
    hash: str = ""


def withdrawn(site: Site, who: Sequence[Subject], scopes: Collection[str] | None, at: datetime) -> None:
    """These persons withdraw these scopes, or all."""
    for one in who:
        _append(site, "withdrawal", at, one, scopes=None if scopes is None else sorted(scopes))


def closed(site: Site, case_ids: Collection[str], reason: str, at: datetime) -> None:
    """These cases are closed to tracing."""
    _append(site, "closure", at, Subject((), tuple(sorted(case_ids))), reason=reason)


def disowned(site: Site, case_id: str, candidate_id: str, at: datetime) -> None:
    """A contact is not its person's."""
    _append(site, "correction", at, Subject((), (case_id,)), candidate=site.token("candidate_id", candidate_id))


def mark(site: Site) -> Mark:
    """Where the file ends."""
    last = Mark()
    for at, _ in _lines(site):
        last = at
    return last


def since(site: Site, after: Mark) -> list[dict[str, Any]]:
    """What was told after this mark. Raises Fatal when the file is not the one of the mark, or was altered."""
    told, passed = [], after.lines == 0
    for at, line in _lines(site):
        if at.lines == after.lines:
            passed = at.hash == after.hash
        elif at.lines > after.lines:
            told.append(line)
    if not passed:
        raise Fatal(
            f"{_file(site).name} does not go on from where this backup was made: it is another file, or an older copy of it. "
            "Nothing was restored: what was forgotten since would come back"
        )
    return told


def _append(site: Site, what: str, at: datetime, who: Subject, **more: Any) -> None:
    file = _file(site)
    row: dict[str, Any] = {"what": what, "at": at.isoformat(), "tokens": list(who.tokens)}
    row |= {"cases": [site.token("case_id", c) for c in who.case_ids]} | more
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_CREAT | os.O_RDWR, 0o600), "r+b") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            before = _last(log, file.name)
            row |= {"n": before.lines + 1}
            row |= {"hash": _hash(site, before.hash, row)}
            log.seek(0, os.SEEK_END)
            log.write(json.dumps(row, sort_keys=True).encode() + b"\n")
            log.flush()
            os.fsync(log.fileno())
    except OSError as e:
        raise Transient(f"{file.name} cannot be written ({e.strerror}): nothing was forgotten; try again") from None


def _last(log: Any, name: str) -> Mark:
    """The last whole line; a half-written one of a process that was killed is cut off. Raises Fatal where it was altered."""
    end, size, start, before, whole, tail = log.seek(0, os.SEEK_END), _TAIL, 1, -1, 0, b""
    while start and before < 0:  # a line may be longer than what is looked at first
        start, size = max(0, end - size), size * 2
        log.seek(start)
        tail = log.read()
        whole = tail.rfind(b"\n") + 1
        before = tail.rfind(b"\n", 0, max(whole - 1, 0))
    log.truncate(start + whole)
    if not whole:
        return Mark()
    try:
        row = json.loads(tail[before + 1 : whole])
        return Mark(row["n"], row["hash"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Fatal(f"{name} was altered: its last line is none") from None


def _lines(site: Site) -> Iterator[tuple[Mark, dict[str, Any]]]:
    file, before = _file(site), Mark()
    if not file.exists():
        return
    for text in file.read_bytes().split(b"\n")[:-1]:
        try:
            row = json.loads(text)
            is_next = row["n"] == before.lines + 1 and row["hash"] == _hash(site, before.hash, row)
        except (ValueError, KeyError, TypeError, RecursionError):
            is_next = False
        if not is_next:
            raise Fatal(f"{file.name} was altered: line {before.lines + 1}")
        before = Mark(row["n"], row["hash"])
        yield before, row


def _hash(site: Site, before: str, row: dict[str, Any]) -> str:
    body = json.dumps({k: v for k, v in row.items() if k != "hash"}, sort_keys=True)
    return site.token("tombstone", before + body)


def _file(site: Site) -> Path:
    return site.folder / site.deployment.tombstones
