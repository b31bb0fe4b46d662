"""Leases: who may do what only one may do at a time, for how long, and when a holder is known to be gone.

A lease ends by itself, so that nothing waits for the dead. Of a process of this machine it is known at once: its number, its
start and the machine's boot say which one it was. On PostgreSQL the server's clock counts, on SQLite this machine's.
"""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.errors import Transient
from store import tables

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Lease:
    """``name`` is what is held, ``about`` what for (a run key); no value of a person."""

    name: str
    holder: str
    about: str
    since: datetime
    until: datetime


def new_holder() -> str:
    """A holder that is this process, and no other holder of it: host, pid, start, boot and pid namespace, a number of its own."""
    pid, start = _self()
    return "/".join([socket.gethostname(), str(pid), start, _machine(), uuid.uuid4().hex[:8]])


def take(connection: sa.Connection, name: str, *, holder: str, about: str, seconds: float, clock: datetime) -> Lease:
    """Take it, or keep it for longer; whose it is afterwards."""
    found = _locked(connection, name)
    now = now_of(connection, clock)
    if found is not None and found.holder != holder and not is_over(found, now):
        return found
    is_ours = found is not None and found.holder == holder
    lease = Lease(name, holder, about, found.since if found and is_ours else now, now + timedelta(seconds=seconds))
    connection.execute(sa.update(tables.leases).where(tables.leases.c.name == name).values(_row(lease)))
    return lease


def give_back(connection: sa.Connection, name: str, *, holder: str) -> None:
    """Give it back; nothing when it is another's by now."""
    t = tables.leases.c
    connection.execute(sa.update(tables.leases).where(t.name == name, t.holder == holder).values(holder=None))


def require(connection: sa.Connection, name: str, *, holder: str) -> None:
    """Keep it from changing hands until this transaction ends. Raises Transient when it is another's."""
    found = _locked(connection, name)
    if found is not None and found.holder != holder:
        raise Transient(f"the lease {name!r} went to another ({found.about}) while this one stood still: run it again")


def read(connection: sa.Connection) -> list[Lease]:
    """All that are held or were not given back."""
    t = tables.leases
    rows = connection.execute(sa.select(t).where(t.c.holder.is_not(None)).order_by(t.c.name)).mappings()
    return [Lease(**row) for row in rows]


def is_over(lease: Lease, now: datetime) -> bool:
    """Whether its time has passed, or its holder is known to be gone."""
    return lease.until <= now or is_dead(lease.holder)


def is_dead(holder: str) -> bool:
    """True when the holder was a process of this machine that is there no more; false when that cannot be known."""
    parts = holder.split("/")
    if len(parts) != 5 or not _machine() or parts[3] != _machine():
        return False
    return _start_of(parts[1]) != parts[2]


def now_of(connection: sa.Connection, clock: datetime) -> datetime:
    """The clock that counts for everybody who uses this store."""
    if connection.dialect.name != "postgresql":
        return clock
    at: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return at.astimezone(UTC)


def _locked(connection: sa.Connection, name: str) -> Lease | None:
    """Whose it is, locked until the transaction ends; its row is made when it is the first time."""
    t = tables.leases
    query = sa.select(t).where(t.c.name == name).with_for_update()
    row = connection.execute(query).mappings().first()
    if row is None:
        _make(connection, name)
        row = connection.execute(query).mappings().one()
    return None if row["holder"] is None else Lease(**row)


def _make(connection: sa.Connection, name: str) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(tables.leases).values(name=name).on_conflict_do_nothing())


def _row(lease: Lease) -> dict[str, str | datetime]:
    return {"holder": lease.holder, "about": lease.about, "since": lease.since, "until": lease.until}


# --- which process -----------------------------------------------------------------------------------------------------


def _self() -> tuple[int, str]:
    return os.getpid(), _start_of(str(os.getpid()))


def _start_of(pid: str) -> str:
    """When the process of this number began, in ticks since boot; nothing when there is none, or it is a zombie."""
    with suppress(OSError, IndexError):
        fields = (_PROC / pid / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    return ""


@cache
def _machine() -> str:
    """The boot and the pid namespace, within which a pid names the same process for everybody. Empty where it cannot be told."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot[:13]}.{(_PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return ""
