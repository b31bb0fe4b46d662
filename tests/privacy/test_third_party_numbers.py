"""Numbers of people whose role no list foresees: `python -m tests.privacy.test_third_party_numbers` counts those published.

Two sets, each written before anything was run on it. Of the first, 4 of 37 were published as the customer's own at first look;
it was then used for mending. Of the second, 5 of 21 were, after that: it is kept for whoever makes the default safe.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from privacy.text import read

NOTES = [json.loads(line) for line in Path(__file__).with_name("third_party_notes.jsonl").open(encoding="utf-8")]


def published(text: str) -> set[str]:
    """The last ten digits of each number held to be the customer's own and current."""
    return {_end(s.value) for s in read(text).signals if s.owner == "self" and s.polarity == "new"}


def _end(value: str) -> str:
    return re.sub(r"\D", "", value)[-10:]


@pytest.mark.guide("R28")
@pytest.mark.parametrize("note", [n for n in NOTES if n["set"] == "first"], ids=lambda n: f"note {NOTES.index(n)}")
def test_nobody_elses_number_is_published(note: dict[str, str | None]) -> None:
    theirs, found = note["third_party"], published(str(note["text"]))
    assert not theirs or _end(theirs) not in found


if __name__ == "__main__":
    for name in ("first", "second"):
        others = [n for n in NOTES if n["set"] == name and n["third_party"]]
        wrong = sum(_end(n["third_party"]) in published(n["text"]) for n in others)
        print(f"{name}: {wrong} of {len(others)} published")
