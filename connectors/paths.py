"""Dotted paths into nested records: ``cust.no``, ``items[0].city``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class _Absent:
    """What a path finds where there is nothing; unlike null, which is something."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


@cache
def steps(path: str) -> tuple[str | int, ...]:
    """The keys and list positions of a path."""
    return tuple(name or int(position) for name, position in _STEP.findall(path))


def find(record: object, path: str) -> object:
    """What is at this path; ABSENT where a key or position is not there. A key that itself has dots wins."""
    if isinstance(record, dict) and path in record:
        return record[path]
    for step in steps(path):
        record = _child(record, step)
    return record


def _child(record: object, step: str | int) -> object:
    if isinstance(record, dict):
        return record.get(step, ABSENT)
    if isinstance(record, list) and isinstance(step, int) and step < len(record):
        return record[step]
    return ABSENT


def leaves(record: object, at: str = "") -> Iterator[str]:
    """The path of every value in a record that is no object; a list is a value, unless it holds objects: then its first."""
    if isinstance(record, dict) and record:
        for key, value in record.items():
            yield from leaves(value, f"{at}.{key}" if at else str(key))
    elif isinstance(record, list) and record and isinstance(record[0], dict):
        yield from leaves(record[0], f"{at}[0]")
    elif at:
        yield at
