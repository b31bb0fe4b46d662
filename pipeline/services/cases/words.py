"""The words of casework: its scripts, its ladder, and what a text must not say."""

from __future__ import annotations

from typing import Any

from casework import ladder, wording


def script(script_id: str, lang: str) -> str:
    """The text of a script, with its fields."""
    return wording.scripts()[script_id].text.of(lang)


def rungs() -> list[str]:
    """The ladder, from the lightest step up."""
    return [r.id for r in ladder.rungs()]


def lint(text: str, audience: str, lang: str) -> list[dict[str, Any]]:
    """The rules a text breaks for this audience, in words."""
    found = wording.lint(text, wording.Audience(audience))
    return [
        {"rule_id": f.rule_id, "text": wording.bans()[f.rule_id].text.of(lang), "ref": wording.bans()[f.rule_id].ref}
        for f in found
    ]
