"""Where a reading got to: an opaque text that is committed together with the rows it covers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_VERSION = 1

State = Mapping[str, Any]


class BadCursor(ValueError):
    """A text that is no cursor of this transport."""


def write(kind: str, state: State) -> str:
    """The cursor as compact JSON; the same state always gives the same text."""
    return json.dumps({"v": _VERSION, "kind": kind, **state}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read(kind: str, text: str) -> dict[str, Any]:
    """The state in a cursor. Raises BadCursor when it was written by something else."""
    try:
        state = json.loads(text)
    except (ValueError, RecursionError):
        raise BadCursor("it is no JSON") from None
    if not isinstance(state, dict) or state.pop("v", None) != _VERSION:
        raise BadCursor("it is of another version")
    if (written := state.pop("kind", None)) != kind:
        raise BadCursor(f"it was written for {written}, not for {kind}")
    return state
