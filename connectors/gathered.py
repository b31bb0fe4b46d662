"""JSON records on their way into a block: each wanted path a column."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from connectors import block, paths
from connectors.block import Block, Fault
from connectors.request import Request
from connectors.text import MARK
from core.reasons import Reason

# Keys of JSON are optional by nature: only this many records without one show that it was renamed or never there.
_ENOUGH_TO_JUDGE = 100
# With every column wanted, so many records tell which paths there are.
_TELLING = 1_000

# Numbers stay as they are written: no digit of a phone or an id is lost to a double.
DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=lambda _: None)

Record = dict[str, Any] | Reason


@dataclass(slots=True)
class Gathered:
    """Some records of ``name`` (a file, an address), numbered from ``first``; a Reason stands for one that is none."""

    name: str
    request: Request
    first: int = 1
    records: list[Record] = field(default_factory=list)

    @property
    def read(self) -> int:
        return len(self.records)

    def block(self, *, is_first: bool) -> Block:
        """The block of these records. Raises SourceUnusable for a path that was renamed or never there."""
        faults = [Fault(self.first + i, r) for i, r in enumerate(self.records) if isinstance(r, Reason)]
        kept = [(self.first + i, r) for i, r in enumerate(self.records) if not isinstance(r, Reason)]
        wanted = self.request.columns(self._leaves() if self.request.everything else ())
        found = {path: [paths.find(record, path) for _, record in kept] for path in wanted}
        if is_first:
            self._require(found)
        columns = {path: [None if v is paths.ABSENT else v for v in values] for path, values in found.items()}
        return block.of_values(self.name, columns, [number for number, _ in kept], faults)

    def _leaves(self) -> list[str]:
        seen: dict[str, None] = {}
        for record in islice((r for r in self.records if isinstance(r, dict)), _TELLING):
            seen.update(dict.fromkeys(paths.leaves(record)))
        return list(seen)

    def _require(self, found: dict[str, list[object]]) -> None:
        """A path no record has is missed if it is a required field's or there are records enough to tell."""
        for path, values in found.items():
            canonical = self.request.wanted.get(path)
            is_telling = len(values) >= _ENOUGH_TO_JUDGE or (values and canonical in self.request.required)
            if canonical and is_telling and all(value is paths.ABSENT for value in values):
                raise self.request.unusable(f"no record of {self.name} has {path!r}", field=canonical)


def checked(element: object) -> Record:
    """The element of a JSON array as a record."""
    if not isinstance(element, dict):
        return Reason.NOT_JSON
    return Reason.BAD_ENCODING if MARK in str(element) else element
