"""Small frozen types around frames, where the law is in the type.

``Signals`` have not passed the consent gate, ``Admitted`` have. ``pipeline.match`` takes only ``Admitted``, and only
``pipeline.admit`` makes one (a test holds this).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from core import schemas


@dataclass(frozen=True, slots=True)
class Signals:
    """Clean signals that have not passed the consent gate. ``table`` has schema CLEAN_SIGNALS."""

    table: pa.Table


@dataclass(frozen=True, slots=True)
class Admitted:
    """Signals that the first gate let through, granted or pending. ``table`` has schema ADMITTED."""

    table: pa.Table

    def __post_init__(self) -> None:
        if self.table.schema.names != schemas.ADMITTED.names:
            raise TypeError("Admitted needs the ADMITTED schema: only pipeline.admit makes one")


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer of the policy: never an error. ``rule_ids`` are all rules that spoke, the deciding one first."""

    allowed: bool
    rule_ids: tuple[str, ...]
    reason: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """What a run is keyed by: the half-open data interval [start, end), UTC. ``as_of`` is its end."""

    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        """Folder-safe key, the same for every rerun of this interval."""
        return f"{self.end:%Y%m%dT%H%M%SZ}"


@dataclass(frozen=True, slots=True)
class Ref:
    """What steps hand each other: where the rows are, never the rows. ``digest`` is the SHA-256 of the file."""

    step: str
    source: str
    path: str  # relative to the stage folder
    rows: int
    digest: str

    def as_dict(self) -> dict[str, Any]:
        """As JSON for an XCom: five short fields."""
        return {"step": self.step, "source": self.source, "path": self.path, "rows": self.rows, "digest": self.digest}
