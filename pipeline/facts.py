"""What each step counted, left beside its rows in the stage as small JSON files: ids, rules and counts only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from store.stage import Stage

ALL = "all"  # the stage name of a step that concerns every source


def write(stage: Stage, run_key: str, step: str, source: str, facts: dict[str, Any]) -> None:
    """Replace what an earlier attempt of this step left."""
    path = _folder(stage, run_key) / f"{step}.{source or ALL}.json"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(facts), encoding="utf-8")
    temporary.replace(path)


def read(stage: Stage, run_key: str) -> list[dict[str, Any]]:
    """The facts of every step that ended, along the path."""
    order = {step: i for i, step in enumerate(("pull", "check", "admit", "advance", "match", "rank", "publish"))}
    found = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(_folder(stage, run_key).glob("*.json"))]
    return sorted(found, key=lambda f: (order.get(f["step"], len(order)), f["source"]))


def note(stage: Stage, run_key: str, name: str, content: dict[str, Any]) -> None:
    """Leave what a later step, or a later attempt of this one, has to know. No value of a person."""
    path = stage.folder / run_key / "notes" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(content), encoding="utf-8")
    temporary.replace(path)


def noted(stage: Stage, run_key: str, name: str) -> dict[str, Any] | None:
    """What was left under this name; None where nothing was."""
    path = stage.folder / run_key / "notes" / f"{name}.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found


def _folder(stage: Stage, run_key: str) -> Path:
    return stage.folder / run_key / "facts"
