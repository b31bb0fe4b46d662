"""A part of a store: its engine and its clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa


class Part:
    """Each method is one transaction, with the audit event of what it changed."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
