"""Synthetic people for the matching room's tests: visibly made up, the same in every run."""

from __future__ import annotations

import random

import pyarrow as pa

from matching import Spec

FIRST = [
    "ada",
    "bea",
    "cyd",
    "dan",
    "eli",
    "fay",
    "gus",
    "hal",
    "ida",
    "jay",
    "kim",
    "lou",
    "max",
    "ned",
    "ora",
    "pam",
    "ray",
    "sue",
    "ted",
    "una",
]
LAST = [
    "alder",
    "birch",
    "cedar",
    "dogwood",
    "elmer",
    "firth",
    "gorse",
    "hazel",
    "ivory",
    "juniper",
    "kelp",
    "larch",
    "maple",
    "nettle",
    "oakes",
    "pine",
]
TOWNS = ["northtest", "southtest", "easttest", "westtest", "midtest"]

SPEC = """
name: people
left: {id: id}
right: {id: id}
comparisons:
  - {kind: given_name, column: first, swapped_with: last}
  - {kind: surname, column: last}
  - {kind: date, column: born}
  - {kind: phone, column: phone}
  - {kind: address, column: address}
  - {kind: place, column: town}
"""


def spec() -> Spec:
    return Spec.parse(SPEC)


def registry(n: int, seed: int = 1) -> list[dict[str, str | None]]:
    r = random.Random(seed)
    return [
        {
            "id": f"r{i}",
            "first": r.choice(FIRST),
            "last": r.choice(LAST) + r.choice(["", "son", "by", "ton"]),
            "born": f"{r.randint(1940, 2004)}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}",
            "phone": f"0700{r.randint(0, 9999999):07d}",
            "address": f"{r.randint(1, 300)} {r.choice(LAST)} street",
            "town": r.choice(TOWNS),
        }
        for i in range(n)
    ]


def signals(
    people: list[dict[str, str | None]], n: int, seed: int = 2
) -> tuple[list[dict[str, str | None]], dict[str, str]]:
    """Half are of registry people (with a new address, a typing error or something left out), half are strangers."""
    r = random.Random(seed)
    strangers = registry(n, seed + 1000)
    rows, truth = [], {}
    for i in range(n):
        known = r.random() < 0.5
        row = dict(r.choice(people) if known else strangers[i])
        if known:
            truth[f"s{i}"] = str(row["id"])
            for field in ("born", "phone", "town"):
                row[field] = None if r.random() < 0.15 else row[field]
            if r.random() < 0.2:
                row["address"] = f"{r.randint(1, 300)} {r.choice(LAST)} street"
            if r.random() < 0.2:
                row["last"] = str(row["last"])[:-1] + r.choice("xyz")
        rows.append(row | {"id": f"s{i}"})
    return rows, truth


def table(rows: list[dict[str, str | None]]) -> pa.Table:
    names = ["id", "first", "last", "born", "phone", "address", "town"]
    return pa.table({n: pa.array([row.get(n) for row in rows], pa.string()) for n in names})
