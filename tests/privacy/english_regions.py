"""Regions that English notes tell, against their gold.

python tests/privacy/english_regions.py [FILE] [--show]

First looks (precision and recall of (value, owner); of what is published): the first file .922/.843; .956/.827, the second .717/.786; .658/.781,
the third .926/.962; .941/.889. The first two were used for mending then; for the third nothing was changed.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from privacy.text import read

FILES = tuple(Path(__file__).with_name(f"english_regions{n}.txt") for n in ("", "_second", "_third"))
NOTES = FILES[0]


class Measured(NamedTuple):
    """Counts over all notes: (value, owner) found, and what would be published: the customer's own and current."""

    right: int
    wrong: int
    missed: int
    published_right: int
    published_wrong: int
    published_missed: int
    differing: tuple[tuple[str, object, object], ...]

    def figures(self) -> tuple[float, float, float, float]:
        """Precision and recall of (value, owner), then of what is published."""
        return (
            _share(self.right, self.wrong),
            _share(self.right, self.missed),
            _share(self.published_right, self.published_wrong),
            _share(self.published_right, self.published_missed),
        )


def _share(right: int, other: int) -> float:
    return right / (right + other) if right + other else 1.0


def load(file: Path = NOTES) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Each note with its (value, owner, polarity)."""
    for line in file.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            text, _, gold = line.rpartition("|")
            told = [tuple(part.strip().rsplit("/", 2)) for part in gold.split(";") if part.strip()]
            yield text.strip(), told  # type: ignore[misc]


def measure(file: Path = NOTES) -> Measured:
    total: Counter[str] = Counter()
    differing = []
    for text, gold in load(file):
        found = [(s.value, s.owner, s.polarity) for s in read(text).signals if s.kind == "region"]
        if sorted(found) != sorted(gold):
            differing.append((text, gold, found))
        for prefix, g, f in (
            ("", Counter(x[:2] for x in gold), Counter(x[:2] for x in found)),
            ("published_", Counter(_published(gold)), Counter(_published(found))),
        ):
            total[f"{prefix}right"] += (g & f).total()
            total[f"{prefix}wrong"] += (f - g).total()
            total[f"{prefix}missed"] += (g - f).total()
    return Measured(*(total[name] for name in Measured._fields[:-1]), tuple(differing))


def _published(told: list[tuple[str, str, str]]) -> list[str]:
    return [value for value, owner, polarity in told if (owner, polarity) == ("self", "new")]


if __name__ == "__main__":
    files = [Path(a) for a in sys.argv[1:] if not a.startswith("--")]
    started = time.process_time()
    measured = measure(*files)
    print(measured[:-1], " ".join(f"{x:.3f}" for x in measured.figures()), f"{time.process_time() - started:.2f} s")
    if "--show" in sys.argv:
        for text, gold, found in measured.differing:
            print(text, "\n   gold ", gold, "\n   found", found)
