"""Segments: willingness × ability → risk, with reasons; and what may be proposed and offered. A person decides (PIPL 24).

The only inputs are the institution's own repayment history, declared assets and hardship codes. There is no way to pass a trait of
a person: the functions take counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from casework.batch import ABSENT, ALL_CODES, NEVER, Ints
from casework.rules import load
from casework.state import State
from casework.vocabulary import AssetBand, Hardship

BANDS = ("low", "medium", "high")
_LOW, _MEDIUM, _HIGH = range(3)


@dataclass(frozen=True, slots=True)
class Segments:
    """By case a place in BANDS."""

    willingness: Ints
    ability: Ints
    risk: Ints


@cache
def table() -> dict[str, Any]:
    found: dict[str, Any] = load("segments.yaml")
    return found


def segment(state: State, at: int) -> Segments:
    """The segment of every case at this moment; a promise that is overdue counts as broken."""
    rules = table()
    broken = state.promises_broken + ((state.promise_due != NEVER) & (state.promise_due < at))
    counts = {"promise_kept": state.promises_kept, "promise_broken": broken, "payment": state.payments}
    counts |= {"missed": state.missed, "refusal": state.refusals}
    points = sum((rules["willingness"][name] * n for name, n in counts.items()), np.zeros_like(broken))
    willingness = np.where(
        points >= rules["willingness"]["high_from"],
        _HIGH,
        np.where(points <= rules["willingness"]["low_to"], _LOW, _MEDIUM),
    )
    ability = np.clip(_assets()[state.assets] + _hardship()[state.hardship], _LOW, _HIGH)
    return Segments(willingness, ability, _risk()[willingness, ability])


def reasons(state: State, case: int, at: int) -> list[str]:
    """Why this case is where it is: codes with counts, the same that were added up."""
    overdue = int(state.promise_due[case] < at)
    counts = {"promises_kept": state.promises_kept[case], "promises_broken": state.promises_broken[case] + overdue}
    counts |= {"payments": state.payments[case], "missed": state.missed[case], "refusals": state.refusals[case]}
    out = [f"{name}:{int(n)}" for name, n in counts.items() if n]
    out += [f"assets:{ALL_CODES[state.assets[case]]}"] if state.assets[case] != ABSENT else []
    return out + ([f"hardship:{ALL_CODES[state.hardship[case]]}"] if state.hardship[case] != ABSENT else [])


def treatments(risk: str) -> list[str]:
    """What may be proposed for a case of this risk."""
    return list(table()["treatment"][risk])


def offers(hardship: str | None) -> list[str]:
    """What may be offered to somebody in this hardship."""
    return list(table()["offers"][hardship]) if hardship else []


def words(bands: Ints) -> pa.Array:
    return pa.array(BANDS).take(pa.array(bands, pa.int64()))


@cache
def _assets() -> Ints:
    """By code of an asset band; the last place (ABSENT) is not known."""
    out = np.full(len(ALL_CODES) + 1, table()["ability"]["unknown"], dtype=np.int64)
    for band in AssetBand:
        out[ALL_CODES.index(band)] = table()["ability"][band.value]
    return out


@cache
def _hardship() -> Ints:
    out = np.zeros(len(ALL_CODES) + 1, dtype=np.int64)
    for code in Hardship:
        out[ALL_CODES.index(code)] = 0 if code is Hardship.FORGOT else table()["ability"]["hardship"]
    return out


@cache
def _risk() -> Ints:
    return np.array([[BANDS.index(r) for r in table()["risk"][w]] for w in BANDS], dtype=np.int64)
