"""How a source says that a row of it is gone: by a column of the row itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_YES = ("1", "t", "true", "y", "yes")


@dataclass(frozen=True, slots=True)
class Flag:
    """A row is gone where ``column`` holds one of ``values``, whatever their case."""

    column: str
    values: tuple[str, ...] = _YES

    def holds(self, texts: pa.Array) -> pa.Array:
        """True for each row that is gone."""
        known = pa.array([value.lower() for value in self.values], pa.string())
        return pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(texts)), value_set=known)


def of(options: Mapping[str, Any]) -> Flag | None:
    """What the option ``deleted`` says: a column's name, or {column, values}; None where it says nothing or is not understood."""
    given = options.get("deleted")
    if isinstance(given, str):
        return Flag(given)
    if not isinstance(given, Mapping) or not isinstance(given.get("column"), str):
        return None
    values = given.get("values")
    return Flag(given["column"], tuple(str(v) for v in values)) if isinstance(values, list) else Flag(given["column"])
