"""What is kept of a case, for how long, and what its file still lacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from casework import guards
from casework.rules import load
from casework.state import State
from casework.terms import Terms
from casework.vocabulary import Artefact

EXTERIOR = "exterior"


@dataclass(frozen=True, slots=True)
class Kept:
    """From when an artefact may be deleted, and by when it must be (None: no limit is stated)."""

    not_before: datetime
    not_after: datetime | None


def retention_class(artefact: Artefact) -> str:
    """The name under which the policy pack says how long it is kept."""
    return str(_table()["retention"][artefact.value])


def kept(artefact: Artefact, made_at: datetime, terms: Terms) -> Kept:
    """The bounds of one artefact; a class that the pack does not name may go at any time."""
    least, most = terms.keep_days.get(retention_class(artefact), (0, None))
    return Kept(made_at + timedelta(days=least), None if most is None else made_at + timedelta(days=most))


def may_delete(artefact: Artefact, made_at: datetime, at: datetime, terms: Terms, *, is_held: bool) -> bool:
    """Not while its minimum runs, and not under a legal hold."""
    return not is_held and at >= kept(artefact, made_at, terms).not_before


def must_delete(artefact: Artefact, made_at: datetime, at: datetime, terms: Terms, *, is_held: bool) -> bool:
    """Its maximum has run, and no legal hold keeps it."""
    limit = kept(artefact, made_at, terms).not_after
    return not is_held and limit is not None and at >= limit


def refusal(artefact: Artefact, *, place_class: str | None, has_people: bool) -> str | None:
    """The rule against taking this in: a photograph shows the exterior and no people (R60)."""
    if artefact is Artefact.VISIT_PHOTO and (place_class != EXTERIOR or has_people):
        return "CW-PHOTO-01"
    return None


def missing(state: State, case: int, reason: str | None = None) -> list[str]:
    """The artefacts this case's file lacks, given how it ended and what happened in it.

    ``reason``: why it was closed, where that is not in its history.
    """
    needed = guards.required(state, np.array([case]))[0]
    if reason is not None:
        needed = needed | guards.required_by(reason)
    lacks = needed & (state.artefacts[case] < 1)
    return [a.value for a, is_missing in zip(Artefact, lacks, strict=True) if is_missing]


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = load("archive.yaml")
    return found
