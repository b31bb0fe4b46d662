"""What waits to be done, as counts and dates: all that a monitor reads beside runs. It reads no column that tells of whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables


@dataclass(frozen=True, slots=True)
class Waiting:
    """Quarantined rows by source, and when each unfinished erasure and each unanswered request is due."""

    quarantined: Mapping[str, int]
    erasures: tuple[datetime, ...]
    requests: tuple[datetime, ...]


def read(connection: sa.Connection) -> Waiting:
    """As it is now."""
    q, e, r = tables.quarantine.c, tables.erasures.c, tables.requests.c
    aside = sa.select(q.source, sa.func.count()).where(q.status == "open").group_by(q.source).order_by(q.source)
    return Waiting(
        dict(connection.execute(aside).tuples().all()),
        tuple(connection.scalars(sa.select(e.due_at).where(e.state == "withdrawn"))),
        tuple(connection.scalars(sa.select(r.due_at).where(r.status == "open"))),
    )
