"""What each step counted, left beside its rows in the stage as small JSON files: ids, rules and counts only."""

from __future__ import annotations

import json
from typing import Any

from store.stage import Stage

ALL = "all"  # the stage name of a step that concerns every source


_FACTS, _NOTES = "facts", "notes"


def write(stage: Stage, run_key: str, step: str, source: str, facts: dict[str, Any]) -> None:
    """Replace what an earlier attempt of this step left."""
    stage.write_note(run_key, _FACTS, f"{step}.{source or ALL}.json", json.dumps(facts))


def read(stage: Stage, run_key: str) -> list[dict[str, Any]]:
    """The facts of every step that ended, along the path."""
    order = {step: i for i, step in enumerate(("pull", "check", "admit", "advance", "match", "rank", "publish"))}
    texts = (stage.read_note(run_key, _FACTS, name) for name in stage.notes(run_key, _FACTS))
    found = [json.loads(text) for text in texts if text]
    return sorted(found, key=lambda f: (order.get(f["step"], len(order)), f["source"]))


def note(stage: Stage, run_key: str, name: str, content: dict[str, Any]) -> None:
    """Leave what a later step, or a later attempt of this one, has to know. No value of a person."""
    stage.write_note(run_key, _NOTES, f"{name}.json", json.dumps(content))


def noted(stage: Stage, run_key: str, name: str) -> dict[str, Any] | None:
    """What was left under this name; None where nothing was."""
    text = stage.read_note(run_key, _NOTES, f"{name}.json")
    found: dict[str, Any] | None = None if text is None else json.loads(text)
    return found
