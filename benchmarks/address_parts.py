"""Accuracy per part of the address parser on written-out addresses: python -m benchmarks.address_parts FILE [--show]."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from values import address

PARTS = (
    "province",
    "city",
    "district",
    "town",
    "village",
    "road",
    "number",
    "poi",
    "building",
    "unit",
    "floor",
    "room",
    "pickup",
)


def cases(path: Path) -> list[tuple[str, dict[str, str | bool]]]:
    """(text, expected parts); a part that is not named must be absent."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [(text, expected(answer)) for text, answer in (line.split(" => ") for line in lines)]


def expected(answer: str) -> dict[str, str | bool]:
    path, *rest = answer.split(" ")
    parts: dict[str, str | bool] = dict(zip(PARTS, path.split("/"), strict=False))
    parts["pickup"] = False
    for item in rest:
        name, _, value = item.partition("=")
        parts[name] = value or True
    return parts


def main(path: Path, *, show: bool) -> None:
    right: Counter[str] = Counter()
    all_right = 0
    rows = cases(path)
    for text, answer in rows:
        parsed = address.parse(text)
        wrong = {
            p: (getattr(parsed, p), answer.get(p)) for p in PARTS if (getattr(parsed, p) or "") != (answer.get(p) or "")
        }
        right.update(set(PARTS) - set(wrong))
        all_right += not wrong
        if wrong and show:
            print(text, wrong)
    print(f"{path.name}: {len(rows)} addresses, all parts right {all_right / len(rows):.1%}")
    print("  ".join(f"{part} {right[part] / len(rows):.1%}" for part in PARTS))


if __name__ == "__main__":
    main(Path(sys.argv[1]), show="--show" in sys.argv)
